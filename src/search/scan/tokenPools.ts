/** Edges by the token that they sell. */
export interface TokenPools {
  /** A token's edges: `edges[first[token] .. first[token + 1])`; each sells the token, `edge >> 1` is the pool. */
  readonly first: Int32Array;
  readonly edges: Int32Array;
}

/** `tokenIn`: by edge, the id of the token that goes in. */
export function listTokenPools(tokens: number, tokenIn: Int32Array): TokenPools {
  const first = new Int32Array(tokens + 1);
  for (const token of tokenIn) first[token + 1] = (first[token + 1] ?? 0) + 1;
  for (let token = 0; token < tokens; token++)
    first[token + 1] = (first[token + 1] ?? 0) + (first[token] ?? 0);
  const edges = new Int32Array(tokenIn.length);
  const next = first.slice();
  for (let edge = 0; edge < tokenIn.length; edge++) {
    const token = tokenIn[edge] ?? 0;
    const at = next[token] ?? 0;
    edges[at] = edge;
    next[token] = at + 1;
  }
  return { first, edges };
}
