import type { ConcentratedState } from "./poolState.ts";
import { amount0Down, amount1Down, priceAfterAmount0In, priceAfterAmount1In } from "./sqrtPriceMath.ts";
import { MAX_TICK, MIN_TICK, sqrtRatioAtTick } from "./tickMath.ts";
import { positionAtOrBelow, wordEnd, wordStart } from "./tickTable.ts";

const MILLION = 1_000_000n;
/** Up to it the contract's product of amount and price fits uint256, and its price is the exact one. */
const AMOUNT_MAX = 1n << 95n;

/**
 * The tick of the contract's first stop: the next initialised tick, or the end of its bitmap word before that; without
 * a tick list the end of the tick interval.
 */
function firstStop({ ticks, tick, tickSpacing }: ConcentratedState, zeroForOne: boolean): number {
  if (ticks === null) {
    const low = Math.floor(tick / tickSpacing) * tickSpacing;
    return zeroForOne ? Math.max(low, MIN_TICK) : Math.min(low + tickSpacing, MAX_TICK);
  }
  const position = positionAtOrBelow(ticks, tick);
  return zeroForOne
    ? Math.max(ticks.indexes[position] ?? MIN_TICK, wordStart(tick, tickSpacing), MIN_TICK)
    : Math.min(ticks.indexes[position + 1] ?? MAX_TICK, wordEnd(tick, tickSpacing), MAX_TICK);
}

/**
 * What `concentratedOutput` answers for a swap that ends before its first stop, at half its cost; null for any other
 * swap. The state must be one that can be priced.
 */
export function outputBeforeStop(
  state: ConcentratedState,
  zeroForOne: boolean,
  amountIn: bigint,
): bigint | null {
  const { liquidity, sqrtPriceX96: price, feePpm } = state;
  if (liquidity === 0n || amountIn > AMOUNT_MAX) return null;
  const stop = sqrtRatioAtTick(firstStop(state, zeroForOne));
  const usable = (amountIn * BigInt(1_000_000 - feePpm)) / MILLION;
  if (zeroForOne) {
    const end = priceAfterAmount0In(price, liquidity, usable);
    return end > stop ? amount1Down(end, price, liquidity) : null;
  }
  const end = priceAfterAmount1In(price, liquidity, usable);
  return end < stop ? amount0Down(price, end, liquidity) : null;
}
