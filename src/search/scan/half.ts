import { LEVELS } from "./ladder.ts";
import { liftedRate } from "./laneRates.ts";
import { DEPTH, ROW } from "./layout.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

/** Two lanes in a row of which at least one goes through a pool that changed: bounds of what they give. */
export interface Half {
  readonly lanes: Int32Array;
  /** PRODUCT and CURVATURE: marginal rate and slip of an envelope, in values. */
  readonly map: Float64Array;
}

export const PRODUCT = 0;
export const CURVATURE = 1;

export const createHalf = (): Half => ({ lanes: new Int32Array(2), map: new Float64Array(2) });

/** Writes the half of these lanes; false when no pool of theirs changed. */
export function setHalf(half: Half, parts: PoolChoiceParts, first: number, second: number): boolean {
  const { lanes, map } = half;
  lanes[0] = first;
  lanes[1] = second;
  map[PRODUCT] = 0;
  map[CURVATURE] = Infinity;
  const atFirst = widen(half, parts, 0);
  const atSecond = widen(half, parts, 1);
  return atFirst || atSecond;
}

/** Widens the half by the ways through the changed pools of one of its lanes. */
function widen({ lanes, map }: Half, parts: PoolChoiceParts, hop: 0 | 1): boolean {
  const { layout, fresh } = parts;
  const { firstPool, endPool, edgesOfPair, edgeRates, laneRates } = layout;
  const lane = lanes[hop] ?? 0;
  const other = lanes[1 - hop] ?? 0;
  const otherRate = laneRates[other * ROW] ?? 0;
  const otherDepth = laneRates[other * ROW + DEPTH] ?? 0;
  let found = false;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const edge = (edgesOfPair[at] ?? 0) ^ (lane & 1);
    if (fresh[edge >> 1] !== 1) continue;
    found = true;
    const rate = edgeRates[edge * ROW] ?? 0;
    const depth = edgeRates[edge * ROW + DEPTH] ?? 0;
    const product = rate * otherRate;
    if (product === 0) continue;
    const curvature =
      hop === 0 ? rate / depth + product / otherDepth : otherRate / otherDepth + product / depth;
    if (product > (map[PRODUCT] ?? 0)) map[PRODUCT] = product;
    if (curvature < (map[CURVATURE] ?? 0)) map[CURVATURE] = curvature;
  }
  return found;
}

/** By level: the best product of lifted rates along two lanes, at least one of them through a pool that changed. */
export function freshRates(rates: Float64Array, parts: PoolChoiceParts, first: number, second: number): void {
  rates.fill(0);
  raise(rates, parts, first, second);
  raise(rates, parts, second, first);
}

function raise(rates: Float64Array, { layout, fresh }: PoolChoiceParts, lane: number, other: number): void {
  const { firstPool, endPool, edgesOfPair, laneRates } = layout;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const edge = (edgesOfPair[at] ?? 0) ^ (lane & 1);
    if (fresh[edge >> 1] !== 1) continue;
    for (let level = 0; level < LEVELS; level++) {
      const rate = liftedRate(layout, edge, level) * (laneRates[other * ROW + level] ?? 0);
      if (rate > (rates[level] ?? 0)) rates[level] = rate;
    }
  }
}
