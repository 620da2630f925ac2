import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Pool } from "../../../../src/chain/types.ts";
import { createTypeScriptKernel } from "../../../../src/search/scan/kernel.ts";
import { createLadder, LEVELS } from "../../../../src/search/scan/ladder.ts";
import { HIT } from "../../../../src/search/scan/layout.ts";
import type { Kernel, Layout } from "../../../../src/search/scan/layout.ts";
import { createScanIndex } from "../../../../src/search/scan/scanIndex.ts";
import { addressOf, poolOf } from "../../../support/marketBlocks.ts";
import { drawRates, hitsByDefinition } from "../../../support/scanOracle.ts";
import { integer, randomPools, seeded } from "../../../support/searchMarkets.ts";

const bases = [addressOf(0xa1), addressOf(0xa0), addressOf(0xa3)];
const layoutOf = (pools: readonly Pool[], maxHops: number): Layout =>
  createScanIndex(pools, { bases, maxHops, ladder: createLadder(1e16, maxHops) }).layout;

const withKinds = (pools: readonly Pool[], random: () => number): Pool[] =>
  pools.map((pool) => (random() < 0.3 ? { ...pool, kind: "v3" } : pool));

function scanned(layout: Layout, kernel: Kernel, changed: readonly number[]): number[] {
  layout.changed.set(changed);
  return [...layout.hits.subarray(0, kernel.scan(changed.length))];
}

function checkMarket(seed: number, tokens: number, count: number, maxHops: number): number {
  const random = seeded(seed);
  const layout = layoutOf(withKinds(randomPools(random, tokens, count), random), maxHops);
  const kernel = createTypeScriptKernel(layout);
  const width = 0.005 + random() ** 2 * 0.1;
  let total = 0;
  for (let block = 0; block < 12; block++) {
    const most = block === 0 || block === 7 ? count : integer(random, 0, 4);
    const changed = Array.from({ length: count }, (_, pool) => pool)
      .toSorted(() => random() - 0.5)
      .slice(0, most);
    for (const pool of changed) drawRates(layout, pool, random, width);
    const hits = scanned(layout, kernel, changed);
    expect(hits.toSorted((x, y) => x - y)).toEqual(hitsByDefinition(layout, new Set(changed)));
    total += hits.length;
  }
  return total;
}

test("random markets, many blocks: the hits are what trying every choice of pools finds, each once", () => {
  let total = 0;
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 22 }),
      fc.integer({ min: 2, max: 4 }),
      (seed, tokens, count, maxHops) => {
        total += checkMarket(seed, tokens, count, maxHops);
      },
    ),
    { numRuns: 250 },
  );
  expect(total).toBeGreaterThan(2000);
});

test("a pool's own way there and back is no cycle, whatever the lifts make of it", () => {
  const layout = layoutOf([poolOf(1), poolOf(2)], 4);
  const kernel = createTypeScriptKernel(layout);
  // Level 0 alone: 1.2 and 1 / 1.2 lifted multiply to the threshold; the other pool has nothing.
  layout.edgeRates[0] = 1.2;
  layout.edgeRates[LEVELS] = 1 / 1.2;
  expect(scanned(layout, kernel, [0, 1])).toEqual([]);
  layout.edgeRates[2 * LEVELS] = 1.3;
  expect(scanned(layout, kernel, [1])).toEqual([HIT.pair]);
  expect(scanned(layout, kernel, [])).toEqual([]);
});
