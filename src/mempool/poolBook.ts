import type { PoolState } from "../amm/poolState.ts";
import type { Address, Pool } from "../chain/types.ts";

/** Which pool a router means: it names an exchange, two tokens and perhaps a fee tier, never an address. */
export interface PoolBook {
  /** The tokens in either order; `feePpm` is null where the exchange has one pool a pair. Null: not one of ours. */
  find(dex: string, tokenA: Address, tokenB: Address, feePpm: number | null): Pool | null;
}

const keyOf = (dex: string, tokenA: Address, tokenB: Address, feePpm: number | null): string =>
  tokenA < tokenB ? `${dex} ${tokenA} ${tokenB} ${feePpm}` : `${dex} ${tokenB} ${tokenA} ${feePpm}`;

/**
 * V2 and Algebra pools stand by exchange and pair, V3 pools by the fee of their state too: a V3 pool without a state
 * is not in the book. Of two pools in one place the first stays.
 */
export function createPoolBook(
  entries: Iterable<{ readonly pool: Pool; readonly state: PoolState | null }>,
): PoolBook {
  const pools = new Map<string, Pool>();
  for (const { pool, state } of entries) {
    if (pool.kind === "v3" && state === null) continue;
    const feePpm = pool.kind === "v3" && state !== null ? state.feePpm : null;
    const key = keyOf(pool.dex, pool.token0, pool.token1, feePpm);
    if (!pools.has(key)) pools.set(key, pool);
  }
  return {
    find: (dex, tokenA, tokenB, feePpm) => pools.get(keyOf(dex, tokenA, tokenB, feePpm)) ?? null,
  };
}
