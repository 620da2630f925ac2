import { BREAK_EVEN } from "../../search/screen.ts";
import type { PairGraph } from "./pairGraph.ts";
import type { Edges } from "./resolve.ts";

/** Cycles that one pair is turned into at most. */
const MOST_PER_PAIR = 8;
/** Tokens with the most pools: the third token of a cycle of three hops is one of them. */
const HUBS = 8;

interface Candidate {
  readonly edges: Edges;
  readonly rateFloat: number;
}

/** Gives cycles through a pair, the most promising first; what pays at no size is left out. */
export type PairCycles = (pairEdges: Edges) => readonly Edges[];

/**
 * Each pool of a pair, crossed both ways, against every other pool of the pair, and over a third token by the best pool
 * of each hop. It looks at the states of one moment: make a new one for each question.
 */
export function createPairCycles(graph: PairGraph): PairCycles {
  const hubs = hubsOf(graph);
  const count = graph.tokens.length;
  const known = new Map<number, number>();
  const bestBetween = (from: number, to: number): number => {
    const pair = from * count + to;
    let edge = known.get(pair);
    if (edge === undefined) {
      edge = graph.best(graph.edges(from, to));
      known.set(pair, edge);
    }
    return edge;
  };
  const overHubs = (edge: number, from: number, to: number, found: Candidate[]): void => {
    const rateFloat = graph.rateFloat(edge);
    for (const hub of hubs) {
      const second = hub === from || hub === to ? -1 : bestBetween(to, hub);
      const third = second < 0 ? -1 : bestBetween(hub, from);
      if (third >= 0 && rateFloat * graph.rateFloat(second) * graph.rateFloat(third) > BREAK_EVEN)
        add(found, [edge, second, third], graph);
    }
  };
  return (pairEdges) => {
    const found: Candidate[] = [];
    for (const one of pairEdges) {
      const [from, to] = endsOf(one, graph);
      for (const back of graph.edges(to, from)) {
        if (back >> 1 === one >> 1) continue;
        add(found, [one, back], graph);
        add(found, [one ^ 1, back ^ 1], graph);
      }
      overHubs(one, from, to, found);
      overHubs(one ^ 1, to, from, found);
    }
    return found
      .toSorted((a, b) => b.rateFloat - a.rateFloat)
      .slice(0, MOST_PER_PAIR)
      .map(({ edges }) => edges);
  };
}

function add(found: Candidate[], edges: Edges, graph: PairGraph): void {
  const rateFloat = graph.productFloat(edges);
  if (rateFloat > BREAK_EVEN) found.push({ edges, rateFloat });
}

/** Tokens from which and to which an edge leads. */
function endsOf(edge: number, graph: PairGraph): readonly [number, number] {
  const pool = graph.pools[edge >> 1];
  if (pool === undefined) return [-1, -1];
  const [id0, id1] = [graph.tokenIds.get(pool.token0) ?? -1, graph.tokenIds.get(pool.token1) ?? -1];
  return edge % 2 === 0 ? [id0, id1] : [id1, id0];
}

const hubsByGraph = new WeakMap<PairGraph, readonly number[]>();

function hubsOf(graph: PairGraph): readonly number[] {
  const known = hubsByGraph.get(graph);
  if (known !== undefined) return known;
  const pools = graph.neighbours.map((list, token) => ({
    token,
    count: list.reduce((sum, { edges }) => sum + edges.length, 0),
  }));
  const hubs = pools.toSorted((one, other) => other.count - one.count).slice(0, HUBS);
  const ids = hubs.map(({ token }) => token);
  hubsByGraph.set(graph, ids);
  return ids;
}
