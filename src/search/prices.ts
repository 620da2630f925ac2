import type { PoolState } from "../amm/poolState.ts";
import { amountOut } from "../amm/swap.ts";
import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { nearDepthFloat } from "./nearDepth.ts";
import { spotRateFloat } from "./rates.ts";

export interface PriceOptions {
  /** Tokens that have a price, and may stand between another and the native one. */
  readonly bases: readonly Address[];
  readonly wrappedNative: Address;
}

/**
 * What a base is worth in the native token, by the graph's own pools: sold through the deepest pool, or through
 * the deepest two with another base between. Depth is counted in native and near the price only, so that neither a
 * dust pool nor a sliver of liquidity sets a price.
 */
export interface Prices {
  at(view: StateView): Valuer;
}

/** Prices in one view, while that stands still: the way of each token is looked up once. */
export interface Valuer {
  /** Wei of native that `amount` raw units would fetch, fees and depth included, rounded down; null without a path. */
  readonly toNative: (token: Address, amount: bigint) => bigint | null;
  /** Wei of native per raw unit after fees, at size zero: an estimate; NaN without a path. */
  readonly rateFloat: (token: Address) => number;
}

interface Sale {
  readonly state: PoolState;
  readonly zeroForOne: boolean;
  /** Raw units of the token received: see `nearDepthFloat`. */
  readonly depthFloat: number;
}

interface Path {
  readonly sales: readonly Sale[];
  /** Wei of native. */
  readonly depthFloat: number;
}

export function createPrices({ bases, wrappedNative }: PriceOptions, pools: readonly Pool[]): Prices {
  const poolsOfPair = pairIndex(pools, new Set([...bases, wrappedNative]));
  const depths = { down: createDepths(true), up: createDepths(false) };

  const deepest = (view: StateView, from: Address, to: Address): Sale | null => {
    let best: Sale | null = null;
    for (const pool of poolsOfPair.get(`${from}>${to}`) ?? []) {
      const state = view.stateOf(pool.address);
      if (state === null) continue;
      const zeroForOne = pool.token0 === from;
      const depthFloat = (zeroForOne ? depths.down : depths.up)(state);
      if (depthFloat > (best?.depthFloat ?? 0)) best = { state, zeroForOne, depthFloat };
    }
    return best;
  };
  const direct = (view: StateView, token: Address): Path | null => {
    const sale = deepest(view, token, wrappedNative);
    return sale && { sales: [sale], depthFloat: sale.depthFloat };
  };
  const through = (view: StateView, token: Address, middle: Address): Path | null => {
    const first = deepest(view, token, middle);
    const second = first && deepest(view, middle, wrappedNative);
    if (!second) return null;
    const depthFloat = Math.min(second.depthFloat, first.depthFloat * rateOf(second));
    return { sales: [first, second], depthFloat };
  };
  const pathOf = (view: StateView, token: Address): Path | null => {
    if (token === wrappedNative) return { sales: [], depthFloat: Infinity };
    const middles = bases.filter((base) => base !== token && base !== wrappedNative);
    let best = direct(view, token);
    for (const middle of middles) {
      const path = through(view, token, middle);
      if (path && path.depthFloat > (best?.depthFloat ?? 0)) best = path;
    }
    return best;
  };

  return {
    at: (view) => {
      const paths = new Map<Address, Path | null>();
      const pathTo = (token: Address): Path | null => {
        const known = paths.get(token);
        if (known !== undefined) return known;
        const path = pathOf(view, token);
        paths.set(token, path);
        return path;
      };
      return {
        toNative: (token, amount) => pathTo(token)?.sales.reduce(sell, amount) ?? null,
        rateFloat: (token) => pathTo(token)?.sales.reduce((rate, sale) => rate * rateOf(sale), 1) ?? NaN,
      };
    },
  };
}

const sell = (amount: bigint, { state, zeroForOne }: Sale): bigint => amountOut(state, zeroForOne, amount);

const rateOf = ({ state, zeroForOne }: Sale): number => spotRateFloat(state, zeroForOne);

/** Pools between two hubs, by `from>to` in both directions. */
function pairIndex(pools: readonly Pool[], hubs: ReadonlySet<Address>): ReadonlyMap<string, readonly Pool[]> {
  const index = new Map<string, Pool[]>();
  for (const pool of pools) {
    const { token0, token1 } = pool;
    if (!hubs.has(token0) || !hubs.has(token1)) continue;
    for (const pair of [`${token0}>${token1}`, `${token1}>${token0}`]) {
      const list = index.get(pair);
      if (list === undefined) index.set(pair, [pool]);
      else list.push(pool);
    }
  }
  return index;
}

/** States are immutable values: the depth of one is worked out once. */
function createDepths(zeroForOne: boolean): (state: PoolState) => number {
  const depths = new WeakMap<PoolState, number>();
  return (state) => {
    const depthFloat = depths.get(state) ?? nearDepthFloat(state, zeroForOne);
    depths.set(state, depthFloat);
    return depthFloat;
  };
}
