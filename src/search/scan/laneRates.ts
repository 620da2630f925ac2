import { FAIR, LEVELS } from "./ladder.ts";
import { HEAD_LEVELS, TOUCH_WORDS } from "./layout.ts";
import type { Layout } from "./layout.ts";

const UNFAIR = 1 / FAIR;
/** Heads err upwards: down here they are this, and beyond float32 infinite. NaN is infinity times 0, which reaches nothing. */
const LEAST_HEAD = 1e-9;

/** A rate as the screen counts it (see `ladder.ts`): far from fair it is raised by FAIR, above level 0 by its kind's lift. */
export function liftedRate({ edgeRates, poolKinds, lifts }: Layout, edge: number, level: number): number {
  const rate = edgeRates[edge * LEVELS + level] ?? 0;
  if (level > 0) return rate * (lifts[(poolKinds[edge >> 1] ?? 0) * LEVELS + level] ?? 0);
  return rate < UNFAIR ? rate * FAIR : rate;
}

/**
 * Writes the lanes of a pair anew: `laneRates` and `laneHeads` over all its pools, `changedRates` over the marked
 * ones. Returns 1 when a head moved: the records through the pair need `refreshRecords` then.
 */
export const refreshLanes = (layout: Layout, pair: number): number =>
  refreshLane(layout, 2 * pair) | refreshLane(layout, 2 * pair + 1);

function refreshLane(layout: Layout, lane: number): number {
  const { firstPool, endPool, poolsOfPair, poolFlips, poolKinds, poolMarks } = layout;
  const { edgeRates, lifts, laneRates, changedRates } = layout;
  const row = lane * LEVELS;
  const end = endPool[lane >> 1] ?? 0;
  laneRates.fill(0, row, row + LEVELS);
  changedRates.fill(0, row, row + LEVELS);
  for (let at = firstPool[lane >> 1] ?? 0; at < end; at++) {
    const pool = poolsOfPair[at] ?? 0;
    const edge = (2 * pool + ((poolFlips[pool] ?? 0) ^ (lane & 1))) * LEVELS;
    const lift = (poolKinds[pool] ?? 0) * LEVELS;
    const isChanged = poolMarks[pool] === 1;
    for (let level = 0; level < LEVELS; level++) {
      let rate = (edgeRates[edge + level] ?? 0) * (lifts[lift + level] ?? 0);
      if (level === 0 && rate < UNFAIR) rate *= FAIR;
      if (rate > (laneRates[row + level] ?? 0)) laneRates[row + level] = rate;
      if (isChanged && rate > (changedRates[row + level] ?? 0)) changedRates[row + level] = rate;
    }
  }
  return moveHeads(layout, lane);
}

/** 1 when one of a lane's heads is another now. */
function moveHeads({ laneRates, laneHeads }: Layout, lane: number): number {
  let moved = 0;
  for (let level = 0; level < HEAD_LEVELS; level++) {
    const before = laneHeads[lane * HEAD_LEVELS + level];
    const rate = laneRates[lane * LEVELS + level] ?? 0;
    laneHeads[lane * HEAD_LEVELS + level] = rate > 0 ? Math.max(rate, LEAST_HEAD) : 0;
    if (laneHeads[lane * HEAD_LEVELS + level] !== before) moved = 1;
  }
  return moved;
}

/** Writes the heads of the records through a pair, and raises the bounds of their groups. */
export function refreshRecords(layout: Layout, pair: number): void {
  const { firstTouch, endTouch, touching, laneHeads, recordHeads, groupBounds } = layout;
  const end = TOUCH_WORDS * (endTouch[pair] ?? 0);
  for (let touch = TOUCH_WORDS * (firstTouch[pair] ?? 0); touch < end; touch += TOUCH_WORDS) {
    const code = touching[touch] ?? 0;
    const other = touching[touch + 1] ?? 0;
    const group = touching[touch + 2] ?? 0;
    for (let way = 0; way < 2; way++) {
      const own = (2 * pair + ((code & 1) ^ way)) * HEAD_LEVELS;
      const lane = (other ^ way) * HEAD_LEVELS;
      const head = (2 * (code >> 1) + way) * HEAD_LEVELS;
      const bound = (2 * group + way) * HEAD_LEVELS;
      for (let level = 0; level < HEAD_LEVELS; level++) {
        const rate = (laneHeads[own + level] ?? 0) * (laneHeads[lane + level] ?? 0);
        recordHeads[head + level] = rate;
        if (rate > (groupBounds[bound + level] ?? 0)) groupBounds[bound + level] = rate;
      }
    }
  }
}

/** The same for one record, from its lanes. */
export function refreshRecord(layout: Layout, record: number): void {
  const { firstLane, secondLane, groupOfRecord, laneHeads, recordHeads, groupBounds } = layout;
  for (let way = 0; way < 2; way++) {
    const first = ((firstLane[record] ?? 0) ^ way) * HEAD_LEVELS;
    const second = ((secondLane[record] ?? 0) ^ way) * HEAD_LEVELS;
    const bound = (2 * (groupOfRecord[record] ?? 0) + way) * HEAD_LEVELS;
    for (let level = 0; level < HEAD_LEVELS; level++) {
      const rate = (laneHeads[first + level] ?? 0) * (laneHeads[second + level] ?? 0);
      recordHeads[(2 * record + way) * HEAD_LEVELS + level] = rate;
      if (rate > (groupBounds[bound + level] ?? 0)) groupBounds[bound + level] = rate;
    }
  }
}
