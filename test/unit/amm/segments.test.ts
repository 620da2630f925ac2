import { assert, bigInt, boolean, pre, property } from "fast-check";
import { expect, test } from "vitest";
import type { ConcentratedState, Segment } from "../../../src/amm/poolState.ts";
import { marginalRateFloat, segments } from "../../../src/amm/segments.ts";
import { swap } from "../../../src/amm/swap.ts";
import { sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";
import { stateArb } from "../../support/ammChainStates.ts";

/** Output of the segments for a whole input; NaN when they end before it. */
function outputFloat(list: readonly Segment[], inputFloat: number): number {
  let left = inputFloat;
  let output = 0;
  for (const { reserveInFloat, reserveOutFloat, feeFactorFloat, maxInFloat } of list) {
    const used = Math.min(left, maxInFloat) * feeFactorFloat;
    output += (reserveOutFloat * used) / (reserveInFloat + used);
    if (left <= maxInFloat) return output;
    left -= maxInFloat;
  }
  return NaN;
}

test("the segments give what the exact swap gives, but for rounding", () => {
  let compared = 0;
  assert(
    property(
      stateArb,
      boolean(),
      bigInt({ min: 10n ** 6n, max: 1n << 90n }),
      (state, zeroForOne, amountIn) => {
        const result = swap(state, { zeroForOne, amountIn });
        pre(result.ok && result.swap.complete && result.swap.amountOut > 10n ** 6n);
        // Each stop of the exact walk rounds by a unit or two; that is visible only in small amounts.
        const stops = 2000;
        const exactFloat = Number(result.swap.amountOut);
        const error = Math.abs(outputFloat(segments(state, zeroForOne, 99), Number(amountIn)) - exactFloat);
        const slope = marginalRateFloat(state, zeroForOne);
        expect(error).toBeLessThanOrEqual(exactFloat * 1e-9 + stops * (1 + slope));
        compared++;
      },
    ),
    { seed: 21, numRuns: 1500 },
  );
  expect(compared).toBeGreaterThan(500);
});

const pool = (fields: Partial<ConcentratedState>): ConcentratedState => ({
  kind: "v3",
  feePpm: 3000,
  tickSpacing: 60,
  sqrtPriceX96: sqrtRatioAtTick(0),
  tick: 0,
  liquidity: 10n ** 18n,
  ticks: tickTable([]),
  ...fields,
});

test("a pair is one segment without end, and its rate the reserves' after fee", () => {
  const pair = { kind: "v2", feePpm: 2000, reserve0: 4000n, reserve1: 1000n } as const;
  expect(segments(pair, true, 5)).toEqual([
    { reserveInFloat: 4000, reserveOutFloat: 1000, feeFactorFloat: 0.998, maxInFloat: Infinity },
  ]);
  expect(segments(pair, false, 5)[0]).toMatchObject({ reserveInFloat: 1000, reserveOutFloat: 4000 });
  expect(marginalRateFloat(pair, true)).toBeCloseTo(0.2495, 12);
  expect(marginalRateFloat(pair, false)).toBeCloseTo(3.992, 12);
});

test("each segment ends at its initialised tick, and no more than asked for are made", () => {
  const ticks = tickTable([
    [-1200, 5n],
    [-600, 10n ** 18n - 5n],
    [600, -(10n ** 18n)],
  ]);
  const state = pool({ ticks });
  const down = segments(state, true, 9);
  expect(down).toHaveLength(2);
  const toTick = swap(state, {
    zeroForOne: true,
    amountIn: 1n << 90n,
    sqrtPriceLimitX96: sqrtRatioAtTick(-600),
  });
  const neededFloat = toTick.ok ? Number(toTick.swap.amountIn) : NaN;
  expect((down[0]?.maxInFloat ?? NaN) / neededFloat).toBeCloseTo(1, 9);
  expect(segments(state, true, 1)).toEqual(down.slice(0, 1));
  expect(segments(state, false, 9)).toHaveLength(1);
  expect(segments(state, true, 0)).toEqual([]);
});

test("a range without liquidity is a jump: the rate is that at which the next liquidity begins", () => {
  const state = pool({
    liquidity: 0n,
    ticks: tickTable([
      [-1200, 10n ** 18n],
      [-600, -(10n ** 18n)],
    ]),
  });
  expect(segments(state, true, 9)).toHaveLength(1);
  expect(marginalRateFloat(state, true)).toBeCloseTo(1.0001 ** -600 * 0.997, 9);
  expect(segments(state, false, 9)).toEqual([]);
  expect(marginalRateFloat(state, false)).toBe(0);
});

test("a price on an initialised tick is crossed downwards before it is priced", () => {
  const state = pool({
    ticks: tickTable([
      [-60, 1n],
      [0, 10n ** 18n - 1n],
      [60, -(10n ** 18n)],
    ]),
  });
  expect(segments(state, true, 1)[0]?.reserveInFloat).toBeCloseTo(1, 9);
  expect(segments(state, false, 1)[0]?.reserveInFloat).toBeCloseTo(1e18, -3);
});

test("without a tick list there is the current interval alone", () => {
  const state = pool({ tick: 3, sqrtPriceX96: sqrtRatioAtTick(3), ticks: null });
  const [down] = segments(state, true, 9);
  const [up] = segments(state, false, 9);
  expect(down?.maxInFloat).toBeCloseTo((1e18 * (1.0001 ** 1.5 - 1)) / 1.0001 ** 1.5 / 0.997, -8);
  expect((up?.maxInFloat ?? NaN) / (down?.maxInFloat ?? NaN)).toBeCloseTo(57 / 3, 0);
  expect(segments({ ...state, liquidity: 0n }, true, 9)).toEqual([]);
});

test("what cannot be priced has no segments and rate 0", () => {
  const dead = [
    { kind: "v2", feePpm: 3000, reserve0: 0n, reserve1: 5n } as const,
    pool({ sqrtPriceX96: 0n }),
    pool({ liquidity: -1n }),
  ];
  expect(dead.map((state) => segments(state, true, 5))).toEqual([[], [], []]);
  expect(dead.map((state) => marginalRateFloat(state, true))).toEqual([0, 0, 0]);
});
