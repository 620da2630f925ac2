import type { ConcentratedState, PoolState } from "../../src/amm/poolState.ts";
import { withPosition } from "../../src/amm/tickTable.ts";
import type { Pool } from "../../src/chain/types.ts";
import { createPrices } from "../../src/search/prices.ts";
import { spotRateFloat } from "../../src/search/rates.ts";
import type { BenchMarket } from "../market/types.ts";
import type { PoolChange, PoolUpdate } from "./decodePeers.ts";

/**
 * A peer's market: pool states with bigint reserves, and the after-fee spot rate of each directed edge in floats,
 * kept up to date at each update.
 */
export interface PeerState {
  /** By index of the pool; null is not priced. */
  readonly states: (PoolState | null)[];
  /** Raw units out per raw unit in at size zero, by edge; 0 without a price. */
  readonly rates: Float64Array;
  /** Wei of native per raw unit of each base, by its index; NaN without a path. */
  readonly nativeRates: Float64Array;
  apply(update: PoolUpdate): void;
  /** Prices the bases anew from the pools; done at the start, and off a peer's hot path. */
  refreshPrices(): void;
}

export function createPeerState(market: Pick<BenchMarket, "pools" | "states" | "bases">): PeerState {
  const { pools, bases } = market;
  const states = [...market.states];
  const rates = new Float64Array(2 * pools.length);
  const nativeRates = new Float64Array(bases.length);
  const setRates = (pool: number) => {
    const state = states[pool] ?? null;
    rates[2 * pool] = spotRateFloat(state, true);
    rates[2 * pool + 1] = spotRateFloat(state, false);
  };
  const price = createPricing(pools, bases);
  const refreshPrices = () => nativeRates.set(price(states));
  for (let pool = 0; pool < pools.length; pool++) setRates(pool);
  refreshPrices();
  return {
    states,
    rates,
    nativeRates,
    apply: ({ pool, change }) => {
      const next = changed(states[pool] ?? null, change);
      if (next === null) return;
      states[pool] = next;
      setRates(pool);
    },
    refreshPrices,
  };
}

/** The state after the change; null where the event is none of such a pool's. */
function changed(state: PoolState | null, change: PoolChange): PoolState | null {
  if (state === null) return null;
  if (change.kind === "sync") {
    const { reserve0, reserve1 } = change;
    return state.kind === "v2" ? { kind: "v2", feePpm: state.feePpm, reserve0, reserve1 } : null;
  }
  if (state.kind === "v2") return null;
  if (change.kind === "position") return withLiquidity(state, change);
  const { sqrtPriceX96, liquidity, tick } = change;
  return { ...state, sqrtPriceX96, liquidity, tick };
}

function withLiquidity(
  state: ConcentratedState,
  { tickLower, tickUpper, liquidity }: PoolChange & { kind: "position" },
): ConcentratedState | null {
  const inRange = tickLower <= state.tick && state.tick < tickUpper;
  const ticks = state.ticks && withPosition(state.ticks, tickLower, tickUpper, liquidity);
  if (ticks === null && state.ticks !== null) return null;
  return { ...state, ticks, liquidity: state.liquidity + (inRange ? liquidity : 0n) };
}

function createPricing(pools: readonly Pool[], bases: BenchMarket["bases"]) {
  const [wrappedNative] = bases;
  if (wrappedNative === undefined) throw new RangeError("a market has at least one base");
  const prices = createPrices({ bases, wrappedNative }, pools);
  const ids = new Map(pools.map(({ address }, i) => [address, i]));
  return (states: readonly (PoolState | null)[]): number[] => {
    const valuer = prices.at({ stateOf: (pool) => states[ids.get(pool) ?? -1] ?? null });
    return bases.map((base) => valuer.rateFloat(base));
  };
}
