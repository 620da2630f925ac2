import { FAIR, LEVELS } from "./ladder.ts";
import type { Layout } from "./layout.ts";

const UNFAIR = 1 / FAIR;

/** A rate as the screen counts it (see `ladder.ts`): far from fair it is raised by FAIR, above level 0 by its kind's lift. */
export function liftedRate({ edgeRates, poolKinds, lifts }: Layout, edge: number, level: number): number {
  const rate = edgeRates[edge * LEVELS + level] ?? 0;
  if (level > 0) return rate * (lifts[(poolKinds[edge >> 1] ?? 0) * LEVELS + level] ?? 0);
  return rate < UNFAIR ? rate * FAIR : rate;
}

/**
 * Writes the lanes of a pair anew: `laneRates` over all its pools, `changedRates` over the marked ones. Returns which
 * lanes rose at some level: 1 for direction 0, plus 2 for direction 1.
 */
export function refreshLanes(layout: Layout, pair: number): number {
  return refreshLane(layout, 2 * pair) | (refreshLane(layout, 2 * pair + 1) << 1);
}

function refreshLane(layout: Layout, lane: number): number {
  const { firstPool, endPool, poolsOfPair, poolFlips, poolMarks, laneRates, changedRates } = layout;
  const first = firstPool[lane >> 1] ?? 0;
  const end = endPool[lane >> 1] ?? 0;
  let rose = 0;
  for (let level = 0; level < LEVELS; level++) {
    let best = 0;
    let bestChanged = 0;
    for (let at = first; at < end; at++) {
      const pool = poolsOfPair[at] ?? 0;
      const rate = liftedRate(layout, 2 * pool + ((poolFlips[pool] ?? 0) ^ (lane & 1)), level);
      if (rate > best) best = rate;
      if (poolMarks[pool] === 1 && rate > bestChanged) bestChanged = rate;
    }
    if (best > (laneRates[lane * LEVELS + level] ?? 0)) rose = 1;
    laneRates[lane * LEVELS + level] = best;
    changedRates[lane * LEVELS + level] = bestChanged;
  }
  return rose;
}
