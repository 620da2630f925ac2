import { expect, test } from "vitest";
import { createCandidates } from "../../../../src/search/scan/candidates.ts";
import { integer, seeded } from "../../../support/searchMarkets.ts";

test("candidates come out greatest bound first, whenever they were added", () => {
  const random = seeded(11);
  const candidates = createCandidates();
  const lanes = new Int32Array(4);
  for (let round = 0; round < 60; round++) {
    candidates.clear();
    const waiting: { bound: number; lanes: number[]; hops: number }[] = [];
    const add = (): void => {
      const one = {
        bound: random(),
        lanes: [0, 1, 2, 3].map(() => integer(random, 0, 1e6)),
        hops: round % 5,
      };
      waiting.push(one);
      candidates.addedFloat[0] = one.bound;
      candidates.add(Int32Array.from(one.lanes), one.hops);
    };
    for (let count = integer(random, 0, 200); count > 0; count--) add();
    while (waiting.length > 0) {
      waiting.sort((one, other) => other.bound - one.bound);
      expect(candidates.boundFloat[0]).toBe(waiting[0]?.bound);
      const next = waiting.shift();
      expect({ hops: candidates.take(lanes), lanes: [...lanes] }).toEqual({
        hops: next?.hops,
        lanes: next?.lanes,
      });
      if (random() < 0.3) add();
    }
    expect(candidates.boundFloat[0]).toBe(-1);
  }
});
