import type { PoolState } from "../amm/poolState.ts";
import type { Address } from "../chain/types.ts";

/** What the pools hold at one moment: the live market, a file, or a what-if over either. */
export interface StateView {
  /** Null: the pool is unknown, or cannot be priced. */
  stateOf(pool: Address): PoolState | null;
}
