import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import { amountOut } from "../../../src/amm/swap.ts";
import { tickAtSqrtRatio } from "../../../src/amm/tickMath.ts";
import type { Address } from "../../../src/chain/types.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";
import { createPrices } from "../../../src/search/prices.ts";
import { addressOf, poolOf, v2State } from "../../support/marketBlocks.ts";

const [NATIVE, USD, GOLD] = [addressOf(0xa0), addressOf(0xa1), addressOf(0xa2)];
const ETHER = 10n ** 18n;

function pricesOver(entries: readonly [number, Address, Address, PoolState][]) {
  const states = new Map(entries.map(([n, , , state]) => [addressOf(n), state]));
  const pools = entries.map(([n, token0, token1]) => poolOf(n, token0, token1));
  const prices = createPrices({ bases: [NATIVE, USD, GOLD], wrappedNative: NATIVE }, pools);
  const view = { stateOf: (pool: Address) => states.get(pool) ?? null };
  return prices.at(view);
}

test("the native token is worth itself, and a token without a path nothing that can be said", () => {
  const prices = pricesOver([]);
  expect(prices.toNative(NATIVE, 5n)).toBe(5n);
  expect(prices.rateFloat(NATIVE)).toBe(1);
  expect(prices.toNative(USD, 5n)).toBeNull();
  expect(prices.rateFloat(USD)).toBeNaN();
});

test("the deepest pool sets the price, not a dust pool that pays more", () => {
  const deep = v2State(1000n * ETHER, 2000n * 10n ** 6n);
  const dust = v2State(ETHER, 10n ** 4n);
  const prices = pricesOver([
    [1, NATIVE, USD, dust],
    [2, NATIVE, USD, deep],
  ]);
  expect(prices.toNative(USD, 1_000_000n)).toBe(amountOut(deep, false, 1_000_000n));
  expect(prices.rateFloat(USD)).toBeCloseTo((1e21 / 2e9) * 0.997, -3);
});

/** One position of `liquidity` from `low` to `high` (ticks) around the price 1.0004. */
function v3Pool(low: number, high: number, liquidity: bigint): PoolState {
  const sqrtPriceX96 = (10_002n << 96n) / 10_000n;
  const tick = tickAtSqrtRatio(sqrtPriceX96);
  const ticks = tickTable([
    [low, liquidity],
    [high, -liquidity],
  ]);
  return { kind: "v3", feePpm: 500, tickSpacing: 1, sqrtPriceX96, tick, liquidity, ticks };
}

test("a concentrated pool is as deep as what it gives near its price", () => {
  const v3 = v3Pool(-2000, 2000, 5000n * ETHER);
  const v2 = v2State(1000n * ETHER, 1000n * ETHER);
  const prices = pricesOver([
    [1, USD, NATIVE, v3],
    [2, USD, NATIVE, v2],
  ]);
  expect(prices.toNative(USD, 1000n)).toBe(999n);
  expect(prices.toNative(USD, ETHER)).toBe(amountOut(v3, true, ETHER));
  expect(prices.rateFloat(USD)).toBeCloseTo(1.0002 ** 2 * 0.9995, 12);
});

test("a sliver of liquidity sets no price, however large its virtual reserve", () => {
  // 10^6 virtual on each side, of which the pool gives some 150.
  const sliver = v3Pool(1, 5, 1_000_000n * ETHER);
  const v2 = v2State(100_000n * ETHER, 50_000n * ETHER);
  const prices = pricesOver([
    [1, USD, NATIVE, sliver],
    [2, USD, NATIVE, v2],
  ]);
  expect(prices.toNative(USD, ETHER)).toBe(amountOut(v2, true, ETHER));
});

test("any other token is sold to a base first, the way that is deeper as a whole", () => {
  const OUTER = addressOf(0xb0);
  const usd = v2State(1000n * ETHER, 2000n * 10n ** 6n);
  const toUsd = v2State(10n ** 12n, 500n * 10n ** 6n);
  const toNative = v2State(ETHER, 10n ** 10n);
  const alone = addressOf(0xb1);
  const prices = pricesOver([
    [1, NATIVE, USD, usd],
    [2, OUTER, USD, toUsd],
    [3, NATIVE, OUTER, toNative],
    [4, OUTER, alone, usd],
  ]);
  expect(prices.toNative(OUTER, 10n ** 8n)).toBe(amountOut(usd, false, amountOut(toUsd, true, 10n ** 8n)));
  expect(prices.rateFloat(OUTER)).toBeGreaterThan(0);
  // Two tokens away from every base there is no price.
  expect(prices.toNative(alone, 10n ** 8n)).toBeNull();
  expect(prices.rateFloat(alone)).toBeNaN();
});

test("a base is sold through another where that way is deeper, rounded down at each step", () => {
  const usd = v2State(1000n * ETHER, 2000n * 10n ** 6n);
  const gold = v2State(500n * 10n ** 6n, 100n * 10n ** 8n);
  const shallow = v2State(ETHER, 10n ** 6n);
  const prices = pricesOver([
    [1, NATIVE, USD, usd],
    [2, USD, GOLD, gold],
    [3, NATIVE, GOLD, shallow],
  ]);
  const viaUsd = amountOut(usd, false, amountOut(gold, false, 12_345n));
  expect(prices.toNative(GOLD, 12_345n)).toBe(viaUsd);
  expect(prices.toNative(GOLD, 1n)).toBe(0n);
});
