import { LEVELS } from "./ladder.ts";
import type { Ladder } from "./ladder.ts";
import { DEPTH, ROW, SCAN_HOPS } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { timesLeast, writeNeeded } from "./needed.ts";
import type { Ranked } from "./ranked.ts";

/** The closed form: most that the cycle `edges[0 .. hops)` earns at any size, in wei of native; an estimate. */
export type WorthFloat = (edges: Int32Array, hops: number) => number;

export interface PoolChoiceParts {
  readonly layout: Layout;
  /** Its least profit is what `layout.thresholds` stand for. */
  readonly ladder: Pick<Ladder, "minProfitFloat" | "sizes">;
  /** By token: reference prices, at which that is counted. */
  readonly prices: Float64Array;
  /** By base: wei of native per raw unit today; NaN is not known, and its cycles are left out. */
  readonly baseRates: Float64Array;
  readonly worthFloat: WorthFloat;
  readonly ranked: Ranked;
  /** By pool: 1 when it changed. Only cycles through such a pool are offered. */
  readonly fresh: Uint8Array;
}

/** Today's value of the base that a lane leaves, over its reference price; NaN is not known. */
export const ratioOf = ({ layout, baseRates, prices }: PoolChoiceParts, lane: number): number => {
  const base = layout.laneTokens[lane] ?? 0;
  return (baseRates[base] ?? NaN) / (prices[base] ?? 1);
};

/** Chooses the pools along the lanes of a cycle of tokens; every choice that can still beat the cutoff is priced. */
export interface PoolChoice {
  /** [0]: partial choices followed since it was last set to 0. */
  readonly followed: Int32Array;
  best(lanes: Int32Array, hops: number): void;
}

/** Float error of a bound, with room. */
const SLACK = 1 + 1e-9;

/** Most that a map of marginal rate `product` and slip `curvature` earns: see `createOptimum`. */
export function boundFloat(product: number, curvature: number): number {
  if (!(product > 1)) return 0;
  const root = Math.sqrt(product) - 1;
  return (root * root * SLACK) / curvature;
}

/** The parts, and what the steps below hand to each other. */
interface Work extends PoolChoiceParts {
  readonly edges: Int32Array;
  /** By depth: marginal rate and slip of the hops chosen so far. */
  readonly products: Float64Array;
  readonly curvatures: Float64Array;
  /** By depth: marginal rate and slip of the lanes still to come, as one map. */
  readonly restProducts: Float64Array;
  readonly restCurvatures: Float64Array;
  /** By depth: 1 when a lane from here on has a pool that changed. */
  readonly freshAhead: Uint8Array;
  /** By level: what the lanes' rates must multiply to for a cycle that reaches the cutoff. */
  readonly needed: Float64Array;
  readonly followed: Int32Array;
  lanes: Int32Array;
  hops: number;
  /** Today's value of the base over its reference price. */
  ratio: number;
}

export function createPoolChoice(parts: PoolChoiceParts): PoolChoice {
  const work: Work = {
    ...parts,
    edges: new Int32Array(SCAN_HOPS),
    products: new Float64Array(SCAN_HOPS + 1).fill(1),
    curvatures: new Float64Array(SCAN_HOPS + 1),
    restProducts: new Float64Array(SCAN_HOPS + 1).fill(1),
    restCurvatures: new Float64Array(SCAN_HOPS + 1),
    freshAhead: new Uint8Array(SCAN_HOPS + 1),
    needed: new Float64Array(LEVELS),
    followed: new Int32Array(1),
    lanes: new Int32Array(0),
    hops: 0,
    ratio: 0,
  };
  return { followed: work.followed, best: (lanes, hops) => best(work, lanes, hops) };
}

function best(work: Work, lanes: Int32Array, hops: number): void {
  const { restProducts, restCurvatures, freshAhead } = work;
  const { laneRates } = work.layout;
  work.lanes = lanes;
  work.hops = hops;
  work.ratio = ratioOf(work, lanes[0] ?? 0);
  if (!reaches(work)) return;
  restProducts[hops] = 1;
  restCurvatures[hops] = 0;
  freshAhead[hops] = 0;
  for (let depth = hops - 1; depth >= 0; depth--) {
    const lane = lanes[depth] ?? 0;
    const rate = laneRates[lane * ROW] ?? 0;
    restCurvatures[depth] =
      rate * (1 / (laneRates[lane * ROW + DEPTH] ?? 0) + (restCurvatures[depth + 1] ?? 0));
    restProducts[depth] = rate * (restProducts[depth + 1] ?? 0);
    freshAhead[depth] = freshAhead[depth + 1] === 1 || hasFresh(work, lane) ? 1 : 0;
  }
  if (freshAhead[0] === 1) descend(work, 0, false);
}

/** The ladder knows depth where the envelope of pools of unlike depth does not, and the cutoff may have risen. */
function reaches({ layout, ladder, ranked, needed, lanes, hops, ratio }: Work): boolean {
  const { laneRates } = layout;
  writeNeeded(needed, layout, timesLeast(ranked.cutoffFloat[0] ?? 0, ratio, ladder));
  for (let level = 0; level < LEVELS; level++) {
    let product = 1;
    for (let hop = 0; hop < hops; hop++) product *= laneRates[(lanes[hop] ?? 0) * ROW + level] ?? 0;
    if (product >= (needed[level] ?? 0)) return true;
  }
  return false;
}

function hasFresh({ layout, fresh }: Work, lane: number): boolean {
  const { firstPool, endPool, edgesOfPair } = layout;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    if (fresh[(edgesOfPair[at] ?? 0) >> 1] === 1) return true;
  }
  return false;
}

function descend(work: Work, depth: number, freshBefore: boolean): void {
  const { edges, hops, ranked, fresh, followed } = work;
  followed[0] = (followed[0] ?? 0) + 1;
  if (depth === hops) {
    ranked.offer(edges, hops, work.worthFloat(edges, hops));
    return;
  }
  const { firstPool, endPool, edgesOfPair } = work.layout;
  const lane = work.lanes[depth] ?? 0;
  const mustBeFresh = !freshBefore && work.freshAhead[depth + 1] === 0;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const edge = (edgesOfPair[at] ?? 0) ^ (lane & 1);
    const pool = edge >> 1;
    if (mustBeFresh && fresh[pool] !== 1) continue;
    // Two hops must not meet in one pool; more never do.
    if (depth === 1 && pool === (edges[0] ?? 0) >> 1) continue;
    if (boundWith(work, depth, edge) < (ranked.cutoffFloat[0] ?? 0)) continue;
    edges[depth] = edge;
    descend(work, depth + 1, freshBefore || fresh[pool] === 1);
  }
}

/** Chooses the edge at this depth; returns a bound of all cycles that go on from there, in wei of native. */
function boundWith(work: Work, depth: number, edge: number): number {
  const { products, curvatures, restProducts, restCurvatures } = work;
  const { edgeRates } = work.layout;
  const before = products[depth] ?? 0;
  const product = before * (edgeRates[edge * ROW] ?? 0);
  // Not a number where the rate is 0: there the product says that nothing is earned.
  const curvature = (curvatures[depth] ?? 0) + product / (edgeRates[edge * ROW + DEPTH] ?? 0);
  products[depth + 1] = product;
  curvatures[depth + 1] = curvature;
  const whole = product * (restProducts[depth + 1] ?? 0);
  return boundFloat(whole, curvature + product * (restCurvatures[depth + 1] ?? 0)) * work.ratio;
}
