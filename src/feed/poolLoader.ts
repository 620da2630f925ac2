import type { PoolState } from "../amm/poolState.ts";
import type { NextFee } from "../engine/events.ts";
import type { Address, BlockHeader, Hash, Pool } from "../chain/types.ts";

/** Reads pools from the chain at one pinned block. Node trouble is a `RetryableError`. */
export interface PoolLoader {
  /** All pools to follow with their full state; `state` null: a V3 or Algebra pool without a price yet. */
  load(
    block: BlockHeader,
    signal: AbortSignal,
  ): Promise<readonly { readonly pool: Pool; readonly state: PoolState | null }[]>;
  /** Fresh state of some of them; null as with `load`, or where the node gives no answer that could be true. */
  read(
    addresses: readonly Address[],
    blockHash: Hash,
    signal: AbortSignal,
  ): Promise<readonly { readonly address: Address; readonly state: PoolState | null }[]>;
  /** What pools without a constant fee will charge in the block after this one; those not known are left out. */
  nextFees(block: BlockHeader, signal: AbortSignal): Promise<readonly NextFee[]>;
}
