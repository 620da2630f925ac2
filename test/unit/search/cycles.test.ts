import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Address, Pool } from "../../../src/chain/types.ts";
import { createCycleIndex } from "../../../src/search/cycleIndex.ts";
import type { CycleIndex } from "../../../src/search/cycleIndex.ts";
import { addressOf, poolOf } from "../../support/marketBlocks.ts";
import { pick, randomPools, seeded } from "../../support/searchMarkets.ts";

interface Crossing {
  readonly pool: Address;
  readonly tokenIn: Address;
}

const nameOf = (hops: readonly Crossing[]): string =>
  hops.map((hop) => `${hop.pool}:${hop.tokenIn}`).join(" ");

/** Every simple directed cycle by plain recursion over pools, straight from the definition. */
function cyclesByDefinition(pools: readonly Pool[], bases: readonly Address[], maxHops: number): string[] {
  const found: string[] = [];
  const extend = (base: Address, at: Address, path: readonly Crossing[]): void => {
    if (path.length >= 2 && at === base) {
      const tokens = path.map(({ tokenIn }) => tokenIn);
      if (bases.find((token) => tokens.includes(token)) === base) found.push(nameOf(path));
    }
    if (path.length === maxHops || (path.length > 0 && at === base)) return;
    for (const { address, token0, token1 } of pools) {
      if (at !== token0 && at !== token1) continue;
      const next = at === token0 ? token1 : token0;
      const poolTwice = path.some(({ pool }) => pool === address);
      const tokenTwice = next !== base && path.some(({ tokenIn }) => tokenIn === next);
      if (!poolTwice && !tokenTwice) extend(base, next, [...path, { pool: address, tokenIn: at }]);
    }
  };
  for (const base of bases) extend(base, base, []);
  return found.toSorted();
}

const listed = (index: CycleIndex, cycles: Int32Array): string[] =>
  [...cycles].map((cycle) => nameOf(index.describe(cycle).hops)).toSorted();

function checkGraph(seed: number, tokens: number, count: number, maxHops: number): void {
  const pools = randomPools(seeded(seed), tokens, count);
  const bases = [addressOf(0xa1), addressOf(0xff), addressOf(0xa0)];
  const index = createCycleIndex(pools, { bases, maxHops });
  expect(listed(index, index.touchedBy("all"))).toEqual(cyclesByDefinition(pools, bases, maxHops));
}

test("random graphs: the list is what the definition says, each cycle once, from the first base in it", () => {
  const [tokens, count, hops] = [fc.integer({ min: 2, max: 7 }), fc.nat(14), fc.integer({ min: 2, max: 5 })];
  fc.assert(fc.property(fc.nat(), tokens, count, hops, checkGraph), { seed: 0x5eed, numRuns: 100 });
});

test("the cycles of changed pools are found through the index, each once", () => {
  const pools = randomPools(seeded(3), 5, 20);
  const index = createCycleIndex(pools, { bases: [addressOf(0xa0)], maxHops: 4 });
  const changed = pools.slice(4, 6).map(({ address }) => address);
  const through = listed(index, index.touchedBy("all")).filter((name) =>
    changed.some((pool) => name.includes(pool)),
  );
  expect(through.length).toBeGreaterThan(10);
  expect(listed(index, index.touchedBy([...changed, ...changed, addressOf(0xdead)]))).toEqual(through);
  expect(listed(index, index.touchedBy(changed))).toEqual(through);
  expect(index.touchedBy([addressOf(0xdead)])).toHaveLength(0);
});

test("a cycle has the same id wherever it starts, and in the other direction another one", () => {
  const pools = [poolOf(1), poolOf(2)];
  const [a, b] = [addressOf(0xa0), addressOf(0xb0)];
  const ids = (base: Address) => {
    const index = createCycleIndex(pools, { bases: [base], maxHops: 2 });
    return [...index.touchedBy("all")].map((cycle) => index.describe(cycle).id).toSorted();
  };
  expect(ids(a)).toEqual(ids(b));
  expect(new Set(ids(a)).size).toBe(2);
  expect(ids(a)).toEqual(["48fa4ff57b612670", "eea8d46298c8adfb"]);
});

test("ten thousand pools with three hops take no second, and few megabytes", () => {
  const random = seeded(11);
  const bases = [addressOf(0xa0), addressOf(0xa1), addressOf(0xa2), addressOf(0xa3)] as const;
  const pools = Array.from({ length: 10_000 }, (_, i) => {
    const token = addressOf(0x1000 + Math.floor(random() ** 2 * 4000));
    return poolOf(0x10_000 + i, pick(random, bases), token);
  });
  const started = process.cpuUsage();
  const index = createCycleIndex(pools, { bases, maxHops: 3 });
  const spent = process.cpuUsage(started);
  expect(index.table.count).toBeGreaterThan(20_000);
  expect(index.table.edges.byteLength / index.table.count).toBe(12);
  expect((spent.user + spent.system) / 1e6).toBeLessThan(2);
});

test("more cycles than are allowed are refused with what to do", () => {
  const pools = Array.from({ length: 30 }, (_, i) => poolOf(1 + i));
  const options = { bases: [addressOf(0xa0)], maxHops: 2 };
  expect(createCycleIndex(pools, { ...options, mostCycles: 870 }).table.count).toBe(870);
  expect(() => createCycleIndex(pools, { ...options, mostCycles: 869 })).toThrow(
    "30 pools have more than 869 cycles of up to 2 hops: allow fewer hops, pools or bases",
  );
});
