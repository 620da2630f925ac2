import type { PoolState } from "../../amm/poolState.ts";
import type { Address, Pool } from "../../chain/types.ts";
import { buildGraph, type Graph } from "../../search/graph.ts";
import { nearDepthFloat } from "../../search/nearDepth.ts";
import type { Hop } from "../../search/opportunity.ts";
import { createRates } from "../../search/rates.ts";
import type { ControlPorts } from "../ports.ts";

/** A pool and the way in which it is crossed, as the engine takes it. */
export type ResolvedHop = Pick<Hop, "pool" | "zeroForOne">;

/** The market's pools by pair of tokens: tokens and edges are `Graph`'s integers. Rates and depths are estimates. */
export interface PairGraph extends Graph {
  /** Addresses by token id. */
  readonly tokens: readonly Address[];
  /** Edges of all pools from one token to another. */
  edges(from: number, to: number): readonly number[];
  /** An edge as the engine names it; the same object every time. */
  readonly hop: (edge: number) => ResolvedHop;
  dexOf(edge: number): string;
  /** Raw units out per raw unit in after fees, at size zero; 0 without a price. */
  rateFloat(edge: number): number;
  /** Product of the rates: a cycle that does not come above `BREAK_EVEN` pays at no size. */
  productFloat(edges: readonly number[]): number;
  /** Raw units that the pool gives while its price worsens by 2 %. */
  depthFloat(edge: number): number;
  /**
   * The edge with the best rate among those on one of these exchanges, if any are named, and of another pool than
   * `others`. Those that give less than a tenth of what the deepest gives are left out: a dust pool's price is no price.
   * Those without a price come last. -1: none.
   */
  best(edges: readonly number[], exchanges?: ReadonlySet<string>, others?: readonly number[]): number;
}

/** Gives the graph of the pools as they are now, with the states as they are now. */
export type PairGraphs = () => PairGraph;

type Market = ControlPorts["market"];

const DEEP_ENOUGH = 0.1;
const NONE: readonly number[] = [];
const NO_HOP: ResolvedHop = { pool: "0x", zeroForOne: true };

/**
 * The graph is built anew when the list of pools changed. Only a load changes it, and sets another head, so the list
 * is compared once a block. Pools of tokens for which `isTaxed` holds are left out.
 */
export function createPairGraphs(market: Market, isTaxed: (token: Address) => boolean): PairGraphs {
  let head = market.head;
  let pools: readonly Pool[] = [...market.pools.values()];
  let built = build(market, pools, isTaxed);
  return () => {
    if (market.head !== head || market.pools.size !== pools.length) {
      head = market.head;
      if (!sameList(market, pools)) {
        pools = [...market.pools.values()];
        built = build(market, pools, isTaxed);
      }
    }
    built.turn();
    return built.graph;
  };
}

function sameList({ pools }: Market, former: readonly Pool[]): boolean {
  if (pools.size !== former.length) return false;
  let at = 0;
  for (const pool of pools.values()) if (pool !== former[at++]) return false;
  return true;
}

interface Built {
  readonly graph: PairGraph;
  /** States are looked up again. */
  readonly turn: () => void;
}

function build(market: Market, all: readonly Pool[], isTaxed: (token: Address) => boolean): Built {
  const pools = all.filter(({ token0, token1 }) => !isTaxed(token0) && !isTaxed(token1));
  const graph = buildGraph(pools);
  const rates = createRates(pools);
  const count = graph.tokenIds.size;
  const pairs = new Map<number, readonly number[]>();
  for (const [from, neighbours] of graph.neighbours.entries())
    for (const { token, edges } of neighbours) pairs.set(from * count + token, edges);
  const depthFloat = createDepths(market, pools);
  const rateFloat = (edge: number): number => rates.rateFloat(edge);
  const hops = pools.flatMap(({ address: pool }): ResolvedHop[] => [
    { pool, zeroForOne: true },
    { pool, zeroForOne: false },
  ]);
  const dexOf = (edge: number): string => pools[edge >> 1]?.dex ?? "";
  return {
    turn: () => {
      rates.turnTo(market);
    },
    graph: {
      ...graph,
      tokens: [...graph.tokenIds.keys()],
      edges: (from, to) => pairs.get(from * count + to) ?? NONE,
      hop: (edge) => hops[edge] ?? NO_HOP,
      dexOf,
      rateFloat,
      productFloat: (edges) => {
        let product = 1;
        for (const edge of edges) product *= rates.rateFloat(edge);
        return product;
      },
      depthFloat,
      best: (edges, exchanges, others = NONE) => {
        const free = (edge: number): boolean =>
          (exchanges?.has(dexOf(edge)) ?? true) && !others.some((other) => other >> 1 === edge >> 1);
        return bestEdge(edges, free, { rateFloat, depthFloat });
      },
    },
  };
}

/** States are immutable values: the depth of one is worked out once a direction. */
function createDepths(market: Market, pools: readonly Pool[]): (edge: number) => number {
  const states: (PoolState | null)[] = pools.flatMap(() => [null, null]);
  const depths = new Float64Array(2 * pools.length);
  return (edge) => {
    const pool = pools[edge >> 1];
    const state = pool === undefined ? null : market.stateOf(pool.address);
    if (state !== states[edge]) {
      states[edge] = state;
      depths[edge] = state === null ? 0 : nearDepthFloat(state, edge % 2 === 0);
    }
    return depths[edge] ?? 0;
  };
}

function bestEdge(
  edges: readonly number[],
  free: (edge: number) => boolean,
  { rateFloat, depthFloat }: Pick<PairGraph, "rateFloat" | "depthFloat">,
): number {
  let best = -1;
  let count = 0;
  for (const edge of edges) {
    if (!free(edge)) continue;
    best = edge;
    count++;
  }
  // Mostly there is no choice, and nothing to work out.
  if (count <= 1) return best;
  let deepest = 0;
  for (const edge of edges) if (free(edge)) deepest = Math.max(deepest, depthFloat(edge));
  let bestRate = -1;
  for (const edge of edges) {
    if (!free(edge)) continue;
    const rate = depthFloat(edge) >= deepest * DEEP_ENOUGH ? rateFloat(edge) : 0;
    if (rate <= bestRate) continue;
    best = edge;
    bestRate = rate;
  }
  return best;
}
