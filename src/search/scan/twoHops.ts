import { liftedRate } from "./laneRates.ts";
import { LEVELS } from "./ladder.ts";
import { ROW } from "./layout.ts";
import type { Layout } from "./layout.ts";

/**
 * Whether two hops through a changed pool of a pair reach a threshold. Lanes may meet in one pool, so what they promise is
 * looked up pool by pool.
 */
export function twoHopsPay(layout: Layout, pair: number): boolean {
  const { firstPool, endPool, turns, changedRates, laneRates, thresholds } = layout;
  if ((endPool[pair] ?? 0) - (firstPool[pair] ?? 0) < 2) return false;
  const one = 2 * pair * ROW;
  const other = one + ROW;
  const changed = 2 * ((turns[pair] ?? 0) - 1) * ROW;
  let promising = false;
  for (let level = 0; level < LEVELS; level++) {
    const threshold = thresholds[level] ?? Infinity;
    const back = (changedRates[changed + level] ?? 0) * (laneRates[other + level] ?? 0);
    const forth = (laneRates[one + level] ?? 0) * (changedRates[changed + ROW + level] ?? 0);
    if (back >= threshold || forth >= threshold) promising = true;
  }
  return promising && pairPays(layout, pair);
}

/** Whether one of the pair's changed pools and another pool, either way round, reach a threshold. */
function pairPays(layout: Layout, pair: number): boolean {
  const { firstPool, endPool, edgesOfPair, poolMarks } = layout;
  const end = endPool[pair] ?? 0;
  for (let at = firstPool[pair] ?? 0; at < end; at++) {
    const edge = edgesOfPair[at] ?? 0;
    if (poolMarks[edge >> 1] !== 1) continue;
    for (let next = firstPool[pair] ?? 0; next < end; next++) {
      const other = edgesOfPair[next] ?? 0;
      if (other === edge) continue;
      if (edgesPay(layout, edge, other ^ 1) || edgesPay(layout, edge ^ 1, other)) return true;
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
