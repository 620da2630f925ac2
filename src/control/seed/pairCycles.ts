import type { PairGraph } from "./pairGraph.ts";

/** Cycles that one pair is turned into at most. */
const MOST_PER_PAIR = 8;
/** Tokens with the most pools: the third token of a cycle of three hops is one of them. */
const HUBS = 8;

interface Candidate {
  readonly edges: readonly number[];
  readonly rateFloat: number;
}

/**
 * Cycles through a pair, the most promising first: each of these edges (pools of the pair, crossed one way) against
 * every other pool of the pair, and over a third token. One whose rates do not multiply to more than 1 pays at no size
 * and is left out.
 */
export function cyclesOfPair(pairEdges: readonly number[], graph: PairGraph): readonly (readonly number[])[] {
  const hubs = hubsOf(graph);
  const found: Candidate[] = [];
  // Both ways: an edge's way back is its sister.
  for (const edge of pairEdges.flatMap((one) => [one, one ^ 1])) {
    const [from, to] = endsOf(edge, graph);
    const rateFloat = graph.rateFloat(edge);
    for (const back of graph.edges(to, from)) if (back >> 1 !== edge >> 1) add(found, [edge, back], graph);
    for (const hub of hubs) {
      if (hub === from || hub === to || rateFloat === 0) continue;
      const [second, third] = [graph.best(graph.edges(to, hub)), graph.best(graph.edges(hub, from))];
      if (second >= 0 && third >= 0) add(found, [edge, second, third], graph);
    }
  }
  return found
    .toSorted((one, other) => other.rateFloat - one.rateFloat)
    .slice(0, MOST_PER_PAIR)
    .map(({ edges }) => edges);
}

function add(found: Candidate[], edges: readonly number[], graph: PairGraph): void {
  let rateFloat = 1;
  for (const edge of edges) rateFloat *= graph.rateFloat(edge);
  if (rateFloat > 1) found.push({ edges, rateFloat });
}

function endsOf(edge: number, graph: PairGraph): readonly [number, number] {
  const pool = graph.poolOf(edge);
  if (pool === null) return [-1, -1];
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

/** The same for the same directed cycle, wherever it starts. */
export function cycleKey(edges: readonly number[]): string {
  const first = edges.indexOf(Math.min(...edges));
  return [...edges.slice(first), ...edges.slice(0, first)].join();
}
