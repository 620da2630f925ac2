import { assert, bigInt, integer, nat, property } from "fast-check";
import { expect, test } from "vitest";
import {
  MAX_SQRT_RATIO,
  MAX_TICK,
  MIN_SQRT_RATIO,
  MIN_TICK,
  sqrtRatioAtTick,
  tickAtSqrtRatio,
} from "../../../src/amm/tickMath.ts";

test("ratios at the ends and at known ticks are the contract's", () => {
  expect(sqrtRatioAtTick(MIN_TICK)).toBe(MIN_SQRT_RATIO);
  expect(sqrtRatioAtTick(MAX_TICK)).toBe(MAX_SQRT_RATIO);
  expect(sqrtRatioAtTick(0)).toBe(1n << 96n);
  expect(sqrtRatioAtTick(50)).toBe(79426470787362580746886972461n);
  expect(sqrtRatioAtTick(-50)).toBe(79030349367926598376800521322n);
  expect(sqrtRatioAtTick(250_000)).toBe(21246587762933397357449903968194344n);
  expect(sqrtRatioAtTick(-738_203)).toBe(7409801140451n);
});

test("a ratio is within one unit and 2^-100 of the true root", () => {
  assert(
    property(integer({ min: MIN_TICK, max: MAX_TICK }), (tick) => {
      // ratio^2 / 2^192 against 1.0001^tick, in floats: good to 1e-9 where the ratio has enough digits
      const float = (Number(sqrtRatioAtTick(tick)) / 2 ** 96) ** 2;
      const slack = 1e-9 + 2 / Number(sqrtRatioAtTick(tick));
      expect(Math.abs(float / 1.0001 ** tick - 1)).toBeLessThan(slack);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

/** Ticks found for the ratio of a tick, one unit below and one above it. */
const around = (tick: number): number[] =>
  [-1n, 0n, 1n].map((nudge) => tickAtSqrtRatio(sqrtRatioAtTick(tick) + nudge));

test("the tick of a ratio is that tick, and one unit below it the one before", () => {
  const ticks = [
    ...Array.from({ length: 3000 }, (_, i) => MIN_TICK + 1 + i),
    ...Array.from({ length: 3000 }, (_, i) => MAX_TICK - 1 - i),
    ...Array.from({ length: 3000 }, (_, i) => i - 1500),
    ...Array.from({ length: 1700 }, (_, i) => MIN_TICK + 1 + 997 * i),
  ];
  const wrong = ticks.filter((tick) => around(tick).join() !== [tick - 1, tick, tick].join());
  expect(wrong).toEqual([]);
});

test("the tick of any price is the greatest whose ratio is not above it", () => {
  assert(
    property(bigInt({ min: MIN_SQRT_RATIO, max: MAX_SQRT_RATIO - 1n }), nat(130), (price, shift) => {
      const sqrtPriceX96 = price >> BigInt(shift) < MIN_SQRT_RATIO ? price : price >> BigInt(shift);
      const tick = tickAtSqrtRatio(sqrtPriceX96);
      expect(sqrtRatioAtTick(tick) <= sqrtPriceX96).toBe(true);
      expect(sqrtRatioAtTick(tick + 1) > sqrtPriceX96).toBe(true);
    }),
    { seed: 2, numRuns: 5000 },
  );
});

test("outside its range each refuses", () => {
  expect(() => sqrtRatioAtTick(MAX_TICK + 1)).toThrow(RangeError);
  expect(() => sqrtRatioAtTick(MIN_TICK - 1)).toThrow(RangeError);
  expect(() => sqrtRatioAtTick(0.5)).toThrow(RangeError);
  expect(() => tickAtSqrtRatio(MIN_SQRT_RATIO - 1n)).toThrow(RangeError);
  expect(() => tickAtSqrtRatio(MAX_SQRT_RATIO)).toThrow(RangeError);
});
