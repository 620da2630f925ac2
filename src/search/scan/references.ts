import type { Curves } from "./curves.ts";
import { depthNearFloat, midPriceFloat } from "./midPrice.ts";
import { createTokenHeap } from "./tokenHeap.ts";
import type { TokenHeap } from "./tokenHeap.ts";
import { listTokenPools } from "./tokenPools.ts";
import type { TokenPools } from "./tokenPools.ts";

/** Pools looked at, at most, to find one token a new way: a hub has thousands. */
const MOST_POOLS = 512;
const MOST_STEPS = 64;

/**
 * Reference prices: a token's price is that of the way to the native one whose shallowest pool is deepest (a maximum
 * spanning tree, grown from the native token by depth).
 */
export interface References extends TokenPools {
  readonly native: number;
  /** By token: wei of native per raw unit, mid-market; always above zero. Arbitrary where `depths` is 0. */
  readonly prices: Float64Array;
  /** By token: wei of native that its whole way gives before a price on it moves by 2 %; 0 without a way. */
  readonly depths: Float64Array;
  /** By token: the edge that sells it on its way; -1 for the native token and without a way. */
  readonly parents: Int32Array;
  readonly tokenIn: Int32Array;
  readonly curves: Curves;
}

export interface ReferenceParts {
  readonly curves: Curves;
  /** By edge: the token that goes in; -1 where there is no pool. */
  readonly tokenIn: Int32Array;
  /** Out, by token, and for tokens that may join. */
  readonly prices: Float64Array;
}

/** Prices every token by what the curves show now. `native`: id of the wrapped native token. */
export function createReferences(native: number, { curves, tokenIn, prices }: ReferenceParts): References {
  const tokens = prices.length;
  const references: References = {
    native,
    prices,
    depths: new Float64Array(tokens),
    parents: new Int32Array(tokens).fill(-1),
    tokenIn,
    curves,
    ...listTokenPools(tokens, tokenIn),
  };
  build(references);
  return references;
}

function build(references: References): void {
  const { native, prices, depths, parents } = references;
  const heap = createTokenHeap(prices.length);
  prices.fill(0);
  growFrom(references, native, heap);
  // What is linked to such a token only among itself has prices that fit each other, and no way.
  const reached = depths.slice();
  for (let token = 0; token < prices.length; token++)
    if (prices[token] === 0) growFrom(references, token, heap);
  for (let token = 0; token < prices.length; token++) if (reached[token] === 0) parents[token] = -1;
  depths.set(reached);
}

function growFrom(references: References, root: number, heap: TokenHeap): void {
  const { prices, depths, parents, tokenIn, first, end, edges } = references;
  prices[root] = 1;
  depths[root] = Infinity;
  for (let token = root; token >= 0; token = heap.take()) {
    for (let i = first[token] ?? 0; i < (end[token] ?? 0); i++) {
      const edge = (edges[i] ?? 0) ^ 1;
      const other = tokenIn[edge] ?? 0;
      const known = depths[other] ?? 0;
      // A settled token is at least as deep as the one that settles now.
      if (known >= (depths[token] ?? 0)) continue;
      const depth = depthAcross(references, edge);
      if (depth <= known) continue;
      depths[other] = depth;
      parents[other] = edge;
      prices[other] = priceAcross(references, edge);
      heap.raise(other, depth);
    }
  }
}

/** Wei of native per raw unit of the token that `edge` sells, by its pool and the other token's price; 0: none. */
export function priceAcross({ curves, prices, tokenIn }: References, edge: number): number {
  const price = midPriceFloat(curves, edge) * (prices[tokenIn[edge ^ 1] ?? 0] ?? 0);
  return price > 0 && price < Infinity ? price : 0;
}

/** Depth of a way that begins with `edge`, in wei of native; a pool that has a price has a depth above zero. */
export function depthAcross(references: References, edge: number): number {
  const { curves, prices, depths, tokenIn } = references;
  if (priceAcross(references, edge) === 0) return 0;
  const other = tokenIn[edge ^ 1] ?? 0;
  const depth = depthNearFloat(curves, edge) * (prices[other] ?? 0);
  return Math.min(depths[other] ?? 0, Math.max(depth, Number.MIN_VALUE));
}

/** Finds a token its deepest way anew; it keeps its price where it has none now. */
export function findWay(references: References, token: number): void {
  const { depths, parents, prices, first, end, edges } = references;
  let best = -1;
  let most = 0;
  const from = first[token] ?? 0;
  for (let i = from; i < Math.min(end[token] ?? 0, from + MOST_POOLS); i++) {
    const edge = edges[i] ?? 0;
    const depth = depthAcross(references, edge);
    if (depth <= most || leadsTo(references, edge, token)) continue;
    best = edge;
    most = depth;
  }
  parents[token] = best;
  depths[token] = most;
  if (best >= 0) prices[token] = priceAcross(references, best);
}

/** Whether the way on from `edge` comes through `token`. */
function leadsTo({ parents, tokenIn }: References, edge: number, token: number): boolean {
  let at = edge;
  for (let steps = 0; at >= 0 && steps < MOST_STEPS; steps++) {
    const next = tokenIn[at ^ 1] ?? 0;
    if (next === token) return true;
    at = parents[next] ?? -1;
  }
  return at >= 0;
}
