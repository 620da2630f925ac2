import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import { sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";
import type { Address, Pool } from "../../../src/chain/types.ts";
import { deepEnough } from "../../../src/feed/pools/depth.ts";

const token = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
const NATIVE = token(1);
const USD = token(2);
const FAR = token(3);
const ALONE = token(8);
const OTHER = token(9);

let pools = 100;

/** A V2 pool; reserves in raw units, tokens in ascending order. */
function pool(token0: Address, token1: Address, reserve0: bigint, reserve1: bigint) {
  const facts: Pool = { address: token(pools++), kind: "v2", dex: "x", token0, token1 };
  const state: PoolState = { kind: "v2", feePpm: 3000, reserve0, reserve1 };
  return { pool: facts, state };
}

const keep = (all: readonly { pool: Pool; state: PoolState | null }[], minDepthFloat: number) =>
  deepEnough(all, NATIVE, minDepthFloat).map((one) => all.indexOf(one));

// A native token is worth four dollars.
const deep = pool(NATIVE, USD, 1000n, 4000n);
const shallow = pool(NATIVE, USD, 99n, 396n);

test("without a minimum all stay", () => {
  expect(keep([deep, shallow, pool(ALONE, OTHER, 1n, 1n)], 0)).toEqual([0, 1, 2]);
});

test("a side is worth what the pools themselves say in native tokens", () => {
  expect(keep([deep, shallow], 100)).toEqual([0]);
  expect(keep([deep, shallow], 98)).toEqual([0, 1]);
});

test("prices travel over several pools, whatever their order", () => {
  // 10 FAR are a dollar: 40,000 FAR are 1,000 native tokens.
  const remote = pool(USD, FAR, 4000n, 40_000n);
  const further = pool(FAR, ALONE, 40_000n, 7n);
  expect(keep([further, remote, deep], 900)).toEqual([0, 1, 2]);
  expect(keep([further, remote, deep], 1100)).toEqual([]);
});

test("a shallow pool does not set the price of a token that a deep one prices too", () => {
  // It says that a dollar is worth five hundred native tokens.
  const liar = pool(NATIVE, USD, 500n, 1n);
  const dollars = pool(USD, FAR, 400n, 4000n);
  expect(keep([liar, deep, dollars], 150)).toEqual([0, 1]);
  expect(keep([deep, dollars, liar], 150)).toEqual([0, 2]);
});

test("nor does a sliver of concentrated liquidity, however large its virtual reserves", () => {
  // A million of each side virtual, fifty of which it gives: it says that a dollar is worth a native token.
  const ticks = tickTable([
    [0, 1_000_000n],
    [1, -1_000_000n],
  ]);
  const sqrtPriceX96 = (sqrtRatioAtTick(0) + sqrtRatioAtTick(1)) / 2n;
  const state: PoolState = {
    kind: "v3",
    feePpm: 100,
    tickSpacing: 1,
    sqrtPriceX96,
    tick: 0,
    liquidity: 1_000_000n,
    ticks,
  };
  const sliver = { pool: pool(NATIVE, USD, 1n, 1n).pool, state };
  const large = pool(NATIVE, USD, 100_000n, 400_000n);
  const dollars = pool(USD, FAR, 4000n, 4000n);
  expect(keep([sliver, large, dollars], 1100)).toEqual([0, 1]);
});

test("what nothing prices has no depth", () => {
  expect(keep([deep, pool(ALONE, OTHER, 10n ** 30n, 10n ** 30n)], 1)).toEqual([0]);
});

test("a pool without a price yet stays: nothing speaks against it", () => {
  const { pool: facts } = pool(NATIVE, USD, 1n, 1n);
  expect(keep([{ pool: facts, state: null }, deep], 500)).toEqual([0, 1]);
});
