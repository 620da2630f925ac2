import { swap } from "../../src/amm/swap.ts";
import type { ConcentratedState, PoolState, V2State } from "../../src/amm/poolState.ts";
import { MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../src/amm/tickMath.ts";
import { v2AmountOut } from "../../src/amm/v2.ts";
import { type LogBody, swapLog, syncLog } from "./frames.ts";

/** A pool's state after a trade, and the log that told of it. */
export interface Move {
  readonly state: PoolState;
  readonly body: LogBody;
}

/** More than any pool takes. */
const ALL = 1n << 200n;
const Q48_FLOAT = 2 ** 48;
const Q96_FLOAT = 2 ** 96;

/** Logarithm of raw token1 per raw token0. */
export function priceLogFloat(state: PoolState): number {
  if (state.kind === "v2") return Math.log(Number(state.reserve1) / Number(state.reserve0));
  return 2 * Math.log(Number(state.sqrtPriceX96) / Q96_FLOAT);
}

/** A trade that brings the pool to about this price, with the contract's own rounding and fee. */
export const moveTo = (state: PoolState, priceLog: number): Move =>
  state.kind === "v2" ? moveV2(state, priceLog) : moveConcentrated(state, priceLog);

function moveV2(state: V2State, priceLog: number): Move {
  const { reserve0, reserve1, feePpm } = state;
  const zeroForOne = priceLog < priceLogFloat(state);
  const [reserveIn, reserveOut] = zeroForOne ? [reserve0, reserve1] : [reserve1, reserve0];
  const distance = Math.abs(priceLog - priceLogFloat(state));
  // Both reserves move by half the distance; half the fee is what stays behind of an input.
  const input = (Number(reserveIn) * Math.expm1(distance / 2)) / (1 - feePpm / 2e6);
  const amountIn = BigInt(Math.max(1, Math.round(input)));
  const amountOut = v2AmountOut(amountIn, reserveIn, reserveOut, feePpm);
  const after: V2State = zeroForOne
    ? { kind: "v2", feePpm, reserve0: reserve0 + amountIn, reserve1: reserve1 - amountOut }
    : { kind: "v2", feePpm, reserve0: reserve0 - amountOut, reserve1: reserve1 + amountIn };
  return { state: after, body: syncLog(after) };
}

/** Sqrt price in Q64.96, kept inside the contract's limits. */
function sqrtPriceAt(priceLog: number): bigint {
  const sqrtPrice = BigInt(Math.floor(Math.exp(priceLog / 2) * Q48_FLOAT * Q48_FLOAT));
  if (sqrtPrice <= MIN_SQRT_RATIO) return MIN_SQRT_RATIO + 1n;
  return sqrtPrice >= MAX_SQRT_RATIO ? MAX_SQRT_RATIO - 1n : sqrtPrice;
}

function moveConcentrated(state: ConcentratedState, priceLog: number): Move {
  const asked = sqrtPriceAt(priceLog);
  const target = asked === state.sqrtPriceX96 ? asked + 1n : asked;
  return concentratedMove(state, target) ?? { state, body: swapLog(state, 0n, 0n) };
}

/** The swap that ends at a price: the state there, and what went in and out. Null where there is no such swap. */
export function concentratedMove(state: ConcentratedState, sqrtPriceX96: bigint): Move | null {
  const zeroForOne = sqrtPriceX96 < state.sqrtPriceX96;
  const result = swap(state, { zeroForOne, amountIn: ALL, sqrtPriceLimitX96: sqrtPriceX96 });
  if (!result.ok || result.swap.after.kind === "v2") return null;
  const { after, amountIn, amountOut } = result.swap;
  const body = zeroForOne ? swapLog(after, amountIn, -amountOut) : swapLog(after, -amountOut, amountIn);
  return { state: after, body };
}
