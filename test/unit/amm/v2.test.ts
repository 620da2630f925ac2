import { assert, bigInt, boolean, constantFrom, pre, property, record } from "fast-check";
import { expect, test } from "vitest";
import type { V2State } from "../../../src/amm/poolState.ts";
import { amountIn, amountOut, swap } from "../../../src/amm/swap.ts";

const UINT112_MAX = (1n << 112n) - 1n;
const pair = (reserve0: bigint, reserve1: bigint, feePpm = 3000): V2State => ({
  kind: "v2",
  feePpm,
  reserve0,
  reserve1,
});

const reserveArb = bigInt({ min: 1n, max: 1n << 100n });
const stateArb = record({
  reserve0: reserveArb,
  reserve1: reserveArb,
  feePpm: constantFrom(0, 1, 2500, 3000, 10_000, 999_999),
}).map(({ reserve0, reserve1, feePpm }) => pair(reserve0, reserve1, feePpm));
const amountArb = bigInt({ min: 1n, max: 1n << 100n });

test("published amounts of the pair's own tests", () => {
  const unit = 10n ** 18n;
  expect(amountOut(pair(5n * unit, 10n * unit), true, unit)).toBe(1662497915624478906n);
  expect(amountOut(pair(10n * unit, 5n * unit), false, unit)).toBe(1662497915624478906n);
  expect(amountOut(pair(1000n * unit, 1000n * unit), true, unit)).toBe(996006981039903216n);
});

test("one raw unit more than the invariant allows is never given", () => {
  // A bundle that predicted one unit too much was reverted with "UniswapV2: K" at Ethereum block 25711761.
  const state = pair(3886685670626625517819n, 7456337076646n);
  expect(amountOut(state, false, 58233015n)).toBe(30263206361603722n);
  expect(amountIn(state, false, 30263206361603722n)).toBe(58233015n);
});

test("the output is the greatest that keeps the product after fee", () => {
  assert(
    property(stateArb, boolean(), amountArb, (state, zeroForOne, given) => {
      const out = amountOut(state, zeroForOne, given);
      const [reserveIn, reserveOut] = zeroForOne
        ? [state.reserve0, state.reserve1]
        : [state.reserve1, state.reserve0];
      const paid = reserveIn * 1_000_000n + given * BigInt(1_000_000 - state.feePpm);
      const product = reserveIn * reserveOut * 1_000_000n;
      expect(paid * (reserveOut - out) >= product).toBe(true);
      expect(paid * (reserveOut - out - 1n) < product).toBe(true);
    }),
    { seed: 4, numRuns: 2000 },
  );
});

test("asked by output: enough, and at most one unit above the least", () => {
  assert(
    property(stateArb, boolean(), amountArb, (state, zeroForOne, wanted) => {
      const asked = amountIn(state, zeroForOne, wanted);
      const reserveIn = zeroForOne ? state.reserve0 : state.reserve1;
      pre(asked !== null && asked > 2n && reserveIn + asked <= UINT112_MAX);
      expect(amountOut(state, zeroForOne, asked) >= wanted).toBe(true);
      expect(amountOut(state, zeroForOne, asked - 2n) < wanted).toBe(true);
    }),
    { seed: 5, numRuns: 2000 },
  );
});

test("a swap moves the reserves by its amounts, and the product never falls", () => {
  assert(
    property(stateArb, boolean(), amountArb, boolean(), (state, zeroForOne, amount, exactIn) => {
      const result = swap(state, { zeroForOne, ...(exactIn ? { amountIn: amount } : { amountOut: amount }) });
      pre(result.ok);
      const { after, amountIn: paid, amountOut: got, complete } = result.swap;
      const [in0, in1] = zeroForOne ? [paid, -got] : [-got, paid];
      expect(after).toEqual(pair(state.reserve0 + in0, state.reserve1 + in1, state.feePpm));
      expect(complete).toBe(true);
      expect((state.reserve0 + in0) * (state.reserve1 + in1) >= state.reserve0 * state.reserve1).toBe(true);
    }),
    { seed: 6, numRuns: 2000 },
  );
});

test("an input too small for one unit stays in the pair", () => {
  const result = swap(pair(10n ** 20n, 10n), { zeroForOne: true, amountIn: 1n });
  expect(result).toEqual({
    ok: true,
    swap: { amountIn: 1n, amountOut: 0n, complete: true, after: pair(10n ** 20n + 1n, 10n) },
  });
});

test.each([
  ["zero_amount", pair(9n, 9n), { zeroForOne: true, amountIn: 0n }],
  ["zero_amount", pair(9n, 9n), { zeroForOne: true, amountOut: 0n }],
  ["amount_out_of_range", pair(9n, 9n), { zeroForOne: true, amountIn: -1n }],
  ["amount_out_of_range", pair(9n, 9n), { zeroForOne: true, amountIn: 1n << 256n }],
  ["no_liquidity", pair(0n, 9n), { zeroForOne: true, amountIn: 1n }],
  ["no_liquidity", pair(9n, 0n), { zeroForOne: true, amountOut: 1n }],
  ["insufficient_liquidity", pair(9n, 9n), { zeroForOne: true, amountOut: 9n }],
  ["insufficient_liquidity", pair(9n, 9n), { zeroForOne: false, amountOut: 10n }],
  ["reserve_overflow", pair(UINT112_MAX, 9n), { zeroForOne: true, amountIn: 1n }],
  ["reserve_overflow", pair(1n << 111n, 9n), { zeroForOne: true, amountOut: 8n }],
  ["price_limit", pair(9n, 9n), { zeroForOne: true, amountIn: 1n, sqrtPriceLimitX96: 1n << 96n }],
  ["invalid_state", pair(UINT112_MAX + 1n, 9n), { zeroForOne: true, amountIn: 1n }],
  ["invalid_state", pair(9n, 9n, 1_000_000), { zeroForOne: true, amountIn: 1n }],
  ["invalid_state", pair(-9n, 9n), { zeroForOne: true, amountIn: 1n }],
] as const)("refused with %s: %o %o", (refusal, state, request) => {
  expect(swap(state, request)).toEqual({ ok: false, refusal });
});

test("where a swap is refused, amounts alone are 0 out and null in", () => {
  expect(amountOut(pair(0n, 9n), true, 5n)).toBe(0n);
  expect(amountOut(pair(9n, 9n), true, 0n)).toBe(0n);
  expect(amountOut(pair(9n, 9n), true, -1n)).toBe(0n);
  expect(amountOut(pair(UINT112_MAX, 9n), true, 1n)).toBe(0n);
  expect(amountIn(pair(9n, 9n), true, 9n)).toBeNull();
  expect(amountIn(pair(9n, 9n), true, 0n)).toBeNull();
});
