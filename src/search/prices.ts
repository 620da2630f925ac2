import type { PoolState } from "../amm/poolState.ts";
import { amountOut } from "../amm/swap.ts";
import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { nearDepthFloat } from "./nearDepth.ts";
import { spotRateFloat } from "./rates.ts";

export interface PriceOptions {
  /** Tokens that may stand between another and the native one. */
  readonly bases: readonly Address[];
  readonly wrappedNative: Address;
}

/**
 * What a token is worth in the native one, by the graph's own pools. A base is sold through the deepest pool, or through
 * the deepest two with another base between; any other token first through the deepest pool to a base. Depth is counted in native and near the price only, so that neither a
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

/** A pool between two hubs, or from another token to one, and of the state that it last showed how deep it is each way. */
interface HubPool {
  readonly address: Address;
  /** Hub id of token0, or OUTER. */
  readonly hub0: number;
  state: PoolState | null;
  /** Raw units received when selling token0, then token1, near the price; NaN until asked for. */
  readonly depthsFloat: Float64Array;
}

interface Sale {
  readonly state: PoolState;
  readonly zeroForOne: boolean;
  readonly rateFloat: number;
  /** Raw units of the token received: see `nearDepthFloat`. */
  readonly depthFloat: number;
}

interface Path {
  readonly sales: readonly Sale[];
  readonly rateFloat: number;
  /** Wei of native. */
  readonly depthFloat: number;
}

/** Hubs (the native token and the bases) as integers, native first; pools by `from * hubs + to`. */
interface HubGraph {
  readonly hubs: number;
  readonly ids: ReadonlyMap<Address, number>;
  readonly pools: readonly (readonly HubPool[])[];
  /** Of each other token its pools with hubs, by the hub. */
  readonly outer: ReadonlyMap<Address, ReadonlyMap<number, readonly HubPool[]>>;
}

const NATIVE = 0;
/** Stands for a token that is no hub. */
const OUTER = -1;
const TO_ITSELF: Path = { sales: [], rateFloat: 1, depthFloat: Infinity };

export function createPrices(options: PriceOptions, pools: readonly Pool[]): Prices {
  const graph = hubGraphOf(options, pools);
  return { at: (view) => valuerOf(graph, view) };
}

function valuerOf(graph: HubGraph, view: StateView): Valuer {
  const { ids, hubs } = graph;
  const sales: (Sale | null | undefined)[] = [];
  const paths: (Path | null)[] = [TO_ITSELF];
  const deepest = (from: number, to: number): Sale | null => {
    const at = from * hubs + to;
    const known = sales[at];
    if (known !== undefined) return known;
    const sale = deepestSale(graph.pools[at] ?? [], view, from);
    sales[at] = sale;
    return sale;
  };
  const pathOf = (hub: number): Path | null => {
    const known = paths[hub];
    if (known !== undefined) return known;
    const path = deepestPath(hub, hubs, deepest);
    paths[hub] = path;
    return path;
  };
  const outerPaths = new Map<Address, Path | null>();
  const pathTo = (token: Address): Path | null => {
    const hub = ids.get(token);
    if (hub !== undefined) return pathOf(hub);
    const known = outerPaths.get(token);
    if (known !== undefined) return known;
    const path = outerPath(graph.outer.get(token), view, pathOf);
    outerPaths.set(token, path);
    return path;
  };
  return {
    toNative: (token, amount) => pathTo(token)?.sales.reduce(sell, amount) ?? null,
    rateFloat: (token) => pathTo(token)?.rateFloat ?? NaN,
  };
}

const sell = (amount: bigint, { state, zeroForOne }: Sale): bigint => amountOut(state, zeroForOne, amount);

