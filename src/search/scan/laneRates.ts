import { FAIR, LEVELS } from "./ladder.ts";
import { CHUNK_SHIFT, ENVELOPE, HEAD_LEVELS, TOUCH_WORDS } from "./layout.ts";
import type { Layout } from "./layout.ts";

const UNFAIR = 1 / FAIR;
/** Heads err upwards: down here they are this, and beyond float32 infinite. NaN is infinity times 0, which reaches nothing. */
const LEAST_HEAD = 1e-9;

/** A rate as the screen counts it (see `ladder.ts`): a marginal rate below 1/FAIR is raised by FAIR. */
export function liftedRate({ edgeRates }: Layout, edge: number, level: number): number {
  const rate = edgeRates[edge * LEVELS + level] ?? 0;
  return level === 0 && rate < UNFAIR ? rate * FAIR : rate;
}

/**
 * Writes the lanes of a pair anew: rates, heads and envelopes over all its pools, and rates and envelopes over the
 * marked ones alone. Returns 1 when one of the heads is another now: then `refreshRecords` is due.
 */
export const refreshLanes = (layout: Layout, pair: number): number =>
  refreshLane(layout, 2 * pair) | refreshLane(layout, 2 * pair + 1);

function refreshLane(layout: Layout, lane: number): number {
  const { firstPool, endPool, poolsOfPair, poolFlips, poolMarks } = layout;
  const { edgeRates, laneRates, changedRates } = layout;
  const row = lane * LEVELS;
  const end = endPool[lane >> 1] ?? 0;
  refreshEnvelopes(layout, lane);
  laneRates.fill(0, row, row + LEVELS);
  changedRates.fill(0, row, row + LEVELS);
  for (let at = firstPool[lane >> 1] ?? 0; at < end; at++) {
    const pool = poolsOfPair[at] ?? 0;
    const edge = (2 * pool + ((poolFlips[pool] ?? 0) ^ (lane & 1))) * LEVELS;
    const isChanged = poolMarks[pool] === 1;
    for (let level = 0; level < LEVELS; level++) {
      let rate = edgeRates[edge + level] ?? 0;
      if (level === 0 && rate < UNFAIR) rate *= FAIR;
      if (rate > (laneRates[row + level] ?? 0)) laneRates[row + level] = rate;
      if (isChanged && rate > (changedRates[row + level] ?? 0)) changedRates[row + level] = rate;
    }
  }
  return moveHeads(layout, lane);
}

function refreshEnvelopes(layout: Layout, lane: number): void {
  const { firstPool, endPool, poolsOfPair, poolFlips, poolMarks, edgeRates, edgeBends, laneEnvelopes } =
    layout;
  let rate = 0;
  let bend = Infinity;
  let changedRate = 0;
  let changedBend = Infinity;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    const edge = 2 * pool + ((poolFlips[pool] ?? 0) ^ (lane & 1));
    const edgeRate = edgeRates[edge * LEVELS] ?? 0;
    const edgeBend = edgeBends[edge] ?? 0;
    if (edgeRate > rate) rate = edgeRate;
    if (edgeBend < bend) bend = edgeBend;
    if (poolMarks[pool] !== 1) continue;
    if (edgeRate > changedRate) changedRate = edgeRate;
    if (edgeBend < changedBend) changedBend = edgeBend;
  }
  const to = lane * ENVELOPE;
  laneEnvelopes[to] = rate;
  laneEnvelopes[to + 1] = rate > 0 ? rate * bend : 0;
  laneEnvelopes[to + 2] = changedRate;
  laneEnvelopes[to + 3] = changedRate > 0 ? changedRate * changedBend : 0;
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

/**
 * Writes the heads of a pair's records, both ways, and raises the bounds of their groups and chunks. Level by
 * level it is written out, and where heads only fell it ends early: that halves what it takes.
 */
