import { concentratedSwap } from "./concentrated.ts";
import type { ConcentratedState, SwapRequest, SwapResult } from "./poolState.ts";

/**
 * A swap in an Algebra v1.1 pool (QuickSwap V3), exact to the unit at the fee in `state`. Its price movement, its
 * tick rows and its stops equal those of Uniswap V3; what differs is the fee, a uint16 that the pool sets anew
 * from its volatility at the first swap or change of liquidity in range of a block (event `Fee`, before `Swap`).
 */
export const algebraSwap = (state: ConcentratedState, request: SwapRequest): SwapResult =>
  concentratedSwap(state, request);
