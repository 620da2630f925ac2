import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Address, Pool } from "../../../../src/chain/types.ts";
import { createTypeScriptKernel } from "../../../../src/search/scan/kernel.ts";
import { createLadder } from "../../../../src/search/scan/ladder.ts";
import { createScanIndex } from "../../../../src/search/scan/scanIndex.ts";
import type { ScanIndex } from "../../../../src/search/scan/scanIndex.ts";
import { addressOf, poolOf } from "../../../support/marketBlocks.ts";
import { heldCycles } from "../../../support/scanCycles.ts";
import { drawRates, faultsOf } from "../../../support/scanOracle.ts";
import { integer, randomPools, seeded } from "../../../support/searchMarkets.ts";

const bases = [addressOf(0xa1), addressOf(0xa0), addressOf(0xa3)];
const indexOf = (pools: readonly Pool[], maxHops: number): ScanIndex =>
  createScanIndex(pools, { bases, maxHops, ladder: createLadder(1e16, maxHops) });

const here = ({ pools }: ScanIndex): Pool[] => pools.filter((pool) => pool !== undefined);

function joinedTo(index: ScanIndex, pool: Pool): number {
  const id = index.join(pool);
  if (id === null) throw new Error("there is room for all pools of the test");
  expect(index.pools[id]).toEqual(pool);
  return id;
}

/** Lets pools out of `all` come and go, a few at a time, and calls back after each batch with who came. */
function play(
  index: ScanIndex,
  all: readonly Pool[],
  random: () => number,
  each: (joined: readonly number[]) => void,
): void {
  for (let batch = 0; batch < 8; batch++) {
    const joined = new Map<Address, number>();
    for (let i = integer(random, 1, 6); i > 0; i--) {
      const pool = all[integer(random, 0, all.length - 1)];
      if (pool === undefined) continue;
      if (index.leave(pool.address)) joined.delete(pool.address);
      else joined.set(pool.address, joinedTo(index, pool));
    }
    each([...joined.values()]);
  }
}

const market = [
  fc.nat(),
  fc.integer({ min: 2, max: 9 }),
  fc.integer({ min: 1, max: 26 }),
  fc.integer({ min: 2, max: 4 }),
] as const;

test("after any joins and leaves the index holds the cycles that a fresh one holds, each once", () => {
  fc.assert(
    fc.property(...market, (seed, tokens, count, maxHops) => {
      const random = seeded(seed);
      const all = randomPools(random, tokens, count);
      const index = indexOf(all.slice(0, integer(random, 0, count)), maxHops);
      play(index, all, random, () =>
        expect(heldCycles(index)).toEqual(heldCycles(indexOf(here(index), maxHops))),
      );
    }),
    { numRuns: 100 },
  );
});

test("and the scan hits what trying every choice of its pools finds", () => {
  let total = 0;
  fc.assert(
    fc.property(...market, (seed, tokens, count, maxHops) => {
      const random = seeded(seed);
      const all = randomPools(random, tokens, count);
      const index = indexOf(all.slice(0, integer(random, 0, count)), maxHops);
      const kernel = createTypeScriptKernel(index.layout);
      const scan = (changed: readonly number[]) => {
        for (const pool of changed) drawRates(index.layout, pool, random, 0.12);
        index.layout.changed.set(changed);
        const hits = [...index.layout.hits.subarray(0, kernel.scan(0, changed.length))];
        expect(faultsOf(hits, index.layout, new Set(changed))).toEqual([]);
        total += hits.length;
      };
      scan(here(index).map((_, id) => id));
      play(index, all, random, (joined) => {
        const ids = [...index.poolIds.values()];
        scan([...new Set([...joined, ...ids.filter(() => random() < 0.2)])]);
      });
    }),
    { numRuns: 250 },
  );
  expect(total).toBeGreaterThan(2000);
});

test("a pool joins once, leaves once, and its id is used again", () => {
  const index = indexOf([poolOf(1), poolOf(2)], 4);
  expect(index.join(poolOf(3))).toBe(2);
  expect(index.join(poolOf(3))).toBe(2);
  expect(index.leave(addressOf(1))).toBe(true);
  expect(index.leave(addressOf(1))).toBe(false);
  expect(index.pools[0]).toBeUndefined();
  expect(index.join(poolOf(4, addressOf(0xc0), addressOf(0xc1)))).toBe(0);
  expect(index.tokenIds.get(addressOf(0xc1))).toBe(index.tokens.length - 1);
});

test("where the spare places are used up a pool is refused, and the rest stays as it was", () => {
  const index = indexOf([], 4);
  const all = randomPools(seeded(5), 40, 400);
  const refused = all.find((pool) => index.join(pool) === null);
  expect(refused).toBeDefined();
  const pools = here(index);
  expect(pools.length).toBeGreaterThan(20);
  expect(heldCycles(index)).toEqual(heldCycles(indexOf(pools, 4)));
});
