import { FAIR, LEVELS, worthBoundFloat } from "./ladder.ts";
import type { Ladder } from "./ladder.ts";
import type { Layout } from "./layout.ts";
import type { Ranked } from "./ranked.ts";
import { edgeAlong } from "./scanIndex.ts";

/** The closed form: most that the cycle `edges[0 .. hops)` earns at any size, in wei of native; an estimate. */
export type WorthFloat = (edges: Int32Array, hops: number) => number;

export interface PoolChoiceParts {
  readonly layout: Layout;
  readonly ladder: Ladder;
  readonly worthFloat: WorthFloat;
  readonly ranked: Ranked;
  /** By pool: 1 when it changed. Only cycles through such a pool are offered. */
  readonly fresh: Uint8Array;
}

/** Chooses the pools along the lanes of a cycle of tokens; what it finds goes to `ranked`. */
export interface PoolChoice {
  /** At once, not exact: the pools with the best rates at one level, closed over. */
  quick(lanes: Int32Array, hops: number, level: number): void;
  /** Exact: every choice that can still beat the cutoff is priced. */
  best(lanes: Int32Array, hops: number): void;
}

const MOST_HOPS = 4;

/** The parts, and what the steps below hand to each other. */
interface Work extends PoolChoiceParts {
  readonly edges: Int32Array;
  /** LEVELS a depth: product of the rates chosen so far. */
  readonly chosen: Float64Array;
  /** LEVELS a depth: product of the lanes still to come. */
  readonly rest: Float64Array;
  readonly products: Float64Array;
  /** By depth: 1 when a lane from here on has a pool that changed. */
  readonly freshAhead: Uint8Array;
  lanes: Int32Array;
  hops: number;
}

export function createPoolChoice(parts: PoolChoiceParts): PoolChoice {
  const work: Work = {
    ...parts,
    edges: new Int32Array(MOST_HOPS),
    chosen: new Float64Array((MOST_HOPS + 1) * LEVELS).fill(1),
    rest: new Float64Array((MOST_HOPS + 1) * LEVELS).fill(1),
    products: new Float64Array(LEVELS),
    freshAhead: new Uint8Array(MOST_HOPS + 1),
    lanes: new Int32Array(0),
    hops: 0,
  };
  return {
    quick: (lanes, hops, level) => quick(work, lanes, hops, level),
    best: (lanes, hops) => best(work, lanes, hops),
  };
}

/** One of the lanes is bound to a pool that changed; which one is tried in turn. */
function quick(work: Work, lanes: Int32Array, hops: number, level: number): void {
  const { edges, ranked, worthFloat } = work;
  for (let bound = 0; bound < hops; bound++) {
    const boundEdge = bestFreshEdge(work, lanes[bound] ?? 0, level);
    if (boundEdge < 0) continue;
    // Two hops must not meet in one pool; more never do.
    const except = hops === 2 ? boundEdge >> 1 : -1;
    let whole = true;
    for (let hop = 0; hop < hops && whole; hop++) {
      const edge = hop === bound ? boundEdge : bestEdge(work, lanes[hop] ?? 0, level, except);
      edges[hop] = edge;
      whole = edge >= 0;
    }
    if (whole) ranked.offer(edges, hops, worthFloat(edges, hops));
  }
}

/** The edge of the lane with the best rate at a level, the pool `except` left out; -1 when there is none. */
function bestEdge(work: Work, lane: number, level: number, except: number): number {
  const { firstPool, endPool, poolsOfPair, edgeRates } = work.layout;
  let found = -1;
  let foundRate = 0;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (pool === except) continue;
    const edge = edgeAlong(work.layout, pool, lane);
    const rate = edgeRates[edge * LEVELS + level] ?? 0;
    if (rate <= foundRate) continue;
    foundRate = rate;
    found = edge;
  }
  return found;
}

function bestFreshEdge(work: Work, lane: number, level: number): number {
  const { firstPool, endPool, poolsOfPair, edgeRates } = work.layout;
  let found = -1;
  let foundRate = 0;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (work.fresh[pool] !== 1) continue;
    const edge = edgeAlong(work.layout, pool, lane);
    const rate = edgeRates[edge * LEVELS + level] ?? 0;
    if (rate <= foundRate) continue;
    foundRate = rate;
    found = edge;
  }
  return found;
}

function best(work: Work, lanes: Int32Array, hops: number): void {
  const { rest, freshAhead } = work;
  const { laneRates } = work.layout;
  work.lanes = lanes;
  work.hops = hops;
  rest.fill(1, hops * LEVELS, (hops + 1) * LEVELS);
  freshAhead[hops] = 0;
  for (let depth = hops - 1; depth >= 0; depth--) {
    const lane = lanes[depth] ?? 0;
    for (let level = 0; level < LEVELS; level++) {
      const after = rest[(depth + 1) * LEVELS + level] ?? 0;
      rest[depth * LEVELS + level] = after * (laneRates[lane * LEVELS + level] ?? 0);
    }
    freshAhead[depth] = freshAhead[depth + 1] === 1 || hasFresh(work, lane) ? 1 : 0;
  }
  if (freshAhead[0] === 1) descend(work, 0, false);
}

function hasFresh({ layout, fresh }: Work, lane: number): boolean {
  const { firstPool, endPool, poolsOfPair } = layout;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (fresh[pool] === 1) return true;
  }
  return false;
}

function descend(work: Work, depth: number, freshBefore: boolean): void {
  const { edges, hops, ranked, fresh } = work;
  if (depth === hops) {
    ranked.offer(edges, hops, work.worthFloat(edges, hops));
    return;
  }
  const { firstPool, endPool, poolsOfPair } = work.layout;
  const lane = work.lanes[depth] ?? 0;
  const mustBeFresh = !freshBefore && work.freshAhead[depth + 1] === 0;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (mustBeFresh && fresh[pool] !== 1) continue;
    if (depth === 1 && pool === (edges[0] ?? 0) >> 1) continue;
    const edge = edgeAlong(work.layout, pool, lane);
    if (choose(work, depth, edge) < ranked.boundCutoffFloat) continue;
    edges[depth] = edge;
    descend(work, depth + 1, freshBefore || fresh[pool] === 1);
  }
}

/** Writes the products with this edge at this depth; returns the bound of all cycles that go on from here. */
function choose({ layout, ladder, chosen, rest, products }: Work, depth: number, edge: number): number {
  const { edgeRates } = layout;
  const from = depth * LEVELS;
  const to = from + LEVELS;
  for (let level = 0; level < LEVELS; level++) {
    const rate = edgeRates[edge * LEVELS + level] ?? 0;
    const lifted = level === 0 && rate < 1 / FAIR ? rate * FAIR : rate;
    const product = (chosen[from + level] ?? 0) * lifted;
    chosen[to + level] = product;
    products[level] = product * (rest[to + level] ?? 0);
  }
  return worthBoundFloat(products, ladder);
}