export function refreshRecords(layout: Layout, pair: number): void {
  const { touching, laneHeads, recordHeads } = layout;
  const end = TOUCH_WORDS * (layout.endTouch[pair] ?? 0);
  for (let touch = TOUCH_WORDS * (layout.firstTouch[pair] ?? 0); touch < end; touch += TOUCH_WORDS) {
    const code = touching[touch] ?? 0;
    const other = touching[touch + 1] ?? 0;
    const group = touching[touch + 2] ?? 0;
    for (let way = 0; way < 2; way++) {
      const direction = (code & 1) ^ way;
      const side = (code & ~1) + way;
      const at = side * HEAD_LEVELS;
      const own = (2 * pair + direction) * HEAD_LEVELS;
      const lane = (other ^ way) * HEAD_LEVELS;
      const rate0 = (laneHeads[own] ?? 0) * (laneHeads[lane] ?? 0);
      const rate1 = (laneHeads[own + 1] ?? 0) * (laneHeads[lane + 1] ?? 0);
      const rate2 = (laneHeads[own + 2] ?? 0) * (laneHeads[lane + 2] ?? 0);
      const rate3 = (laneHeads[own + 3] ?? 0) * (laneHeads[lane + 3] ?? 0);
      const fell =
        rate0 <= (recordHeads[at] ?? 0) &&
        rate1 <= (recordHeads[at + 1] ?? 0) &&
        rate2 <= (recordHeads[at + 2] ?? 0) &&
        rate3 <= (recordHeads[at + 3] ?? 0);
      recordHeads[at] = rate0;
      recordHeads[at + 1] = rate1;
      recordHeads[at + 2] = rate2;
      recordHeads[at + 3] = rate3;
      if (!fell) raiseBounds(layout, side, 2 * group + way);
    }
  }
}

/** The same for one record that is new at its place, from its lanes. */
export function refreshRecord(layout: Layout, record: number): void {
  const { firstLane, secondLane, groupOfRecord, laneHeads, recordHeads } = layout;
  for (let way = 0; way < 2; way++) {
    const side = 2 * record + way;
    const first = ((firstLane[record] ?? 0) ^ way) * HEAD_LEVELS;
    const second = ((secondLane[record] ?? 0) ^ way) * HEAD_LEVELS;
    for (let level = 0; level < HEAD_LEVELS; level++)
      recordHeads[side * HEAD_LEVELS + level] =
        (laneHeads[first + level] ?? 0) * (laneHeads[second + level] ?? 0);
    raiseBounds(layout, side, 2 * (groupOfRecord[record] ?? 0) + way);
  }
}

/** Raises a chunk's bounds, and one side of a group's, `2 * group + way`, to the heads of a side of a record. */
export function raiseBounds(
  { recordHeads, groupBounds, chunkBounds }: Layout,
  side: number,
  of: number,
): void {
  const from = side * HEAD_LEVELS;
  raiseHeads(groupBounds, of * HEAD_LEVELS, recordHeads, from);
  raiseHeads(chunkBounds, (2 * ((side >> 1) >> CHUNK_SHIFT) + (side & 1)) * HEAD_LEVELS, recordHeads, from);
}

/** Raises HEAD_LEVELS bounds to heads. */
export function raiseHeads(bounds: Float32Array, to: number, heads: Float32Array, from: number): void {
  const rate0 = heads[from] ?? 0;
  const rate1 = heads[from + 1] ?? 0;
  const rate2 = heads[from + 2] ?? 0;
  const rate3 = heads[from + 3] ?? 0;
  if (rate0 > (bounds[to] ?? 0)) bounds[to] = rate0;
  if (rate1 > (bounds[to + 1] ?? 0)) bounds[to + 1] = rate1;
  if (rate2 > (bounds[to + 2] ?? 0)) bounds[to + 2] = rate2;
  if (rate3 > (bounds[to + 3] ?? 0)) bounds[to + 3] = rate3;
}
