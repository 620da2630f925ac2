import { keccak256, stringToBytes } from "viem";
import { expect, test } from "vitest";
import { buildPairGraph, bundleOfOne, indexPairs } from "../../../../bench/references/seedCounterparts.ts";
import {
  createSeedBundler,
  findSeedArbitrage,
  injectPairs,
  processSeedOpportunities,
  seedArbitrage,
  seedPaths,
  seedSwapOutput,
} from "../../../../bench/references/seedPipeline.ts";
import type { SeedPair } from "../../../../bench/references/seedPipeline.ts";
import { createBundle, ourTransaction, verifyBundle } from "../../../../src/execution/bundle.ts";
import { loadWasmKeccak256 } from "../../../../src/execution/keccak256.ts";

const pairOf = (token0: string, token1: string, fee_bps = 30): SeedPair => ({
  token0,
  token1,
  dex: "quickswap",
  liquidity_usd: 5_000_000,
  fee_bps,
});

const PAIRS = [pairOf("A", "B"), pairOf("B", "C", 0), pairOf("C", "A"), pairOf("C", "D", 5)];

test("the seed's paths visit no token twice, and never come home", () => {
  const { graph } = injectPairs(JSON.stringify(PAIRS));
  expect(seedPaths(graph, "A", "D", 3)).toEqual([
    ["A", "C", "D"],
    ["A", "B", "C", "D"],
  ]);
  expect(seedPaths(graph, "A", "D", 2)).toEqual([["A", "C", "D"]]);
  expect(seedPaths(graph, "A", "A", 3)).toEqual([]);
});

test("the seed's arbitrage finds nothing in any pair; its bundles are never made", async () => {
  expect(seedSwapOutput(1000, 1_000_000, 1_000_000, 30)).toBeCloseTo(996.006981, 6);
  expect(seedArbitrage(pairOf("A", "B", 0))).toBeNull();
  expect(findSeedArbitrage(PAIRS)).toEqual([]);
  const bundler = await createSeedBundler();
  expect(processSeedOpportunities(JSON.stringify(PAIRS), bundler, 1)).toEqual([]);
});

test("the seed's root is the hash of the texts in a row; its bundle holds one", async () => {
  const bundler = await createSeedBundler();
  expect(bundler.merkleRoot([])).toBe("0x0");
  expect(bundler.merkleRoot(["0xab", "0xcd"])).toBe(keccak256(stringToBytes("0xab0xcd")));
  const opportunity = {
    path: ["A", "B"],
    dexes: [],
    expectedProfitUsd: 11,
    inputAmount: 1,
    outputAmount: 1,
    gasCostUsd: 5,
    confidence: 0.85,
  };
  const { transactions, merkleRoot: root, id } = bundler.bundle(opportunity, 1);
  expect(transactions).toEqual([keccak256(stringToBytes("A"))]);
  expect(root).toBe(keccak256(stringToBytes(transactions[0] ?? "")));
  expect(id).toMatch(/^bundle_[0-9a-f-]{36}$/);
});

test("our graph of the same pairs has the same neighbours", () => {
  const names = ["A", "B", "C", "D"];
  const { first, near, edges } = buildPairGraph(indexPairs(PAIRS));
  const { graph } = injectPairs(JSON.stringify(PAIRS));
  for (const [token, name] of names.entries()) {
    const places = Array.from(
      { length: (first[token + 1] ?? 0) - (first[token] ?? 0) },
      (_, i) => (first[token] ?? 0) + i,
    );
    expect(places.map((at) => names[near[at] ?? -1])).toEqual(graph.get(name));
    for (const at of places) {
      const edge = edges[at] ?? 0;
      const { token0, token1 } = PAIRS[edge >> 1] ?? pairOf("", "");
      expect(edge % 2 === 0 ? [token0, token1] : [token1, token0]).toEqual([name, names[near[at] ?? -1]]);
    }
  }
});

test("our bundle is the product's own, whatever stood in its memory before", async () => {
  const keccak = await loadWasmKeccak256();
  for (const length of [640, 333, 32, 1]) {
    const raw = `0x02${"5a".repeat(length)}` as const;
    const bundle = bundleOfOne(137, raw, 70_000_002, keccak);
    expect(bundle).toEqual(createBundle(137, [ourTransaction(raw)], [70_000_002]));
    expect(verifyBundle(bundle)).toBe(true);
    expect(bundle.hashes).toEqual([keccak256(raw)]);
  }
  expect(() => bundleOfOne(137, `0x${"5a".repeat(8001)}`, 1, keccak)).toThrow(RangeError);
});
