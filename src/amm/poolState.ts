/**
 * The mutable part of a pool, as immutable values: an update makes a new value, so that the undo journal,
 * overlays and replays keep the old one for free. Field names are the contracts' own.
 */

/** Constant product (Uniswap V2 and its forks). Reserves are uint112 in raw units. */
export interface V2State {
  readonly kind: "v2";
  /** Swap fee in parts per million of the input. */
  readonly feePpm: number;
  readonly reserve0: bigint;
  readonly reserve1: bigint;
}

/**
 * Initialised ticks, ascending; `liquidityNet[i]` (int128) belongs to `indexes[i]`. A tick stays initialised
 * while its gross liquidity is above zero, also when its net is zero; where `liquidityGross` is not known, a
 * burn that brings the net to zero is taken as the end of the tick.
 */
export interface TickTable {
  readonly indexes: Int32Array;
  readonly liquidityNet: readonly bigint[];
  readonly liquidityGross?: readonly bigint[];
}

/** Concentrated liquidity: Uniswap V3, or Algebra v1.1 (QuickSwap V3), whose fee is part of the state. */
export interface ConcentratedState {
  readonly kind: "v3" | "algebra";
  /** Fee in parts per million: constant for `v3`, the pool's fee at that moment for `algebra`. */
  readonly feePpm: number;
  readonly tickSpacing: number;
  /** uint160, Q64.96 */
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  /** uint128: liquidity in range at `tick`. */
  readonly liquidity: bigint;
  /** Null: not known; the pool may then be priced inside its current tick interval only. */
  readonly ticks: TickTable | null;
}

export type PoolState = V2State | ConcentratedState;

/** Exactly one side is given. */
export type SwapRequest = {
  readonly zeroForOne: boolean;
  /** Price at which the swap stops (exclusive bound as in the contract); default: the end of all prices. */
  readonly sqrtPriceLimitX96?: bigint;
} & ({ readonly amountIn: bigint } | { readonly amountOut: bigint });

/** What a swap does. `complete: false`: the pool could take or give only this part. */
export interface Swap {
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly complete: boolean;
  readonly after: PoolState;
}

/** What walks over ticks may take, and what they took; counted, never timed, so that a replay decides the same. */
export interface WalkCount {
  /** Stops that walks may still make, all together; below zero: one would have needed more. */
  stopsLeft: number;
  /** Edges of the bitmap's words, and initialised ticks, that the contract passes on its way. */
  edges: number;
  crossings: number;
}

/** Where the contract would revert; `invalid_state`: no contract can be in this state. */
export type SwapRefusal =
  | "zero_amount"
  | "no_liquidity"
  | "insufficient_liquidity"
  | "price_limit"
  | "amount_out_of_range"
  | "reserve_overflow"
  | "price_out_of_range"
  | "invalid_state";

export type SwapResult =
  | { readonly ok: true; readonly swap: Swap }
  | { readonly ok: false; readonly refusal: SwapRefusal };

/**
 * One stretch of constant liquidity seen as a constant-product pool, in floats: an estimate for the screen and
 * the closed form, never an amount.
 * output(x) = reserveOut * x*fee / (reserveIn + x*fee), for 0 <= x <= maxIn.
 */
export interface Segment {
  readonly reserveInFloat: number;
  readonly reserveOutFloat: number;
  /** 1 - fee */
  readonly feeFactorFloat: number;
  /** Input (fee included) at which the segment ends; Infinity for V2. */
  readonly maxInFloat: number;
}
