import { array, assert, integer, nat, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { cycleKey } from "../../../src/search/cycleKey.ts";

/** Few, so that cycles meet, and some around the last that is numbered. */
const edge = oneof(nat(3), integer({ min: 2 ** 17 - 3, max: 2 ** 17 }));
const cycle = array(edge, { minLength: 2, maxLength: 4 }).filter(
  (edges) => new Set(edges).size === edges.length,
);

const turned = (edges: readonly number[], by: number): readonly number[] => [
  ...edges.slice(by),
  ...edges.slice(0, by),
];
const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.some((_, by) => turned(one, by).join() === other.join());

test("two cycles have one key if, and only if, one is the other from another start", () => {
  assert(
    property(cycle, cycle, (one, other) => {
      expect(cycleKey(one) === cycleKey(other)).toBe(isSame(one, other));
    }),
    { numRuns: 20_000, seed: 7 },
  );
  assert(
    property(cycle, nat(3), (edges, by) => {
      expect(cycleKey(turned(edges, by % edges.length))).toBe(cycleKey(edges));
    }),
    { numRuns: 2000, seed: 7 },
  );
});
