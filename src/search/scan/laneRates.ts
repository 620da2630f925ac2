import { FAIR, LEVELS } from "./ladder.ts";
import { CHUNK, HEAD_LEVELS, TOUCH_WORDS } from "./layout.ts";
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
 * ones. Returns whose heads moved: 1 for direction 0, plus 2 for direction 1. `refreshRecords` takes it.
 */
export const refreshLanes = (layout: Layout, pair: number): number =>
  refreshLane(layout, 2 * pair) | (refreshLane(layout, 2 * pair + 1) << 1);

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

/** Writes the heads of the records through lanes that moved, and raises the bounds of their groups and chunks. */
export function refreshRecords(layout: Layout, pair: number, moved: number): void {
  const { firstTouch, endTouch, touching } = layout;
  if (moved === 0) return;
  const end = TOUCH_WORDS * (endTouch[pair] ?? 0);
  for (let touch = TOUCH_WORDS * (firstTouch[pair] ?? 0); touch < end; touch += TOUCH_WORDS) {
    const code = touching[touch] ?? 0;
    const other = touching[touch + 1] ?? 0;
    const group = touching[touch + 2] ?? 0;
    const direction = code & 1;
    const side = code & ~1;
    const own = 2 * pair + direction;
    if (((moved >> direction) & 1) === 1 && writeHeads(layout, side, own, other))
      raiseBounds(layout, side, 2 * group);
    if (((moved >> (direction ^ 1)) & 1) === 1 && writeHeads(layout, side + 1, own ^ 1, other ^ 1))
      raiseBounds(layout, side + 1, 2 * group + 1);
  }
}

/** The same for one record, from its lanes. */
export function refreshRecord(layout: Layout, record: number): void {
  const first = layout.firstLane[record] ?? 0;
  const second = layout.secondLane[record] ?? 0;
  const group = layout.groupOfRecord[record] ?? 0;
  for (let way = 0; way < 2; way++) {
    writeHeads(layout, 2 * record + way, first ^ way, second ^ way);
    raiseBounds(layout, 2 * record + way, 2 * group + way);
  }
}

/** Heads of one side of a record, `2 * record + way`, from two lanes; whether one rose, or was not a number. */
function writeHeads({ laneHeads, recordHeads }: Layout, side: number, one: number, other: number): boolean {
  const at = side * HEAD_LEVELS;
  const a = one * HEAD_LEVELS;
  const b = other * HEAD_LEVELS;
  const rate0 = (laneHeads[a] ?? 0) * (laneHeads[b] ?? 0);
  const rate1 = (laneHeads[a + 1] ?? 0) * (laneHeads[b + 1] ?? 0);
  const rate2 = (laneHeads[a + 2] ?? 0) * (laneHeads[b + 2] ?? 0);
  const rate3 = (laneHeads[a + 3] ?? 0) * (laneHeads[b + 3] ?? 0);
  const fell =
    rate0 <= (recordHeads[at] ?? 0) &&
    rate1 <= (recordHeads[at + 1] ?? 0) &&
    rate2 <= (recordHeads[at + 2] ?? 0) &&
    rate3 <= (recordHeads[at + 3] ?? 0);
  recordHeads[at] = rate0;
  recordHeads[at + 1] = rate1;
  recordHeads[at + 2] = rate2;
  recordHeads[at + 3] = rate3;
  return !fell;
}

/** Raises a chunk's bounds, and one side of a group's, `2 * group + way`, to the heads of a side of a record. */
export function raiseBounds(
  { recordHeads, groupBounds, chunkBounds }: Layout,
  side: number,
  of: number,
): void {
  const chunk = chunkSide(side) * HEAD_LEVELS;
  const bound = of * HEAD_LEVELS;
  for (let level = 0; level < HEAD_LEVELS; level++) {
    const rate = recordHeads[side * HEAD_LEVELS + level] ?? 0;
    if (rate > (groupBounds[bound + level] ?? 0)) groupBounds[bound + level] = rate;
    if (rate > (chunkBounds[chunk + level] ?? 0)) chunkBounds[chunk + level] = rate;
  }
}

/** Side of its chunk that a side of a record belongs to. */
export const chunkSide = (side: number): number => 2 * Math.trunc(side / (2 * CHUNK)) + (side & 1);
