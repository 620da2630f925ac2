import type { Address, Hash, PoolKind } from "../chain/types.ts";

/** Why we looked: a settled block, or one pending transaction behind which we would stand. Never before it. */
export type Trigger =
  | { readonly type: "block"; readonly number: number; readonly hash: Hash }
  | { readonly type: "pending"; readonly hash: Hash };

/** One pool crossed in one direction. */
export interface Hop {
  readonly pool: Address;
  readonly kind: PoolKind;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly zeroForOne: boolean;
}

/** Hops in order that end in their first token. `id` is the same for the same directed cycle in every run. */
export interface Cycle {
  readonly id: string;
  readonly base: Address;
  readonly hops: readonly Hop[];
}

export interface PricedHop extends Hop {
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

export type Verdict = "ok" | `suspect:${string}`;

/** A cycle at its exact best size; amounts in raw units of `base`, before gas. */
export interface Opportunity {
  readonly cycle: Cycle;
  readonly hops: readonly PricedHop[];
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  /** amountOut - amountIn, > 0 */
  readonly profit: bigint;
  /** Profit in wei of the native token through the graph's own prices: a float estimate used to rank, or NaN. */
  readonly profitNativeFloat: number;
  /** Product of the after-fee rates at size zero: an estimate. */
  readonly marginal: number;
  readonly verdict: Verdict;
}

/**
 * One or more opportunities, best first, each priced on the state that the former ones leave; sent as one
 * transaction.
 */
export interface Plan {
  readonly trigger: Trigger;
  readonly opportunities: readonly Opportunity[];
}
