import { array, assert, double, integer, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { createCandidates } from "../../../../src/search/scan/candidates.ts";
import type { Candidates } from "../../../../src/search/scan/candidates.ts";
import { createRanked } from "../../../../src/search/scan/ranked.ts";

const add = (candidates: Candidates, lanes: Int32Array, hops: number, bound: number): void => {
  candidates.addedFloat[0] = bound;
  candidates.add(lanes, hops);
};
const cycle = (id: number) => Int32Array.of(2 * id, 2 * id + 1, 7);
/** Worth by id, so that one cycle never has two worths. */
const worths = array(double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 });

test("keeps the best of all that was offered, best first, each once", () => {
  assert(
    property(
      worths,
      array(integer({ min: 0, max: 39 }), { maxLength: 80 }),
      integer({ min: 1, max: 8 }),
      (worth, offers, limit) => {
        const ranked = createRanked(8);
        ranked.start(limit, 5);
        const offered = offers.map((id) => id % worth.length);
        for (const id of offered) ranked.offer(cycle(id), 3, worth[id] ?? 0);
        const expected = [...new Set(offered)]
          .map((id) => worth[id] ?? 0)
          .filter((value) => value >= 5)
          .toSorted((a, b) => b - a)
          .slice(0, limit);
        const listed = Array.from({ length: ranked.count }, (_, place) => ranked.worthFloat(place));
        expect(listed).toEqual(expected);
        const ids = listed.map((_, place) => ranked.edge(place, 0) / 2);
        expect(new Set(ids).size).toBe(ids.length);
        for (const [place, id] of ids.entries()) {
          expect(worth[id]).toBe(listed[place]);
          expect([ranked.hops(place), ranked.edge(place, 1), ranked.edge(place, 2)]).toEqual([
            3,
            2 * id + 1,
            7,
          ]);
        }
        expect(ranked.cutoffFloat[0]).toBe(listed.length === limit ? listed.at(-1) : 5);
      },
    ),
  );
});

test("an offer of no number is refused", () => {
  const ranked = createRanked(2);
  ranked.start(2, 0);
  ranked.offer(cycle(1), 3, NaN);
  expect(ranked.count).toBe(0);
});

test("candidates come out by bound, whatever the order they went in", () => {
  const step = tuple(double({ min: 0, max: 10, noNaN: true }), integer({ min: 0, max: 3 }));
  assert(
    property(array(step, { maxLength: 200 }), (steps) => {
      const candidates = createCandidates();
      add(candidates, Int32Array.of(9), 1, 5);
      candidates.clear();
      let inside: number[] = [];
      const lanes = new Int32Array(4);
      for (const [bound, kind] of steps) {
        if (kind > 0) {
          add(candidates, Int32Array.of(kind, Math.floor(bound), 1), 3, bound);
          inside = [...inside, bound].toSorted((a, b) => b - a);
          continue;
        }
        expect(candidates.boundFloat[0]).toBe(inside[0] ?? -1);
        if (inside.length === 0) continue;
        expect(candidates.take(lanes)).toBe(3);
        expect(lanes[1]).toBe(Math.floor(inside[0] ?? 0));
        inside = inside.slice(1);
      }
      for (const bound of inside) {
        expect(candidates.boundFloat[0]).toBe(bound);
        candidates.take(lanes);
      }
      expect(candidates.boundFloat[0]).toBe(-1);
    }),
  );
});

test("more candidates than there was room for at first", () => {
  const candidates = createCandidates();
  for (let i = 0; i < 10_000; i++) add(candidates, Int32Array.of(i, i, i, i), 4, (i * 7919) % 10_000);
  const lanes = new Int32Array(4);
  for (let bound = 9_999; bound >= 0; bound--) {
    expect(candidates.boundFloat[0]).toBe(bound);
    candidates.take(lanes);
    expect(((lanes[0] ?? 0) * 7919) % 10_000).toBe(bound);
  }
});
