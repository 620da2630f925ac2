import { concentratedFault } from "./concentrated.ts";
import type { ConcentratedState, PoolState, Segment } from "./poolState.ts";
import { MAX_TICK, MIN_TICK, Q96_FLOAT, sqrtRatioAtTick } from "./tickMath.ts";
import { positionAtOrBelow } from "./tickTable.ts";
import { v2Fault } from "./v2.ts";

function v2Segment(reserveIn: bigint, reserveOut: bigint, feePpm: number): Segment {
  return {
    reserveInFloat: Number(reserveIn),
    reserveOutFloat: Number(reserveOut),
    feeFactorFloat: 1 - feePpm / 1e6,
    maxInFloat: Infinity,
  };
}

/** Constant liquidity from `price` to `end` as a constant-product pool: reserves L/sqrt(p) and L*sqrt(p). */
function rangeSegment(liquidity: bigint, price: bigint, end: bigint, feePpm: number): Segment {
  const zeroForOne = end < price;
  const liquidityFloat = Number(liquidity);
  const priceFloat = Number(price) / Q96_FLOAT;
  const endFloat = Number(end) / Q96_FLOAT;
  // The difference is taken in integers: two close floats would cancel.
  const moveFloat = Number(zeroForOne ? price - end : end - price) / Q96_FLOAT;
  const reserve0Float = liquidityFloat / priceFloat;
  const reserve1Float = liquidityFloat * priceFloat;
  const feeFactorFloat = 1 - feePpm / 1e6;
  const inputFloat = zeroForOne
    ? (liquidityFloat * moveFloat) / (priceFloat * endFloat)
    : liquidityFloat * moveFloat;
  return {
    reserveInFloat: zeroForOne ? reserve0Float : reserve1Float,
    reserveOutFloat: zeroForOne ? reserve1Float : reserve0Float,
    feeFactorFloat,
    maxInFloat: inputFloat / feeFactorFloat,
  };
}

function intervalSegment(state: ConcentratedState, zeroForOne: boolean): Segment[] {
  const { tick, tickSpacing, sqrtPriceX96, liquidity, feePpm } = state;
  const low = Math.floor(tick / tickSpacing) * tickSpacing;
  const stop = zeroForOne ? Math.max(low, MIN_TICK) : Math.min(low + tickSpacing, MAX_TICK);
  const end = sqrtRatioAtTick(stop);
  const open = zeroForOne ? end < sqrtPriceX96 : end > sqrtPriceX96;
  return liquidity > 0n && open ? [rangeSegment(liquidity, sqrtPriceX96, end, feePpm)] : [];
}

function rangeSegments(state: ConcentratedState, zeroForOne: boolean, max: number): Segment[] {
  const { ticks, feePpm } = state;
  if (ticks === null) return intervalSegment(state, zeroForOne);
  const found: Segment[] = [];
  let { sqrtPriceX96: price, liquidity } = state;
  let position = positionAtOrBelow(ticks, state.tick) + (zeroForOne ? 0 : 1);
  while (found.length < max) {
    const stop = ticks.indexes[position];
    const end = sqrtRatioAtTick(stop ?? (zeroForOne ? MIN_TICK : MAX_TICK));
    if (liquidity > 0n && end !== price) found.push(rangeSegment(liquidity, price, end, feePpm));
    if (stop === undefined) break;
    const net = ticks.liquidityNet[position] ?? 0n;
    liquidity += zeroForOne ? -net : net;
    price = end;
    position += zeroForOne ? -1 : 1;
  }
  return found;
}

/**
 * The pool ahead in one direction as constant-product segments, nearest first, at most `max`: floats in raw units,
 * an estimate. `maxInFloat` counts from the segment's own start, fee included. Ranges without liquidity are jumps
 * of the price between two segments. Empty when the pool cannot be priced.
 */
export function segments(state: PoolState, zeroForOne: boolean, max: number): Segment[] {
  if (max < 1) return [];
  if (state.kind === "v2") {
    if (v2Fault(state) !== null) return [];
    const { reserve0, reserve1, feePpm } = state;
    return [zeroForOne ? v2Segment(reserve0, reserve1, feePpm) : v2Segment(reserve1, reserve0, feePpm)];
  }
  return concentratedFault(state) === null ? rangeSegments(state, zeroForOne, max) : [];
}

/**
 * Raw units out per raw unit in, fee taken, for an infinitely small swap: an estimate. 0 when the pool cannot be
 * priced in that direction; where the current range is empty, the rate at which the next liquidity begins.
 */
export function marginalRateFloat(state: PoolState, zeroForOne: boolean): number {
  const [first] = segments(state, zeroForOne, 1);
  return first === undefined ? 0 : (first.reserveOutFloat / first.reserveInFloat) * first.feeFactorFloat;
}
