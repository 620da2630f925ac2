import { algebraSwap } from "./algebra.ts";
import { concentratedInput, concentratedOutput } from "./concentrated.ts";
import type { PoolState, SwapRequest, SwapResult } from "./poolState.ts";
import { v2Input, v2Output, v2Swap } from "./v2.ts";
import { v3Swap } from "./v3.ts";

/**
 * What the pool's contract does with this swap: raw units, the contract's own rounding, the state after it; or
 * where it reverts. Never throws for a market reason.
 */
export const swap = (state: PoolState, request: SwapRequest): SwapResult =>
  state.kind === "v2" ? v2Swap(state, request) : (state.kind === "v3" ? v3Swap : algebraSwap)(state, request);

/**
 * Raw units out for the whole of `given`; 0n when the pool cannot take all of it, gives nothing or reverts. The
 * search's hot call: it makes no state after the swap.
 */
export const amountOut = (state: PoolState, zeroForOne: boolean, given: bigint): bigint =>
  state.kind === "v2" ? v2Output(state, zeroForOne, given) : concentratedOutput(state, zeroForOne, given);

/**
 * Raw units that the contract (V2: its router) asks for exactly `wanted`, fee included, rounded up; null when
 * the pool cannot give all of it.
 */
export const amountIn = (state: PoolState, zeroForOne: boolean, wanted: bigint): bigint | null =>
  state.kind === "v2" ? v2Input(state, zeroForOne, wanted) : concentratedInput(state, zeroForOne, wanted);
