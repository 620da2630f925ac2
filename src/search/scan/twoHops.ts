import { liftedRate } from "./laneRates.ts";
import { LEVELS } from "./ladder.ts";
import type { Layout } from "./layout.ts";

/**
 * Whether two hops through a changed pool of a pair reach a threshold. Lanes may meet in one pool, so what they promise is
 * looked up pool by pool.
 */
export function twoHopsPay(layout: Layout, pair: number): boolean {
  const { firstPool, endPool, changedRates, laneRates, thresholds } = layout;
  if ((endPool[pair] ?? 0) - (firstPool[pair] ?? 0) < 2) return false;
  const one = 2 * pair * LEVELS;
  const other = one + LEVELS;
  let promising = false;
  for (let level = 0; level < LEVELS; level++) {
    const threshold = thresholds[level] ?? Infinity;
    const back = (changedRates[one + level] ?? 0) * (laneRates[other + level] ?? 0);
    const forth = (laneRates[one + level] ?? 0) * (changedRates[other + level] ?? 0);
    if (back >= threshold || forth >= threshold) promising = true;
  }
  return promising && pairPays(layout, pair);
}

/** Whether one of the pair's changed pools and another pool, either way round, reach a threshold. */
function pairPays(layout: Layout, pair: number): boolean {
  const { firstPool, endPool, poolsOfPair, poolMarks, poolFlips } = layout;
  const end = endPool[pair] ?? 0;
  for (let at = firstPool[pair] ?? 0; at < end; at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (poolMarks[pool] !== 1) continue;
    const edge = 2 * pool + (poolFlips[pool] ?? 0);
    for (let next = firstPool[pair] ?? 0; next < end; next++) {
      const back = poolsOfPair[next] ?? 0;
      if (back === pool) continue;
      const backEdge = 2 * back + ((poolFlips[back] ?? 0) ^ 1);
      if (edgesPay(layout, edge, backEdge) || edgesPay(layout, edge ^ 1, backEdge ^ 1)) return true;
    }
  }
  return false;
}

function edgesPay(layout: Layout, edge: number, back: number): boolean {
  for (let level = 0; level < LEVELS; level++) {
    const product = liftedRate(layout, edge, level) * liftedRate(layout, back, level);
    if (product >= (layout.thresholds[level] ?? Infinity)) return true;
  }
  return false;
}
