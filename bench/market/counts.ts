import type { BenchMarket } from "./types.ts";

/** How many cycles of two to four hops a market holds; each directed cycle once, from its first base. */
export interface CycleCounts {
  readonly pools: number;
  /** Pairs of tokens with at least one pool. */
  readonly pairs: number;
  readonly twoHop: number;
  readonly threeHopTokens: number;
  readonly threeHop: number;
  readonly fourHopTokens: number;
  readonly fourHop: number;
  /** Token-level ways base -> middle -> end that lie on a cycle: what a search by two-hop records keeps. */
  readonly records: number;
}

/** Counts without listing: a four-hop cycle is two different ways from a base to the same end. */
export function countCycles({ pools, tokens, bases }: BenchMarket): CycleCounts {
  const order = new Map(
    [...new Set([...bases, ...tokens.map(({ address }) => address)])].map((t, i) => [t, i]),
  );
  const neighbours: Map<number, number>[] = Array.from({ length: order.size }, () => new Map());
  let pairs = 0;
  for (const { token0, token1 } of pools) {
    const [a, b] = [order.get(token0) ?? 0, order.get(token1) ?? 0];
    const known = neighbours[a]?.get(b) ?? 0;
    if (known === 0) pairs++;
    neighbours[a]?.set(b, known + 1);
    neighbours[b]?.set(a, known + 1);
  }
  const sum = { twoHop: 0, threeHopTokens: 0, threeHop: 0, fourHopTokens: 0, fourHop: 0, records: 0 };
  for (let base = 0; base < bases.length; base++) addFrom(base, neighbours, sum);
  return { pools: pools.length, pairs, ...sum };
}

type Sum = { -readonly [key in Exclude<keyof CycleCounts, "pools" | "pairs">]: number };

/** Bases before this one are closed: their cycles are counted. */
function addFrom(base: number, neighbours: readonly ReadonlyMap<number, number>[], sum: Sum): void {
  const ways = new Float64Array(neighbours.length);
  const choices = new Float64Array(neighbours.length);
  const squares = new Float64Array(neighbours.length);
  for (const [middle, first] of neighbours[base] ?? []) {
    if (middle < base) continue;
    sum.twoHop += first * (first - 1);
    for (const [end, second] of neighbours[middle] ?? []) {
      if (end <= base) continue;
      const product = first * second;
      ways[end] = (ways[end] ?? 0) + 1;
      choices[end] = (choices[end] ?? 0) + product;
      squares[end] = (squares[end] ?? 0) + product * product;
    }
  }
  for (let end = base + 1; end < neighbours.length; end++) {
    const found = ways[end] ?? 0;
    if (found === 0) continue;
    const through = choices[end] ?? 0;
    const closing = neighbours[base]?.get(end) ?? 0;
    if (found > 1 || closing > 0) sum.records += found;
    if (closing > 0) sum.threeHopTokens += found;
    sum.threeHop += closing * through;
    sum.fourHopTokens += found * (found - 1);
    sum.fourHop += through * through - (squares[end] ?? 0);
  }
}
