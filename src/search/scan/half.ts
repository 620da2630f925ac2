import { TERMS } from "./curves.ts";
import { LEVELS } from "./ladder.ts";
import { liftedRate } from "./laneRates.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";
import { edgeAlong } from "./scanIndex.ts";

/** Two lanes in a row of which at least one goes through a pool that changed: bounds of what they give. */
export interface Half {
  /** Marginal rate and slip of an envelope: raw units. */
  product: number;
  curvature: number;
  /** Product of the lifted marginal rates, in value. */
  rate: number;
}

export const createHalf = (): Half => ({ product: 0, curvature: Infinity, rate: 0 });

/** Writes the half of these lanes; false when no pool of theirs changed. */
export function setHalf(half: Half, parts: PoolChoiceParts, first: number, second: number): boolean {
  half.product = 0;
  half.curvature = Infinity;
  half.rate = 0;
  const atFirst = widen(half, parts, { lane: first, other: second, leads: true });
  const atSecond = widen(half, parts, { lane: second, other: first, leads: false });
  return atFirst || atSecond;
}

interface Way {
  /** Through its changed pools only. */
  readonly lane: number;
  readonly other: number;
  /** The lane comes before the other. */
  readonly leads: boolean;
}

/** Widens the half by the ways through the changed pools of one of its lanes. */
function widen(half: Half, parts: PoolChoiceParts, { lane, other, leads }: Way): boolean {
  const { layout, fresh, terms, envelopes } = parts;
  const { firstPool, endPool, poolsOfPair } = layout;
  const otherRate = envelopes.lanes[2 * other] ?? 0;
  const otherSlip = envelopes.lanes[2 * other + 1] ?? 0;
  let found = false;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (fresh[pool] !== 1) continue;
    found = true;
    const edge = edgeAlong(layout, pool, lane);
    const rate = terms[edge * TERMS] ?? 0;
    const slip = envelopes.slips[edge] ?? 0;
    const curvature = leads ? slip + rate * otherSlip : otherSlip + otherRate * slip;
    if (rate * otherRate > half.product) half.product = rate * otherRate;
    if (curvature < half.curvature) half.curvature = curvature;
    const lifted = liftedRate(layout, edge, 0) * (layout.laneRates[other * LEVELS] ?? 0);
    if (lifted > half.rate) half.rate = lifted;
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
  const { firstPool, endPool, poolsOfPair, laneRates } = layout;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (fresh[pool] !== 1) continue;
    const edge = edgeAlong(layout, pool, lane);
    for (let level = 0; level < LEVELS; level++) {
      const rate = liftedRate(layout, edge, level) * (laneRates[other * LEVELS + level] ?? 0);
      if (rate > (rates[level] ?? 0)) rates[level] = rate;
    }
  }
}
