import type { Address, Pool } from "../../src/chain/types.ts";
import { buildGraph } from "../../src/search/graph.ts";
import type { Graph } from "../../src/search/graph.ts";
import type { IntList } from "../../src/search/ints.ts";
import { createIntList } from "../../src/search/ints.ts";

/**
 * Every directed cycle of exactly three pools through a base, as a flat list with an index from pool to cycles. A
 * cycle starts at the first of `bases` that it contains. An edge is `2 * pool + direction`, direction 0 for token0 to
 * token1; pools are indices into the given list.
 */
export interface ThreeHopList {
  readonly count: number;
  /** Edges of cycle `c` at `3 * c`, `3 * c + 1`, `3 * c + 2`. */
  readonly edges: Int32Array;
  /** Index into `bases` by cycle. */
  readonly baseOf: Uint8Array;
  /** The cycles through a pool are `cyclesOfPool.subarray(firstOfPool[pool], firstOfPool[pool + 1])`. */
  readonly firstOfPool: Int32Array;
  readonly cyclesOfPool: Int32Array;
}

export function listThreeHops(pools: readonly Pool[], bases: readonly Address[]): ThreeHopList {
  const graph = buildGraph(pools);
  const edges = createIntList();
  const counts: number[] = [];
  const closed = new Set<number>();
  for (const base of bases) {
    const token = graph.tokenIds.get(base);
    if (token !== undefined && !closed.has(token)) {
      listFrom(graph, token, closed, edges);
      closed.add(token);
    }
    counts.push(edges.length / 3);
  }
  const baseOf = new Uint8Array(edges.length / 3);
  for (const [i, end] of counts.entries()) baseOf.fill(i, counts[i - 1] ?? 0, end);
  return { ...indexByPool(edges.values().slice(), pools.length), baseOf };
}

function listFrom(graph: Graph, base: number, closed: ReadonlySet<number>, list: IntList): void {
  const near = (graph.neighbours[base] ?? []).filter(({ token }) => token !== base && !closed.has(token));
  const ways = new Map(near.map(({ token, edges }) => [token, edges]));
  for (const first of near) {
    for (const second of graph.neighbours[first.token] ?? []) {
      const home = second.token === first.token ? undefined : ways.get(second.token);
      if (home === undefined) continue;
      for (const one of first.edges) {
        for (const two of second.edges) {
          for (const out of home) {
            list.push(one);
            list.push(two);
            list.push(out ^ 1);
          }
        }
      }
    }
  }
}

function indexByPool(edges: Int32Array, pools: number): Omit<ThreeHopList, "baseOf"> {
  const firstOfPool = new Int32Array(pools + 1);
  for (const edge of edges) firstOfPool[(edge >> 1) + 1] = (firstOfPool[(edge >> 1) + 1] ?? 0) + 1;
  for (let pool = 0; pool < pools; pool++)
    firstOfPool[pool + 1] = (firstOfPool[pool + 1] ?? 0) + (firstOfPool[pool] ?? 0);
  const cyclesOfPool = new Int32Array(edges.length);
  const next = firstOfPool.slice();
  for (let at = 0; at < edges.length; at++) {
    const pool = (edges[at] ?? 0) >> 1;
    const place = next[pool] ?? 0;
    cyclesOfPool[place] = Math.floor(at / 3);
    next[pool] = place + 1;
  }
  return { count: edges.length / 3, edges, firstOfPool, cyclesOfPool };
}
