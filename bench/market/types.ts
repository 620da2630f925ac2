import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address, Pool, Token } from "../../src/chain/types.ts";

/** One pool's new state, and the log frame that told it as a node's socket would. */
export interface Change {
  /** Index into `pools`. */
  readonly pool: number;
  readonly state: PoolState;
  /** An `eth_subscription` notification: Sync for V2, Swap for V3 and Algebra. */
  readonly frame: Buffer;
}

export interface BenchBlock {
  readonly number: number;
  /** At most one change a pool. */
  readonly changes: readonly Change[];
}

/** A market that a benchmark runs on. The wrapped native token is the first base. */
export interface BenchMarket {
  readonly name: string;
  readonly bases: readonly Address[];
  readonly tokens: readonly Token[];
  readonly pools: readonly Pool[];
  /** First states, by index of the pool; null is not priced. */
  readonly states: readonly (PoolState | null)[];
  /** Wei of the wrapped native token below which nothing is worth a transaction. */
  readonly minProfit: bigint;
}

/** A market with a seeded future: each call makes the next block, with `k` pools changed. */
export interface LivingMarket extends BenchMarket {
  nextBlock(k: number): BenchBlock;
  /** The pool's state after the last block made; `states` stay the first ones. */
  stateOf(pool: number): PoolState | null;
}
