import type { Pool } from "../../src/chain/types.ts";
import { buildGraph } from "../../src/search/graph.ts";

/** A cycle whose after-fee spot rates multiply to more than 1. */
export interface NegativeCycle {
  /** Edges in order: `2 * pool + direction`, direction 0 for token0 to token1. */
  readonly edges: readonly number[];
  /** Product of the rates: an estimate, > 1. */
  readonly productFloat: number;
}

export interface BellmanFord {
  /** One arc a directed pair of tokens: the best of its pools. */
  readonly arcCount: number;
  /** After-fee spot rates of a pool; 0 without a price. */
  setRates(pool: number, down: number, up: number): void;
  find(): NegativeCycle | null;
}

/** Relaxations below this are rounding. */
const LEAST_GAIN = 1e-12;

/**
 * Bellman-Ford in float64: arcs weigh the negative logarithm of the best rate between two tokens, all tokens start at
 * distance 0, and after each pass the tree of predecessors is looked through for a circle: the first one is the answer.
 *
 * It finds any one cycle that pays at size zero, of whatever length and through whatever tokens; it neither ranks
 * cycles nor sizes them.
 */
export function createBellmanFord(pools: readonly Pool[]): BellmanFord {
  const arcs = buildArcs(pools);
  const { edgesOfArc, arcOfEdge, weight, best } = arcs;
  const rates = new Float64Array(2 * pools.length);
  const refresh = (arc: number) => {
    let bestRate = 0;
    for (const edge of edgesOfArc[arc] ?? []) {
      const rate = rates[edge] ?? 0;
      if (rate <= bestRate) continue;
      bestRate = rate;
      best[arc] = edge;
    }
    weight[arc] = -Math.log(bestRate);
  };
  return {
    arcCount: edgesOfArc.length,
    setRates: (pool, down, up) => {
      rates[2 * pool] = down;
      rates[2 * pool + 1] = up;
      refresh(arcOfEdge[2 * pool] ?? 0);
      refresh(arcOfEdge[2 * pool + 1] ?? 0);
    },
    find: () => {
      arcs.distance.fill(0);
      arcs.parent.fill(-1);
      for (let pass = 0; pass < arcs.distance.length; pass++) {
        if (!relax(arcs)) return null;
        const cycle = circle(arcs);
        if (cycle === null) continue;
        const productFloat = cycle.reduce((product, edge) => product * (rates[edge] ?? 0), 1);
        if (productFloat > 1) return { edges: cycle, productFloat };
      }
      return null;
    },
  };
}

interface Arcs {
  readonly edgesOfArc: readonly (readonly number[])[];
  readonly arcOfEdge: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** -log of the best rate; Infinity without a price. */
  readonly weight: Float64Array;
  /** Edge with the best rate. */
  readonly best: Int32Array;
  /** By token: distance, arc that led there, and the walk in which it was last seen. */
  readonly distance: Float64Array;
  readonly parent: Int32Array;
  readonly seenIn: Int32Array;
}

function buildArcs(pools: readonly Pool[]): Arcs {
  const { neighbours } = buildGraph(pools);
  const all = neighbours.flatMap((near, from) =>
    near.map(({ token, edges }) => ({ from, to: token, edges })),
  );
  const arcOfEdge = new Int32Array(2 * pools.length);
  for (const [arc, { edges }] of all.entries()) for (const edge of edges) arcOfEdge[edge] = arc;
  return {
    edgesOfArc: all.map(({ edges }) => edges),
    arcOfEdge,
    from: Int32Array.from(all, ({ from }) => from),
    to: Int32Array.from(all, ({ to }) => to),
    weight: new Float64Array(all.length).fill(Infinity),
    best: new Int32Array(all.length),
    distance: new Float64Array(neighbours.length),
    parent: new Int32Array(neighbours.length),
    seenIn: new Int32Array(neighbours.length),
  };
}

/** One pass over all arcs; false when no distance fell. */
function relax({ from, to, weight, distance, parent }: Arcs): boolean {
  let fell = false;
  for (let arc = 0; arc < from.length; arc++) {
    const token = to[arc] ?? 0;
    const next = (distance[from[arc] ?? 0] ?? 0) + (weight[arc] ?? 0);
    if (next >= (distance[token] ?? 0) - LEAST_GAIN) continue;
    distance[token] = next;
    parent[token] = arc;
    fell = true;
  }
  return fell;
}

/** The edges of a circle among the predecessors, in order; null when they are a forest. */
function circle({ from, parent, seenIn, best }: Arcs): readonly number[] | null {
  seenIn.fill(-1);
  for (let start = 0; start < parent.length; start++) {
    let token = start;
    while (seenIn[token] === -1) {
      seenIn[token] = start;
      const arc = parent[token] ?? -1;
      if (arc < 0) break;
      token = from[arc] ?? 0;
    }
    if (seenIn[token] !== start || (parent[token] ?? -1) < 0) continue;
    const edges: number[] = [];
    let at = token;
    do {
      const arc = parent[at] ?? 0;
      edges.push(best[arc] ?? 0);
      at = from[arc] ?? 0;
    } while (at !== token);
    return edges.toReversed();
  }
  return null;
}