function deepestSale(pools: readonly HubPool[], view: StateView, from: number): Sale | null {
  let best: HubPool | null = null;
  let depthFloat = 0;
  for (const pool of pools) {
    const depth = depthOf(pool, view.stateOf(pool.address), pool.hub0 === from);
    if (!(depth > depthFloat)) continue;
    best = pool;
    depthFloat = depth;
  }
  const state = best?.state ?? null;
  if (best === null || state === null) return null;
  const zeroForOne = best.hub0 === from;
  return { state, zeroForOne, rateFloat: spotRateFloat(state, zeroForOne), depthFloat };
}

/** States are immutable values: the depth of one is worked out once. */
function depthOf(pool: HubPool, state: PoolState | null, zeroForOne: boolean): number {
  const { depthsFloat } = pool;
  if (state !== pool.state) {
    pool.state = state;
    depthsFloat.fill(NaN);
  }
  if (state === null) return 0;
  const side = zeroForOne ? 0 : 1;
  const known = depthsFloat[side] ?? NaN;
  if (!Number.isNaN(known)) return known;
  const depth = nearDepthFloat(state, zeroForOne);
  depthsFloat[side] = depth;
  return depth;
}

/** Straight to the native token, or through one other hub where that way is deeper. */
function deepestPath(
  hub: number,
  hubs: number,
  deepest: (from: number, to: number) => Sale | null,
): Path | null {
  const direct = deepest(hub, NATIVE);
  let best: Path | null = direct && { ...direct, sales: [direct] };
  for (let middle = NATIVE + 1; middle < hubs; middle++) {
    const first = middle === hub ? null : deepest(hub, middle);
    const second = first && deepest(middle, NATIVE);
    if (!second) continue;
    const depthFloat = Math.min(second.depthFloat, first.depthFloat * second.rateFloat);
    if (depthFloat > (best?.depthFloat ?? 0))
      best = { sales: [first, second], rateFloat: first.rateFloat * second.rateFloat, depthFloat };
  }
  return best;
}

/** To the hub from which, by the shallower of both ways, most is left. */
function outerPath(
  pools: ReadonlyMap<number, readonly HubPool[]> | undefined,
  view: StateView,
  pathOf: (hub: number) => Path | null,
): Path | null {
  let best: Path | null = null;
  for (const [hub, between] of pools ?? []) {
    const sale = deepestSale(between, view, OUTER);
    const path = sale && pathOf(hub);
    if (!path) continue;
    const depthFloat = Math.min(path.depthFloat, sale.depthFloat * path.rateFloat);
    if (depthFloat > (best?.depthFloat ?? 0))
      best = { sales: [sale, ...path.sales], rateFloat: sale.rateFloat * path.rateFloat, depthFloat };
  }
  return best;
}

function hubGraphOf({ bases, wrappedNative }: PriceOptions, pools: readonly Pool[]): HubGraph {
  const hubTokens = [...new Set([wrappedNative, ...bases])];
  const ids = new Map(hubTokens.map((token, id) => [token, id] as const));
  const hubs = hubTokens.length;
  const outer = new Map<Address, Map<number, HubPool[]>>();
  const between: HubPool[][] = Array.from({ length: hubs * hubs }, () => []);
  for (const { address, token0, token1 } of pools) {
    const [from = OUTER, to = OUTER] = [ids.get(token0), ids.get(token1)];
    if (from === OUTER && to === OUTER) continue;
    const pool = { address, hub0: from, state: null, depthsFloat: new Float64Array(2).fill(NaN) };
    if (from === OUTER) pushOuter(outer, token0, to, pool);
    else if (to === OUTER) pushOuter(outer, token1, from, pool);
    else {
      between[from * hubs + to]?.push(pool);
      between[to * hubs + from]?.push(pool);
    }
  }
  return { hubs, ids, pools: between, outer };
}

function pushOuter(
  outer: Map<Address, Map<number, HubPool[]>>,
  token: Address,
  hub: number,
  pool: HubPool,
): void {
  const pools = outer.get(token) ?? new Map<number, HubPool[]>();
  outer.set(token, pools);
  const list = pools.get(hub);
  if (list === undefined) pools.set(hub, [pool]);
  else list.push(pool);
}
