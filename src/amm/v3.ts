import { concentratedSwap } from "./concentrated.ts";
import type { ConcentratedState, SwapRequest, SwapResult } from "./poolState.ts";

/**
 * A swap in a Uniswap V3 pool, exact to the unit: amounts, price, tick and liquidity after it. The protocol's
 * share is taken out of the fee and does not move a price.
 */
export const v3Swap = (state: ConcentratedState, request: SwapRequest): SwapResult =>
  concentratedSwap(state, request);
