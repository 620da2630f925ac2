import type { PoolState } from "../../amm/poolState.ts";
import type { Address, Pool } from "../../chain/types.ts";
import { buildGraph, type Graph } from "../../search/graph.ts";
import { nearDepthFloat } from "../../search/nearDepth.ts";
import { createRates } from "../../search/rates.ts";
import type { ControlPorts } from "../ports.ts";

/** The market's pools by pair of tokens: tokens and edges are `Graph`'s integers. Rates and depths are estimates. */
export interface PairGraph extends Graph {
  /** Addresses by token id. */
  readonly tokens: readonly Address[];
  /** Edges of all pools from one token to another. */
  edges(from: number, to: number): readonly number[];
  poolOf(edge: number): Pool | null;
  /** Raw units out per raw unit in after fees, at size zero; 0 without a price. */
  rateFloat(edge: number): number;
  /** Raw units that the pool gives while its price worsens by 2 %. */
  depthFloat(edge: number): number;
  /**
   * The edge with the best rate, once those that give less than a tenth of what the deepest gives are left out: a dust
   * pool's price is no price. Those without a price come last. -1: none.
   */
  best(edges: readonly number[]): number;
}

/** Gives the graph of the pools as they are now, with the states as they are now. */
export type PairGraphs = () => PairGraph;

type Market = ControlPorts["market"];

const DEEP_ENOUGH = 0.1;
const NONE: readonly number[] = [];

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
  return {
    turn: () => {
      rates.turnTo(market);
    },
    graph: {
      ...graph,
      tokens: [...graph.tokenIds.keys()],
      edges: (from, to) => pairs.get(from * count + to) ?? NONE,
      poolOf: (edge) => pools[edge >> 1] ?? null,
      rateFloat,
      depthFloat,
      best: (edges) => bestEdge(edges, rateFloat, depthFloat),
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
  rateFloat: (edge: number) => number,
  depthFloat: (edge: number) => number,
): number {
  if (edges.length <= 1) return edges[0] ?? -1;
  let deepest = 0;
  for (const edge of edges) deepest = Math.max(deepest, depthFloat(edge));
  let best = -1;
  let bestRate = -1;
  for (const edge of edges) {
    const rate = depthFloat(edge) >= deepest * DEEP_ENOUGH ? rateFloat(edge) : 0;
    if (rate <= bestRate) continue;
    best = edge;
    bestRate = rate;
  }
  return best;
}
