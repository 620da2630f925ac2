import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createBoundedQueue } from "../../../src/lib/boundedQueue.ts";

test("keeps order, keeps its bound, sheds the oldest and counts it", () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 8 }),
    fc.array(fc.option(fc.nat(), { nil: null }), { maxLength: 100 }),
    (capacity, acts) => {
      const queue = createBoundedQueue<number>(capacity);
      let model: number[] = [];
      let shed = 0;
      for (const act of acts) {
        const taken = act === null ? [queue.shift(), model.shift()] : [];
        if (act !== null) {
          queue.push(act);
          model.push(act);
          shed += Math.max(0, model.length - capacity);
          model = model.slice(-capacity);
        }
        expect(taken[0]).toBe(taken[1]);
        expect([queue.length, queue.shed]).toEqual([model.length, shed]);
      }
    },
  );
  fc.assert(property, { numRuns: 1000, seed: 3 });
});

test("a queue without room is a mistake", () => {
  expect(() => createBoundedQueue(0)).toThrow(RangeError);
});
