import { walkIn } from "./concentrated.ts";
import { stepWhole } from "./concentratedWalk.ts";
import type { ConcentratedState } from "./poolState.ts";
import { MAX_TICK, MIN_TICK, sqrtRatioAtTick } from "./tickMath.ts";
import { positionAtOrBelow, wordEnd, wordStart } from "./tickTable.ts";

const RESOLUTION = 96n;
const MILLION = 1_000_000n;
/** Up to it the contract's product of amount and price fits uint256, and its price is the exact one. */
const AMOUNT_MAX = 1n << 95n;

/**
 * What an exact input meets between two stops of the contract: constant liquidity. How much it pays and gets before is
 * the same for every input that comes so far, since the contract takes amounts and fees stop by stop.
 */
export interface Stretch {
  readonly zeroForOne: boolean;
  /** What was paid and got before it. */
  readonly paid: bigint;
  readonly got: bigint;
  /** Where it begins, and how far the price can move in it. */
  readonly sqrtPriceX96: bigint;
  readonly room: bigint;
  readonly liquidity: bigint;
  /** What the fee leaves of a million. */
  readonly afterFee: bigint;
}

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

/** How far the price can move until it meets a tick, or the end of all prices just before the outermost. */
function roomTo(stop: number, zeroForOne: boolean, price: bigint): bigint {
  const end = sqrtRatioAtTick(stop);
  if (stop === MIN_TICK || stop === MAX_TICK) return zeroForOne ? price - end - 1n : end - price - 1n;
  return zeroForOne ? price - end : end - price;
}

/** The stretch that every swap begins in; null where it has no liquidity. The state must be one that can be priced. */
export function firstStretch(state: ConcentratedState, zeroForOne: boolean): Stretch | null {
  const { liquidity, sqrtPriceX96, feePpm } = state;
  if (liquidity === 0n) return null;
  const room = roomTo(firstStop(state, zeroForOne), zeroForOne, sqrtPriceX96);
  return {
    zeroForOne,
    paid: 0n,
    got: 0n,
    sqrtPriceX96,
    room,
    liquidity,
    afterFee: BigInt(1_000_000 - feePpm),
  };
}

/**
 * The stretch behind the last stop that an exact input crosses; null where it crosses none, or nothing lies behind it.
 * The contract takes its fee stop by stop, so what is paid from there on alone decides how the last step rounds.
 */
export function lastStretch(state: ConcentratedState, zeroForOne: boolean, amountIn: bigint): Stretch | null {
  if (state.ticks === null) return null;
  const walk = walkIn(state, zeroForOne, amountIn, stepWhole);
  if (walk === null || walk.paid === 0n || walk.liquidity === 0n || walk.price === walk.limit) return null;
  const { paid, got, price: sqrtPriceX96, liquidity, afterFee, stop } = walk;
  return {
    zeroForOne,
    paid,
    got,
    sqrtPriceX96,
    room: roomTo(stop, zeroForOne, sqrtPriceX96),
    liquidity,
    afterFee,
  };
}

/**
 * What `concentratedOutput` answers for an input that ends inside the stretch, at half its cost; null for any other.
 * The formulas of `sqrtPriceMath`, with the move of the price in place of the price: rounded down where that is up.
 */
export function stretchOutput(stretch: Stretch, amountIn: bigint): bigint | null {
  const { zeroForOne, paid, got, sqrtPriceX96: price, room, liquidity, afterFee } = stretch;
  const left = paid === 0n ? amountIn : amountIn - paid;
  if (left < 0n || left > AMOUNT_MAX) return null;
  const usable = (left * afterFee) / MILLION;
  const scaled = liquidity << RESOLUTION;
  if (zeroForOne) {
    const product = usable * price;
    const move = (product * price) / (scaled + product);
    return move < room ? got + ((liquidity * move) >> RESOLUTION) : null;
  }
  const move = (usable << RESOLUTION) / liquidity;
  return move < room ? got + (scaled * move) / ((price + move) * price) : null;
}
