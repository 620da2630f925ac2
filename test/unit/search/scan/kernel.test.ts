import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Pool } from "../../../../src/chain/types.ts";
import { createTypeScriptKernel } from "../../../../src/search/scan/kernel.ts";
import { createLadder } from "../../../../src/search/scan/ladder.ts";
import { KERNEL_BASE64 } from "../../../../src/search/scan/kernelBytes.ts";
import { HIT, ROW } from "../../../../src/search/scan/layout.ts";
import type { Kernel, Layout } from "../../../../src/search/scan/layout.ts";
import { createScanIndex } from "../../../../src/search/scan/scanIndex.ts";
import { createWasmKernel } from "../../../../src/search/scan/wasmKernel.ts";
import { addressOf, poolOf } from "../../../support/marketBlocks.ts";
import { drawRates, faultsOf } from "../../../support/scanOracle.ts";
import { integer, randomPools, seeded } from "../../../support/searchMarkets.ts";

const bases = [addressOf(0xa1), addressOf(0xa0), addressOf(0xa3)];
const layoutOf = (pools: readonly Pool[], maxHops: number): Layout =>
  createScanIndex(pools, { bases, maxHops, ladder: createLadder(1e16, maxHops) }).layout;

const withKinds = (pools: readonly Pool[], random: () => number): Pool[] =>
  pools.map((pool) => (random() < 0.3 ? { ...pool, kind: "v3" } : pool));

/** Of the changed pools the first `asked` are screened, the others only taken in. */
function scanned(
  layout: Layout,
  kernel: Kernel,
  changed: readonly number[],
  asked = changed.length,
): number[] {
  layout.changed.set(changed);
  kernel.take(asked, changed.length);
  return [...layout.hits.subarray(0, kernel.scan(0, asked))];
}

function wasmKernel(layout: Layout): Kernel {
  const kernel = createWasmKernel(layout);
  if (kernel === null) throw new Error("this machine has no SIMD in WebAssembly");
  return kernel;
}

interface Blocks {
  readonly maxHops: number;
  readonly blocks: number;
  /** Most pools that change in a block; all do in the first one and once later. */
  readonly most: number;
  /** How far prices lie apart. */
  readonly width: number;
}

/** Both kernels, each on a memory of its own, through the same blocks; returns how many hits there were. */
function checkMarket(random: () => number, pools: readonly Pool[], options: Blocks): number {
  const [layout, twin] = [layoutOf(pools, options.maxHops), layoutOf(pools, options.maxHops)];
  const [kernel, twinKernel] = [createTypeScriptKernel(layout), wasmKernel(twin)];
  let total = 0;
  for (let block = 0; block < options.blocks; block++) {
    const most = block === 0 || block === 7 ? pools.length : integer(random, 0, options.most);
    const changed = pools
      .map((_, pool) => pool)
      .toSorted(() => random() - 0.5)
      .slice(0, most);
    for (const pool of changed) drawRates(layout, pool, random, options.width);
    twin.edgeRates.set(layout.edgeRates);
    const asked = random() < 0.5 ? changed.length : integer(random, 0, changed.length);
    const hits = scanned(layout, kernel, changed, asked);
    expect(scanned(twin, twinKernel, changed, asked)).toEqual(hits);
    for (const key of ["hitBounds", "hitLooks", "laneRates"] as const)
      expect(twin[key].slice(0, hits.length)).toEqual(layout[key].slice(0, hits.length));
    expect(faultsOf(hits, layout, new Set(changed.slice(0, asked)))).toEqual([]);
    total += hits.length;
  }
  return total;
}

test("random markets, many blocks: both kernels hit what trying every choice of pools finds, each once", () => {
  let total = 0;
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 22 }),
      fc.integer({ min: 2, max: 4 }),
      (seed, tokens, count, maxHops) => {
        const random = seeded(seed);
        const pools = withKinds(randomPools(random, tokens, count), random);
        const width = 0.005 + random() ** 2 * 0.1;
        total += checkMarket(random, pools, { maxHops, blocks: 12, most: 4, width });
      },
    ),
    { numRuns: 250 },
  );
  expect(total).toBeGreaterThan(2000);
});

test("large groups: two bases with sixty tokens between them", () => {
  const random = seeded(23);
  const [one, other] = [addressOf(0xa1), addressOf(0xa0)];
  const pools = Array.from({ length: 60 }, (_, i) => addressOf(0x100 + i)).flatMap((token, i) => [
    poolOf(0x1000 + i, one, token),
    poolOf(0x2000 + i, token, other),
  ]);
  const market = [...pools, poolOf(0x3000, one, other)];
  expect(checkMarket(random, market, { maxHops: 4, blocks: 60, most: 6, width: 0.004 })).toBeGreaterThan(100);
  expect(checkMarket(random, market, { maxHops: 4, blocks: 60, most: 6, width: 0.02 })).toBeGreaterThan(200);
});

test.each([createTypeScriptKernel, wasmKernel])(
  "a pool's own way there and back is no cycle: %o",
  (create) => {
    const layout = layoutOf([poolOf(1), poolOf(2)], 4);
    const kernel = create(layout);
    // Level 0 alone: 1.2 and 1 / 1.2 lifted multiply to the threshold; the other pool has nothing.
    layout.edgeRates[0] = 1.2;
    layout.edgeRates[ROW] = 1 / 1.2;
    expect(scanned(layout, kernel, [0, 1])).toEqual([]);
    layout.edgeRates[2 * ROW] = 1.3;
    expect(scanned(layout, kernel, [1])).toEqual([HIT.pair]);
    expect(scanned(layout, kernel, [])).toEqual([]);
  },
);

test("rates beyond float32 lose nothing", () => {
  const [a, b, c] = [addressOf(0xa1), addressOf(0xb1), addressOf(0xb2)];
  const pools = [poolOf(1, a, b), poolOf(2, b, c), poolOf(3, a, c)];
  const [layout, twin] = [layoutOf(pools, 4), layoutOf(pools, 4)];
  // Along a -> b -> c -> a; no other edge gives anything.
  for (const { edgeRates } of [layout, twin]) {
    edgeRates.fill(1e60, 0, ROW);
    edgeRates.fill(1e-30, 2 * ROW, 3 * ROW);
    edgeRates.fill(1e-29, 5 * ROW, 6 * ROW);
  }
  for (const changed of [[0, 1, 2], [0], [1], [2]]) {
    const hits = scanned(layout, createTypeScriptKernel(layout), changed);
    expect(hits).toHaveLength(1);
    expect(scanned(twin, wasmKernel(twin), changed)).toEqual(hits);
  }
});

test("the module brings nothing but the scan, and needs nothing but memory", () => {
  const module = new WebAssembly.Module(Buffer.from(KERNEL_BASE64, "base64"));
  expect(WebAssembly.Module.exports(module)).toEqual([
    { name: "take", kind: "function" },
    { name: "scan", kind: "function" },
  ]);
  expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
});
