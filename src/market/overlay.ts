import type { PoolState } from "../amm/poolState.ts";
import type { Address } from "../chain/types.ts";
import type { StateView } from "./stateView.ts";

/** What-if states above a base view; the base is never written. */
export interface Overlay extends StateView {
  set(pool: Address, state: PoolState): void;
  /** Pools that were set, in the order of their first change. */
  readonly changed: readonly Address[];
  isChanged(pool: Address): boolean;
}

export function createOverlay(base: StateView): Overlay {
  const states = new Map<Address, PoolState>();
  return {
    stateOf: (pool) => states.get(pool) ?? base.stateOf(pool),
    set: (pool, state) => void states.set(pool, state),
    get changed() {
      return [...states.keys()];
    },
    isChanged: (pool) => states.has(pool),
  };
}
