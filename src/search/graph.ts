import type { Address, Pool } from "../chain/types.ts";

/**
 * Tokens and pools as small integers. A directed edge is `2 * pool + direction`, direction 0 for token0 to token1;
 * `edge ^ 1` is the way back, `edge >> 1` the pool.
 */
export interface Graph {
  readonly pools: readonly Pool[];
  readonly poolIds: ReadonlyMap<Address, number>;
  readonly tokenIds: ReadonlyMap<Address, number>;
  /** Neighbours of each token: the token that is reached, and the edges that lead there. */
  readonly neighbours: readonly (readonly Neighbour[])[];
}

export interface Neighbour {
  readonly token: number;
  readonly edges: readonly number[];
}

/** Builds the graph; pools in the given order, so that the same list gives the same integers. */
export function buildGraph(pools: readonly Pool[]): Graph {
  const poolIds = new Map<Address, number>();
  const tokenIds = new Map<Address, number>();
  const edgesByToken: Map<number, number[]>[] = [];

  const tokenId = (token: Address) => {
    const known = tokenIds.get(token);
    if (known !== undefined) return known;
    tokenIds.set(token, edgesByToken.length);
    return edgesByToken.push(new Map()) - 1;
  };
  const link = (from: number, to: number, edge: number) => {
    const edges = edgesByToken[from]?.get(to);
    if (edges === undefined) edgesByToken[from]?.set(to, [edge]);
    else edges.push(edge);
  };

  for (const [id, { address, token0, token1 }] of pools.entries()) {
    poolIds.set(address, id);
    const [from, to] = [tokenId(token0), tokenId(token1)];
    link(from, to, 2 * id);
    link(to, from, 2 * id + 1);
  }
  const neighbours = edgesByToken.map((edges) => [...edges].map(([token, list]) => ({ token, edges: list })));
  return { pools, poolIds, tokenIds, neighbours };
}
