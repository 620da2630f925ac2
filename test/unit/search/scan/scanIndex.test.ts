import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Address, Pool } from "../../../../src/chain/types.ts";
import { createCycleIndex } from "../../../../src/search/cycleIndex.ts";
import { createLadder } from "../../../../src/search/scan/ladder.ts";
import { createScanIndex, edgesOfLane } from "../../../../src/search/scan/scanIndex.ts";
import { addressOf, poolOf } from "../../../support/marketBlocks.ts";
import { cycleName, heldCycles, laneCycles } from "../../../support/scanCycles.ts";
import { pick, randomPools, seeded } from "../../../support/searchMarkets.ts";

const bases = [addressOf(0xa1), addressOf(0xff), addressOf(0xa0), addressOf(0xa3), addressOf(0xa1)];
const indexOf = (pools: readonly Pool[], maxHops: number) =>
  createScanIndex(pools, { bases, maxHops, ladder: createLadder(1e16, maxHops) });

function listedCycles(pools: readonly Pool[], among: readonly Address[], maxHops: number): string[] {
  const index = createCycleIndex(pools, { bases: among, maxHops });
  return [...index.touchedBy("all")]
    .map((cycle) => cycleName(index.describe(cycle).hops.map(({ pool, tokenIn }) => [pool, tokenIn])))
    .toSorted();
}

test("random graphs: the records hold what the plain enumeration lists, each cycle once", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 2, max: 8 }),
      fc.nat(20),
      fc.integer({ min: 2, max: 4 }),
      (seed, tokens, count, maxHops) => {
        const pools = randomPools(seeded(seed), tokens, count);
        expect(heldCycles(indexOf(pools, maxHops))).toEqual(listedCycles(pools, bases, maxHops));
      },
    ),
    { numRuns: 200 },
  );
});

test("every cycle starts at the first base in it, and its lanes join", () => {
  const pools = randomPools(seeded(7), 8, 60);
  const { layout, tokens } = indexOf(pools, 4);
  const cycles = laneCycles({ layout });
  expect(cycles.length).toBeGreaterThan(100);
  for (const lanes of cycles) {
    const ids = lanes.map((lane) => layout.laneTokens[lane] ?? -1);
    const next = lanes.map((lane) => layout.laneTokens[lane ^ 1] ?? -1);
    expect(next).toEqual([...ids.slice(1), ids[0]]);
    expect(Math.min(...ids)).toBe(ids[0]);
    expect(bases).toContain(tokens[ids[0] ?? -1]);
  }
});

/** Records, and those of them that list a triangle. */
function recordsOf(pools: readonly Pool[], maxHops = 4): readonly number[] {
  const { firstRecord, endRecord, triangles, groups } = indexOf(pools, maxHops).layout;
  let count = 0;
  let flags = 0;
  for (let group = 0; group < groups; group++) count += (endRecord[group] ?? 0) - (firstRecord[group] ?? 0);
  for (const flag of triangles) flags += flag;
  return [count, flags];
}

test("what can be in no cycle has no record", () => {
  const [a, b, c, d] = [addressOf(0xa1), addressOf(0xb1), addressOf(0xb2), addressOf(0xb3)];
  const path = [poolOf(1, a, b), poolOf(2, b, c), poolOf(3, c, d)];
  expect(recordsOf(path)).toEqual([0, 0]);
  expect(recordsOf([...path, poolOf(4, a, c)])).toEqual([1, 1]);
  expect(recordsOf([...path, poolOf(4, a, d)])).toEqual([2, 0]);
  // The triangle a, b, c is listed with the two ways from a to c.
  expect(recordsOf([...path, poolOf(4, a, c), poolOf(5, a, d)])).toEqual([2, 2]);
  expect(recordsOf([...path, poolOf(4, a, c), poolOf(5, a, d)], 3)).toEqual([2, 2]);
  expect(recordsOf([...path, poolOf(4, a, c), poolOf(5, a, d)], 2)).toEqual([0, 0]);
});

test("a lane's edges are its pools, each in the lane's direction", () => {
  const [a, b] = [addressOf(0xa0), addressOf(0xa1)];
  const { layout } = indexOf([poolOf(1, a, b), poolOf(2, b, a)], 2);
  // 0xa1 is the earlier base, so lane 0 sells it: token1 of the first pool, token0 of the second.
  expect(edgesOfLane(layout, 0)).toEqual([1, 2]);
  expect(edgesOfLane(layout, 1)).toEqual([0, 3]);
});

test("twenty-one thousand pools: less than half a second and 64 MB", () => {
  const random = seeded(11);
  const hubs = Array.from({ length: 5 }, (_, i) => addressOf(0xa0 + i));
  const [first = addressOf(0), ...rest] = hubs;
  const pools = Array.from({ length: 21_000 }, (_, i) => {
    const token = addressOf(0x1000 + Math.floor(random() ** 2 * 2000));
    const far = addressOf(0x1000 + Math.floor(random() ** 2 * 2000));
    return poolOf(
      0x10_000 + i,
      token,
      random() < 0.7 || far === token ? pick(random, [first, ...rest]) : far,
    );
  });
  const started = process.cpuUsage();
  const { layout } = createScanIndex(pools, { bases: hubs, maxHops: 4, ladder: createLadder(1e16, 4) });
  const spent = process.cpuUsage(started);
  expect((spent.user + spent.system) / 1e6).toBeLessThan(0.5);
  expect(layout.records).toBeGreaterThan(40_000);
  expect(layout.memory.buffer.byteLength).toBeLessThan(64 * 2 ** 20);
});

test("other than two to four hops are refused", () => {
  expect(() => indexOf([], 5)).toThrow("the scan looks for 2 to 4 hops, not 5");
});
