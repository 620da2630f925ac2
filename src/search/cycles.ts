import type { Address } from "../chain/types.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Graph } from "./graph.ts";
import { createIntList } from "./ints.ts";

/** Above this the list and its index would take more than about half a gigabyte. */
const MOST_CYCLES = 12_000_000;

/**
 * Every simple directed cycle of 2 to `maxHops` hops through a base token, as plain integers: no pool twice, no
 * token twice but the base, each cycle once, started at the first token of `bases` that it contains.
 */
export interface CycleTable {
  readonly count: number;
  /** Edges of cycle `c` at `c * stride …`, closed by -1 where the cycle is shorter. */
  readonly edges: Int32Array;
  readonly stride: number;
  /** The cycles through a pool are `cyclesOfPool.subarray(firstOfPool[pool], firstOfPool[pool + 1])`. */
  readonly firstOfPool: Int32Array;
  readonly cyclesOfPool: Int32Array;
}

export interface CycleOptions {
  readonly bases: readonly Address[];
  /** At least 2. */
  readonly maxHops: number;
  /** More are refused, not held; default 12 million. */
  readonly mostCycles?: number;
}

/** Lists the cycles of a graph. Throws `PlainError` when there are too many to hold. */
export function listCycles(graph: Graph, options: CycleOptions): CycleTable {
  const { bases, maxHops, mostCycles = MOST_CYCLES } = options;
  const edges = createIntList();
  const closed = new Set<number>();
  for (const base of bases) {
    const token = graph.tokenIds.get(base);
    if (token === undefined || closed.has(token)) continue;
    walkFrom({ graph, base: token, closed, maxHops }, (path) => {
      if (edges.length >= mostCycles * maxHops) throw tooMany(graph.pools.length, maxHops, mostCycles);
      for (let i = 0; i < maxHops; i++) edges.push(path[i] ?? -1);
    });
    closed.add(token);
  }
  return indexByPool(edges.values(), maxHops, graph.pools.length);
}

const tooMany = (pools: number, maxHops: number, most: number) =>
  new PlainError(
    EXIT.config,
    `${pools} pools have more than ${most} cycles of up to ${maxHops} hops: allow fewer hops, pools or bases`,
  );

interface Walk {
  readonly graph: Graph;
  readonly base: number;
  /** Tokens that may not be entered: the bases whose cycles are listed already. */
  readonly closed: ReadonlySet<number>;
  readonly maxHops: number;
}

/** Depth-first over tokens; where tokens close a cycle, every choice of pools along them is one cycle. */
function walkFrom({ graph, base, closed, maxHops }: Walk, emit: (path: readonly number[]) => void): void {
  const visited = new Uint8Array(graph.neighbours.length);
  for (const token of closed) visited[token] = 1;
  visited[base] = 1;
  const closing = new Map<number, readonly number[]>();
  for (const { token, edges } of graph.neighbours[base] ?? []) {
    if (visited[token] === 0)
      closing.set(
        token,
        edges.map((edge) => edge ^ 1),
      );
  }

  const legs: (readonly number[])[] = [];
  const path: number[] = [];
  const choosePools = (depth: number): void => {
    const leg = legs[depth];
    if (leg === undefined) {
      emit(path);
      return;
    }
    for (const edge of leg) {
      // Only a cycle of two hops can meet its pool again: tokens that differ make pools differ.
      if (depth === 1 && path[0] === (edge ^ 1)) continue;
      path.push(edge);
      choosePools(depth + 1);
      path.pop();
    }
  };
  const visit = (token: number): void => {
    const home = legs.length > 0 ? closing.get(token) : undefined;
    if (home !== undefined) {
      legs.push(home);
      choosePools(0);
      legs.pop();
    }
    if (legs.length + 1 >= maxHops) return;
    for (const next of graph.neighbours[token] ?? []) {
      if (visited[next.token] === 1) continue;
      // The last token before the base must have a way home.
      if (legs.length + 2 === maxHops && !closing.has(next.token)) continue;
      visited[next.token] = 1;
      legs.push(next.edges);
      visit(next.token);
      legs.pop();
      visited[next.token] = 0;
    }
  };
  visit(base);
}

function indexByPool(edges: Int32Array, stride: number, pools: number): CycleTable {
  const firstOfPool = new Int32Array(pools + 1);
  for (const edge of edges) if (edge >= 0) bump(firstOfPool, (edge >> 1) + 1, 1);
  for (let pool = 0; pool < pools; pool++) bump(firstOfPool, pool + 1, firstOfPool[pool] ?? 0);
  const cyclesOfPool = new Int32Array(firstOfPool[pools] ?? 0);
  const next = firstOfPool.slice();
  for (let at = 0; at < edges.length; at++) {
    const edge = edges[at] ?? -1;
    if (edge < 0) continue;
    cyclesOfPool[next[edge >> 1] ?? 0] = Math.floor(at / stride);
    bump(next, edge >> 1, 1);
  }
  return { count: edges.length / stride, edges, stride, firstOfPool, cyclesOfPool };
}

const bump = (counts: Int32Array, at: number, by: number): void => {
  counts[at] = (counts[at] ?? 0) + by;
};
