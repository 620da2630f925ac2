import { marginalRateFloat, segments } from "../../amm/segments.ts";
import type { PoolState } from "../../amm/poolState.ts";
import type { Address, Pool } from "../../chain/types.ts";
import { nearDepthFloat } from "../../search/nearDepth.ts";

interface LoadedPool {
  readonly pool: Pool;
  readonly state: PoolState | null;
}

/** Rounds of price propagation: a token is at most this many pools away from the native one. */
const ROUNDS = 4;

/**
 * Keeps the pools whose shallower side is worth at least `minDepthFloat` raw units of the native token, through
 * the pools' own prices. An estimate on floats: it decides only what is worth watching.
 */
export function deepEnough<P extends LoadedPool>(
  pools: readonly P[],
  wrappedNative: Address,
  minDepthFloat: number,
): readonly P[] {
  if (minDepthFloat <= 0) return pools;
  const prices = nativePrices(pools, wrappedNative);
  return pools.filter(({ pool, state }) => {
    if (state === null) return true;
    const price = prices.get(pool.token0)?.priceFloat ?? 0;
    return sideFloat(state, true) * price >= minDepthFloat;
  });
}

/** Virtual reserve of the input side, in raw units. */
function sideFloat(state: PoolState, zeroForOne: boolean): number {
  return segments(state, zeroForOne, 1)[0]?.reserveInFloat ?? 0;
}

/** Raw native units for one raw unit of each token, through the deepest pool known so far. */
function nativePrices(
  pools: readonly LoadedPool[],
  wrappedNative: Address,
): Map<Address, { priceFloat: number; depthFloat: number }> {
  const prices = new Map([[wrappedNative, { priceFloat: 1, depthFloat: Infinity }]]);
  const learn = (state: PoolState, from: Address, to: Address, zeroForOne: boolean): void => {
    const known = prices.get(from);
    if (known === undefined) return;
    // Of what is known, as much as the pool gives near the price that it claims for the other token.
    const depthFloat = Math.min(nearDepthFloat(state, !zeroForOne) * known.priceFloat, known.depthFloat);
    if (depthFloat <= (prices.get(to)?.depthFloat ?? 0)) return;
    const rateFloat = marginalRateFloat(state, zeroForOne);
    if (rateFloat > 0) prices.set(to, { priceFloat: known.priceFloat / rateFloat, depthFloat });
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const { pool, state } of pools) {
      if (state === null) continue;
      learn(state, pool.token0, pool.token1, true);
      learn(state, pool.token1, pool.token0, false);
    }
  }
  return prices;
}
