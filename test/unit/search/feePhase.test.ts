import { expect, test } from "vitest";
import type { ConcentratedState, V2State } from "../../../src/amm/poolState.ts";
import { lastStretch } from "../../../src/amm/stretch.ts";
import { amountIn, amountOut, swap } from "../../../src/amm/swap.ts";
import { sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";
import { createLeg } from "../../../src/search/leg.ts";
import { estimateSize, sizeCycle } from "../../../src/search/sizing.ts";

// A coarse token (8 decimals, dear) between two fine ones: one raw unit of it outweighs 1e-9 of the profit, and so
// does the rounding of the fee that a V3 pool takes step by step.

const WIDE = 50_000_000_000_000_000n;
const NARROW = 30_000_000_000_000_000n;
const STOP = 265_200;

const v3: ConcentratedState = {
  kind: "v3",
  feePpm: 3000,
  tickSpacing: 60,
  sqrtPriceX96: sqrtRatioAtTick(265_270),
  tick: 265_270,
  liquidity: WIDE + NARROW,
  ticks: tickTable([
    [-887_220, WIDE],
    [STOP, NARROW],
    [265_500, -NARROW],
    [887_220, -WIDE],
  ]),
};
/** 400 coarse tokens against 6 % fewer fine ones than the other pool gives. */
const v2: V2State = {
  kind: "v2",
  feePpm: 3000,
  reserve0: 400n * 10n ** 8n,
  reserve1: (((400n * 10n ** 8n * v3.sqrtPriceX96 ** 2n) >> 192n) * 94n) / 100n,
};

/** Profit of buying `coarse` units in the V2 pool at least cost and selling them in the V3 pool. */
function profitOf(coarse: bigint): bigint {
  const cost = amountIn(v2, false, coarse);
  return cost === null ? -1n : amountOut(v3, true, coarse) - cost;
}

test("what is paid and got up to the last stop is what the contract takes and gives to that price", () => {
  const toStop = swap(v3, {
    zeroForOne: true,
    amountIn: 10n ** 12n,
    sqrtPriceLimitX96: sqrtRatioAtTick(STOP),
  });
  if (!toStop.ok) throw new Error(toStop.refusal);
  const { amountIn: paid, amountOut: got } = toStop.swap;
  expect(lastStretch(v3, true, paid + 5n)).toMatchObject({
    paid,
    got,
    sqrtPriceX96: sqrtRatioAtTick(STOP),
    liquidity: WIDE,
  });
  expect(lastStretch(v3, true, paid - 5n)).toBeNull();
  expect(lastStretch(v3, true, 0n)).toBeNull();
});

test("behind a crossed tick the best size still meets the fee's rounding: the optimum to 1e-12", () => {
  const legs = [createLeg(v2, false), createLeg(v3, true)];
  const estimate = estimateSize(legs);
  const sizing = estimate && sizeCycle(legs, estimate);
  const coarse = sizing?.amounts[1] ?? 0n;
  // The tick is crossed, else this shows nothing.
  expect(lastStretch(v3, true, coarse)?.paid).toBeGreaterThan(0n);
  let best = 0n;
  for (let y = coarse - 2000n; y <= coarse + 2000n; y++) {
    const profit = profitOf(y);
    if (profit > best) best = profit;
  }
  expect(best).toBeGreaterThan(10n ** 16n);
  expect(best - (sizing?.profit ?? 0n)).toBeLessThanOrEqual(best / 10n ** 12n);
});
