import { FAIR } from "./ladder.ts";
import { CHUNK_SHIFT, HEAD_LEVELS, ROW, TOUCH_WORDS } from "./layout.ts";
import type { Layout } from "./layout.ts";

const UNFAIR = 1 / FAIR;
/** Heads err upwards: down here they are this, and beyond float32 infinite. NaN is infinity times 0, which reaches nothing. */
const LEAST_HEAD = 1e-9;

/** A rate as the screen counts it (see `ladder.ts`): a marginal rate below 1/FAIR is raised by FAIR. */
export function liftedRate({ edgeRates }: Layout, edge: number, level: number): number {
  const rate = edgeRates[edge * ROW + level] ?? 0;
  return level === 0 && rate < UNFAIR ? rate * FAIR : rate;
}

/**
 * Writes the lanes of a pair anew: rates and heads over all its pools, and at its turn rates over the marked ones alone.
 * Returns whose heads moved: 1 for direction 0, plus 2 for direction 1. `refreshRecords` takes it.
 */
export function refreshLanes(layout: Layout, pair: number, turn: number): number {
  const { firstPool, endPool, edgesOfPair, poolMarks, edgeRates, laneRates, changedRates } = layout;
  const row = 2 * pair * ROW;
  const changedRow = 2 * turn * ROW;
  laneRates.fill(0, row, row + 2 * ROW);
  changedRates.fill(0, changedRow, changedRow + 2 * ROW);
  for (let at = firstPool[pair] ?? 0; at < (endPool[pair] ?? 0); at++) {
    const edge = edgesOfPair[at] ?? 0;
    raiseRates(laneRates, row, edgeRates, edge * ROW);
    raiseRates(laneRates, row + ROW, edgeRates, (edge ^ 1) * ROW);
    if (poolMarks[edge >> 1] !== 1) continue;
    raiseRates(changedRates, changedRow, edgeRates, edge * ROW);
    raiseRates(changedRates, changedRow + ROW, edgeRates, (edge ^ 1) * ROW);
  }
  return moveHeads(layout, 2 * pair) | (moveHeads(layout, 2 * pair + 1) << 1);
}

/** Raises a row to an edge's, its rates lifted. */
function raiseRates(rates: Float64Array, to: number, edgeRates: Float64Array, from: number): void {
  const marginal = edgeRates[from] ?? 0;
  const lifted = marginal < UNFAIR ? marginal * FAIR : marginal;
  if (lifted > (rates[to] ?? 0)) rates[to] = lifted;
  for (let level = 1; level < ROW; level++) {
    const rate = edgeRates[from + level] ?? 0;
    if (rate > (rates[to + level] ?? 0)) rates[to + level] = rate;
  }
}

/** 1 when one of a lane's heads is another now. */
function moveHeads({ laneRates, laneHeads }: Layout, lane: number): number {
  let moved = 0;
  for (let level = 0; level < HEAD_LEVELS; level++) {
    const before = laneHeads[lane * HEAD_LEVELS + level];
    const rate = laneRates[lane * ROW + level] ?? 0;
    laneHeads[lane * HEAD_LEVELS + level] = rate > 0 ? Math.max(rate, LEAST_HEAD) : 0;
    if (laneHeads[lane * HEAD_LEVELS + level] !== before) moved = 1;
  }
  return moved;
}

/**
 * Writes the heads of the records through lanes that moved, and raises the bounds of their groups and chunks. Level by
 * level it is written out, and where heads only fell it ends early: that halves what it takes.
 */
export function refreshRecords(layout: Layout, pair: number, moved: number): void {
  const { touching, laneHeads, recordHeads } = layout;
  if (moved === 0) return;
  const end = TOUCH_WORDS * (layout.endTouch[pair] ?? 0);
  for (let touch = TOUCH_WORDS * (layout.firstTouch[pair] ?? 0); touch < end; touch += TOUCH_WORDS) {
    const code = touching[touch] ?? 0;
    const other = touching[touch + 1] ?? 0;
    const group = touching[touch + 2] ?? 0;
    for (let way = 0; way < 2; way++) {
      const direction = (code & 1) ^ way;
      if (((moved >> direction) & 1) === 0) continue;
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
