import type { PoolState } from "../amm/poolState.ts";
import { amountOut } from "../amm/swap.ts";
import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { spotRateFloat } from "./rates.ts";

export interface PriceOptions {
  /** Tokens that have a price, and may stand between another and the native one. */
  readonly bases: readonly Address[];
  readonly wrappedNative: Address;
}

/**
 * What a base is worth in the native token, by the graph's own pools: sold through the deepest pool, or through
 * the deepest two with another base between. Depth is counted in native, so that a dust pool never sets a price.
 */
export interface Prices {
  /** Wei of native that `amount` raw units would fetch, fees and depth included, rounded down; null without a path. */
  toNative(view: StateView, token: Address, amount: bigint): bigint | null;
  /** Wei of native per raw unit after fees, at size zero: an estimate; NaN without a path. */
  rateFloat(view: StateView, token: Address): number;
}

interface Sale {
  readonly state: PoolState;
  readonly zeroForOne: boolean;
  /** Raw units of the token received that the pool holds, virtual for a concentrated one. */
  readonly depthFloat: number;
}

interface Path {
  readonly sales: readonly Sale[];
  /** Wei of native. */
  readonly depthFloat: number;
}

export function createPrices({ bases, wrappedNative }: PriceOptions, pools: readonly Pool[]): Prices {
  const poolsOfPair = pairIndex(pools, new Set([...bases, wrappedNative]));

  const deepest = (view: StateView, from: Address, to: Address): Sale | null => {
    let best: Sale | null = null;
    for (const pool of poolsOfPair.get(`${from}>${to}`) ?? []) {
      const state = view.stateOf(pool.address);
      if (state === null) continue;
      const zeroForOne = pool.token0 === from;
      const depthFloat = reserveOutFloat(state, zeroForOne);
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
    toNative: (view, token, amount) => {
      const path = pathOf(view, token);
      return path && path.sales.reduce(sell, amount);
    },
    rateFloat: (view, token) =>
      pathOf(view, token)?.sales.reduce((rate, sale) => rate * rateOf(sale), 1) ?? NaN,
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

function reserveOutFloat(state: PoolState, zeroForOne: boolean): number {
  if (state.kind === "v2") return Number(zeroForOne ? state.reserve1 : state.reserve0);
  const sqrtPriceFloat = Number(state.sqrtPriceX96) / 2 ** 96;
  const liquidityFloat = Number(state.liquidity);
  return zeroForOne ? liquidityFloat * sqrtPriceFloat : liquidityFloat / sqrtPriceFloat;
}
