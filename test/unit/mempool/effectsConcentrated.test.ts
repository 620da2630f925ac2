import { assert, bigInt, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import type { ConcentratedState } from "../../../src/amm/poolState.ts";
import { amountIn, amountOut, swap as poolSwap } from "../../../src/amm/swap.ts";
import { MIN_SQRT_RATIO, sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";
import type { SwapCall } from "../../../src/mempool/routerCall.ts";
import { addressOf } from "../../support/marketBlocks.ts";
import {
  decodedOf,
  GOLD,
  pooled,
  smallMarket,
  swapOf,
  TAXED,
  USD,
  WRAPPED,
} from "../../support/mempoolCalls.ts";

/** One position around price 1. */
const poolState = (
  feePpm: number,
  liquidity: bigint,
  change: Partial<ConcentratedState> = {},
): ConcentratedState => ({
  kind: "v3",
  feePpm,
  tickSpacing: 60,
  sqrtPriceX96: 1n << 96n,
  tick: 0,
  liquidity,
  ticks: tickTable([
    [-1200, liquidity],
    [1200, -liquidity],
  ]),
  ...change,
});

const SOME = 10n ** 9n;
const FIRST = poolState(500, SOME);
const SECOND = poolState(3000, 3n * SOME);
const market = smallMarket([pooled(1, "v3", [USD, GOLD], FIRST), pooled(2, "v3", [GOLD, WRAPPED], SECOND)]);
const PATH = { path: [USD, GOLD, WRAPPED], feesPpm: [500, 3000] };
const ONE = { path: [USD, GOLD], feesPpm: [500] };
/** Wrapped coins sort first: GOLD to WRAPPED is one for zero. */
const [FORWARD, BACKWARD] = [true, false];

const call = (fields: Partial<SwapCall>, name = "exactInput") =>
  decodedOf(name, swapOf({ dex: "v3", deadline: null, ...fields }));
const outOf = (fields: Partial<SwapCall>, name = "exactOutput") => call({ exact: "out", ...fields }, name);

test("an exact input through one pool, by hand", () => {
  // 1 % of 1000 is fee; 10^6 - 10^12 / (10^6 + 990) = 989.02, rounded down
  const small = smallMarket([pooled(1, "v3", [USD, GOLD], poolState(10_000, 1_000_000n))]);
  const { effects } = small.predict(call({ amount: 1000n, path: [USD, GOLD], feesPpm: [10_000] }));
  expect(effects).toHaveLength(1);
  expect(effects[0]).toMatchObject({ tokenIn: USD, tokenOut: GOLD, amountIn: 1000n, amountOut: 989n });
  expect(effects[0]?.after).toMatchObject({ liquidity: 1_000_000n, tick: -20 });
});

const along = (exact: "in" | "out", limit: bigint, name?: string) =>
  market.predict(call({ exact, amount: 1_000_000n, limit, ...PATH }, name));

test("a path pays pool after pool; its minimum bites to the unit, in each router's words", () => {
  const middle = amountOut(FIRST, FORWARD, 1_000_000n);
  const out = amountOut(SECOND, BACKWARD, middle);
  expect(along("in", out).effects.map((one) => [one.pool.address, one.amountIn, one.amountOut])).toEqual([
    [addressOf(1), 1_000_000n, middle],
    [addressOf(2), middle, out],
  ]);
  expect(along("in", out + 1n)).toEqual({ effects: [], reverts: "Too little received", complete: true });
  expect(along("in", out + 1n, "execute").reverts).toBe("V3TooLittleReceived");
});

test("an exact output runs from its last pool back, and is told in trade order", () => {
  const middle = amountIn(SECOND, BACKWARD, 1_000_000n) ?? 0n;
  const paid = amountIn(FIRST, FORWARD, middle) ?? 0n;
  expect(along("out", paid).effects.map((one) => [one.pool.address, one.amountIn, one.amountOut])).toEqual([
    [addressOf(1), paid, middle],
    [addressOf(2), middle, 1_000_000n],
  ]);
  expect(along("out", paid - 1n)).toEqual({ effects: [], reverts: "Too much requested", complete: true });
  expect(along("out", paid - 1n, "execute").reverts).toBe("V3TooMuchRequested");
});

test("a limit of price leaves a part undone, which the router does not mind", () => {
  const sqrtPriceLimitX96 = sqrtRatioAtTick(-100);
  const given = market.predict(call({ amount: SOME, sqrtPriceLimitX96, ...ONE })).effects[0];
  expect(given?.after).toMatchObject({ sqrtPriceX96: sqrtPriceLimitX96 });
  expect(given?.amountIn).toBeLessThan(SOME);
  const taken = market.predict(outOf({ amount: SOME / 2n, sqrtPriceLimitX96, ...ONE })).effects[0];
  expect(taken?.after).toMatchObject({ sqrtPriceX96: sqrtPriceLimitX96 });
  expect(taken?.amountOut).toBe(given?.amountOut);
  const wrongSide = { sqrtPriceLimitX96: sqrtRatioAtTick(100) };
  expect(market.predict(call({ amount: 1n, ...wrongSide, ...ONE })).reverts).toBe("SPL");
});

test("without a limit an exact output must come whole, and an exact input may end with the liquidity", () => {
  expect(market.predict(outOf({ amount: SOME, ...ONE })).reverts).toBe("execution reverted");
  expect(market.predict(outOf({ amount: SOME, ...ONE }, "execute")).reverts).toBe("V3InvalidAmountOut");
  const [drained] = market.predict(call({ amount: SOME, ...ONE })).effects;
  expect(drained?.amountIn).toBeLessThan(SOME);
  expect(drained?.after).toMatchObject({ sqrtPriceX96: MIN_SQRT_RATIO + 1n, liquidity: 0n });
});

const why = (fields: Partial<SwapCall>) => market.predict(call(fields)).reverts;

test("reasons are the pools' own", () => {
  expect(why({ amount: 0n, ...ONE })).toBe("AS");
  expect(why({ exact: "out", amount: 0n, ...ONE })).toBe("AS");
  expect(why({ amount: 1n << 255n, ...ONE })).toBe("execution reverted");
  expect(why({ exact: "out", amount: 9n, path: [USD, GOLD, USD], feesPpm: [500, 500] })).toBe("LOK");
  expect(why({ amount: 900n, path: [USD, GOLD, USD], feesPpm: [500, 500] })).toBeNull();
});

test("where a state has no ticks, what leads out of its interval is not known", () => {
  const dark = smallMarket([
    pooled(
      1,
      "v3",
      [USD, GOLD],
      poolState(500, SOME, { ticks: null, tick: 30, sqrtPriceX96: sqrtRatioAtTick(30) }),
    ),
    pooled(2, "v3", [GOLD, WRAPPED], SECOND),
  ]);
  expect(dark.predict(call({ amount: 1000n, ...ONE })).complete).toBe(true);
  for (const exact of ["in", "out"] as const)
    expect(dark.predict(call({ exact, amount: SOME / 2n, ...ONE }))).toEqual({
      effects: [],
      reverts: null,
      complete: false,
    });
  const backwards = { path: PATH.path.toReversed(), feesPpm: PATH.feesPpm.toReversed() };
  const { effects, complete } = dark.predict(call({ amount: SOME / 2n, ...backwards }));
  expect([effects.map(({ pool }) => pool.address), complete]).toEqual([[addressOf(2)], false]);
});

test("a taxed token on the way of an exact output makes all of it an estimate", () => {
  const taxed = smallMarket([pooled(1, "v3", [USD, GOLD], FIRST), pooled(2, "v3", [GOLD, TAXED], SECOND)]);
  const way = { amount: 1000n, path: [USD, GOLD, TAXED], feesPpm: [500, 3000] };
  const marks = (exact: "in" | "out") =>
    taxed.predict(call({ exact, ...way })).effects.map(({ estimate }) => estimate);
  expect(marks("in")).toEqual([false, true]);
  expect(marks("out")).toEqual([true, true]);
});

test("Algebra pools are found without a fee", () => {
  const algebra = poolState(777, SOME, { kind: "algebra" });
  const other = smallMarket([pooled(1, "qs3", [USD, GOLD], algebra)]);
  const { effects } = other.predict(call({ dex: "qs3", amount: 5_000n, path: [GOLD, USD] }));
  expect(effects[0]?.amountOut).toBe(amountOut(algebra, BACKWARD, 5_000n));
});

test("the state behind a hop is the pool's, whatever the amount", () => {
  assert(
    property(bigInt({ min: 1n, max: SOME }), constantFrom("in", "out"), (amount, exact) => {
      const side = exact === "in" ? { amountIn: amount } : { amountOut: amount };
      const direct = poolSwap(FIRST, { zeroForOne: true, ...side });
      if (!direct.ok) throw new Error("no swap");
      const { amountIn: paid, amountOut: got, after, complete } = direct.swap;
      const { effects, reverts } = market.predict(call({ exact, amount, ...ONE }));
      const told = effects.map((one) => [one.amountIn, one.amountOut, one.after]);
      expect([reverts, told]).toEqual(
        exact === "in" || complete ? [null, [[paid, got, after]]] : ["execution reverted", []],
      );
    }),
  );
});
