import { expect, test } from "vitest";
import type { Address } from "../../../src/chain/types.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { createStanding } from "../../../src/search/standing.ts";
import { addressOf, poolOf, v2State } from "../../support/marketBlocks.ts";
import { createSearch } from "../../../src/search/search.ts";

const [A, B] = [addressOf(0xa0), addressOf(0xb0)];

/** One open cycle over two pools, of an address each. */
function openCycle(first: number): Opportunity {
  const search = createSearch({ bases: [A], maxHops: 2, wrappedNative: A, isTaxed: () => false });
  search.addPools([poolOf(first, A, B), poolOf(first + 1, A, B)]);
  const stateOf = (pool: Address) =>
    pool === addressOf(first) ? v2State(10n ** 9n, 10n ** 9n) : v2State(10n ** 9n, 2n * 10n ** 9n);
  const [found] = search.run({ view: { stateOf }, changed: "all", atRest: true }).opportunities;
  if (found === undefined) throw new Error("the made-up cycle does not pay");
  return found;
}

const one = openCycle(1);
const other = openCycle(3);
const ids = (suspects: ReadonlySet<string>) => [...suspects];

test("a cycle open and untouched for three blocks is suspect from the fourth on", () => {
  const standing = createStanding();
  for (const block of [10, 11, 12]) expect(ids(standing.observe(block, [one], []))).toEqual([]);
  for (const block of [13, 14]) expect(ids(standing.observe(block, [one], []))).toEqual([one.cycle.id]);
});

test("a change of one of its pools starts its count again, a change elsewhere does not", () => {
  const standing = createStanding();
  const [, pool] = one.cycle.hops.map((hop) => hop.pool);
  standing.observe(10, [one, other], []);
  standing.observe(11, [one, other], []);
  standing.observe(12, [one, other], pool === undefined ? [] : [pool]);
  expect(ids(standing.observe(13, [one, other], [addressOf(77)]))).toEqual([other.cycle.id]);
  expect(ids(standing.observe(14, [one, other], []))).toEqual([other.cycle.id]);
  expect(ids(standing.observe(15, [one], []))).toEqual([one.cycle.id]);
});

test("a cycle that closed in between is new when it opens again", () => {
  const standing = createStanding();
  for (const block of [10, 11, 12]) standing.observe(block, [one], []);
  standing.observe(13, [], []);
  for (const block of [14, 15, 16]) expect(ids(standing.observe(block, [one], []))).toEqual([]);
  expect(ids(standing.observe(17, [one], []))).toEqual([one.cycle.id]);
});

test("missing blocks count by their height, and a reorg back starts again", () => {
  const standing = createStanding();
  standing.observe(10, [one], []);
  expect(ids(standing.observe(13, [one], []))).toEqual([one.cycle.id]);
  expect(ids(standing.observe(9, [one], []))).toEqual([]);
  expect(ids(standing.observe(11, [one], []))).toEqual([]);
  expect(ids(standing.observe(12, [one], []))).toEqual([one.cycle.id]);
});

test("an excused block does not count, nor those before it", () => {
  const standing = createStanding();
  for (const block of [10, 11]) standing.observe(block, [one, other], []);
  standing.observe(12, [one, other], []);
  standing.excuse(12, [one.cycle.id]);
  for (const block of [13, 14, 15])
    expect(ids(standing.observe(block, [one, other], []))).toEqual([other.cycle.id]);
  expect(ids(standing.observe(16, [one], []))).toEqual([one.cycle.id]);
});

test("after a clearing nothing has stood", () => {
  const standing = createStanding();
  for (const block of [10, 11, 12]) standing.observe(block, [one], []);
  standing.clear();
  expect(ids(standing.observe(13, [one], []))).toEqual([]);
});
