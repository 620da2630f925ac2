import { expect, test } from "vitest";
import { concentratedSwapWithin } from "../../../src/amm/concentrated.ts";
import type { ConcentratedState } from "../../../src/amm/poolState.ts";
import { MAX_TICK, MIN_TICK, sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";

const pool = (fields: Partial<ConcentratedState>): ConcentratedState => ({
  kind: "v3",
  feePpm: 3000,
  tickSpacing: 10,
  sqrtPriceX96: 1n << 96n,
  tick: 0,
  liquidity: 2n * 10n ** 18n,
  ticks: null,
  ...fields,
});

/** Walks down to a tick: whether it got there, the stops left, edges and ticks passed. */
function walkDown(state: ConcentratedState, to: number, stopsLeft: number) {
  const count = { stopsLeft, edges: 0, crossings: 0 };
  const request = { zeroForOne: true, amountIn: 1n << 120n, sqrtPriceLimitX96: sqrtRatioAtTick(to) };
  const result = concentratedSwapWithin(state, request, count);
  return [result?.ok ?? null, count.stopsLeft, count.edges, count.crossings];
}

test("stops are counted as the contract makes them, and no more than are left are made", () => {
  const two = pool({
    sqrtPriceX96: sqrtRatioAtTick(5),
    tick: 5,
    ticks: tickTable([
      [-887270, 10n ** 18n],
      [-3000, 10n ** 18n],
      [3000, -(10n ** 18n)],
      [887270, -(10n ** 18n)],
    ]),
  });
  // Words of 256 ticks of spacing 10: their edges at 0 and -2560, the tick at -3000, and where it ends.
  expect(walkDown(two, -3005, 10)).toEqual([true, 6, 2, 1]);
  expect(walkDown(two, -3005, 4)).toEqual([true, 0, 2, 1]);
  expect(walkDown(two, -3005, 3)).toEqual([null, -1, 2, 1]);
  expect(walkDown(two, 2, 1)).toEqual([true, 0, 0, 0]);
  // Where there is nothing we look past the edges, and the contract does not: from the start of word 0 to that of word -346,
  // and from the end of word 0 to that of word 345.
  const empty = pool({ liquidity: 0n, ticks: tickTable([]) });
  expect(walkDown(empty, MIN_TICK + 1, 10)).toEqual([true, 9, 347, 0]);
  const up = { stopsLeft: 10, edges: 0, crossings: 0 };
  concentratedSwapWithin(empty, { zeroForOne: false, amountIn: 1n }, up);
  expect(up).toEqual({ stopsLeft: 9, edges: 346, crossings: 0 });
});

/** Where UniswapV3Pool.swap stops between two ticks: at each edge of a word, whatever the liquidity. */
function stopsPlainly(list: readonly number[], spacing: number, from: number, to: number) {
  const down = to < from;
  let [at, edges, crossings] = [from, 0, 0];
  for (;;) {
    const compressed = Math.floor(at / spacing);
    const edge = down
      ? Math.max((compressed >> 8) * 256 * spacing, MIN_TICK)
      : Math.min(((((compressed + 1) >> 8) + 1) * 256 - 1) * spacing, MAX_TICK);
    const ahead = down ? list.findLast((tick) => tick <= at) : list.find((tick) => tick > at);
    const found = ahead !== undefined && (down ? ahead >= edge : ahead <= edge);
    const next = found ? ahead : edge;
    if (down ? next < to : next > to) return { edges, crossings };
    if (found) crossings++;
    else edges++;
    if (next === to) return { edges, crossings };
    at = down ? next - 1 : next;
  }
}

test.each([
  [-600, 600, 60, -1200],
  [-600, 600, 60, 1200],
  [-100, 100, 10, -400],
  [-100, 100, 10, 400],
  [-100, 100, 10, -200_000],
  [-100, 100, 10, 200_000],
  [-100, 100, 1, -887_271],
  [-100, 100, 1, 887_271],
  [-256, 255, 1, -300],
  [-256, 255, 1, 300],
  [-25_600, 25_500, 1, -25_600],
  [-25_600, 25_500, 1, 25_500],
])(
  "beyond the liquidity of [%i, %i] by %i, a limit at %i ends the contract's stops",
  (low, high, tickSpacing, to) => {
    const state = pool({
      tickSpacing,
      tick: 5,
      sqrtPriceX96: sqrtRatioAtTick(5),
      liquidity: 10n ** 15n,
      ticks: tickTable([
        [low, 10n ** 15n],
        [high, -(10n ** 15n)],
      ]),
    });
    const count = { stopsLeft: 10_000, edges: 0, crossings: 0 };
    concentratedSwapWithin(
      state,
      { zeroForOne: to < 0, amountIn: 10n ** 40n, sqrtPriceLimitX96: sqrtRatioAtTick(to) },
      count,
    );
    expect(count).toMatchObject(stopsPlainly([low, high], tickSpacing, 5, to));
  },
);
