import { createRuns } from "./runs.ts";

/** Edges by the token that they sell. */
export interface TokenPools {
  /** A token's edges: `edges[first[token] .. end[token])`; each sells the token, `edge >> 1` is the pool. */
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly edges: Int32Array;
  /** Lists a pool's edges; false where there is no room. */
  add(pool: number): boolean;
  /** The pool is listed. */
  remove(pool: number): void;
}

/** `tokenIn`: by edge, the id of the token that goes in; -1 where there is no pool. */
export function listTokenPools(tokens: number, tokenIn: Int32Array): TokenPools {
  const first = new Int32Array(tokens);
  const end = new Int32Array(tokens);
  for (const token of tokenIn) if (token >= 0) end[token] = (end[token] ?? 0) + 1;
  let start = 0;
  for (let token = 0; token < tokens; token++) {
    const count = end[token] ?? 0;
    first[token] = start;
    end[token] = start;
    start += count;
  }
  // Lists that grow move on: room for all of them once more.
  const edges = new Int32Array(2 * tokenIn.length);
  for (const [edge, token] of tokenIn.entries()) {
    if (token < 0) continue;
    const at = end[token] ?? 0;
    edges[at] = edge;
    end[token] = at + 1;
  }
  const move = (from: number, to: number) => (edges[to] = edges[from] ?? 0);
  const runs = createRuns({ firsts: first, ends: end, count: tokens, places: edges.length, move });
  const add = (edge: number): boolean => {
    const place = runs.append(tokenIn[edge] ?? 0);
    if (place >= 0) edges[place] = edge;
    return place >= 0;
  };
  const remove = (edge: number): void => {
    const token = tokenIn[edge] ?? 0;
    const last = (end[token] ?? 0) - 1;
    edges[edges.indexOf(edge, first[token])] = edges[last] ?? 0;
    end[token] = last;
  };
  return {
    first,
    end,
    edges,
    add: (pool) => add(2 * pool) && add(2 * pool + 1),
    remove: (pool) => {
      remove(2 * pool);
      remove(2 * pool + 1);
    },
  };
}
