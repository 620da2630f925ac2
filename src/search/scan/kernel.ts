import { boundHits } from "./hitBounds.ts";
import { raiseHeads, refreshLanes, refreshRecords } from "./laneRates.ts";
import { LEVELS } from "./ladder.ts";
import { CHUNK, CHUNK_SHIFT, HEAD_LEVELS, HIT, HIT_KINDS, ROW, TOUCH_WORDS } from "./layout.ts";
import type { Kernel, Layout } from "./layout.ts";
import { twoHopsPay } from "./twoHops.ts";

/** The layout, the number of hits so far, and what the steps hand to each other. */
interface Work extends Layout {
  found: number;
  /** Heads of the pair at hand, of its changed pools alone: direction 0, then 1. */
  readonly changedHeads: Float64Array;
  /** By level: a changed lane, alone or with another. */
  readonly half: Float64Array;
  /** Heads. */
  readonly best: Float32Array;
}

/**
 * The scan in TypeScript: the twin of `kernel/assembly/scan.ts`, so that both write the same hits in the same order.
 *
 *   1. all pairs of the changed pools: best rates of their pools, and of the changed ones alone
 *   2. pair by pair: two hops in the pair; the heads of its records, and the bounds of their groups; each of its records
 *      against the bounds of its group and, only where these reach a threshold, against the other records; the groups
 *      that the pair closes
 *   3. the bounds of the hits
 *
 * Heads and bounds of a pair whose turn is yet to come may be too low by what has risen in it. A cycle through it is hit
 * at that turn: where the last of its changed pools has its own, all of its lanes' heads are new.
 *
 * "Forwards" is way 0, "backwards" way 1.
 */
export function createTypeScriptKernel(layout: Layout): Kernel {
  const work: Work = {
    ...layout,
    found: 0,
    changedHeads: new Float64Array(2 * HEAD_LEVELS),
    half: new Float64Array(LEVELS),
    best: new Float32Array(HEAD_LEVELS),
  };
  return {
    name: "typescript",
    take: (start, end) => take(work, start, end),
    scan: (start, end) => scan(work, start, end),
  };
}

function take(work: Work, start: number, end: number): void {
  const { touchedPairs, turns } = work;
  const touched = touchPairs(work, start, end);
  refreshTouched(work, touched);
  for (let at = 0; at < touched; at++) {
    const entry = touchedPairs[at] ?? 0;
    refreshRecords(work, entry >> 2, entry & 3);
    turns[entry >> 2] = 0;
  }
}

function scan(work: Work, start: number, end: number): number {
  const { changed, touchedPairs, poolMarks, turns, maxHops } = work;
  work.found = 0;
  for (let at = start; at < end; at++) poolMarks[changed[at] ?? 0] = 1;
  const touched = touchPairs(work, start, end);
  refreshTouched(work, touched);
  for (let at = 0; at < touched; at++) {
    const entry = touchedPairs[at] ?? 0;
    const pair = entry >> 2;
    if (work.basePairs[pair] === 1 && twoHopsPay(work, pair)) hit(work, pair, HIT.pair);
    if (maxHops < 3) continue;
    refreshRecords(work, pair, entry & 3);
    setChangedHeads(work, at);
    testRecords(work, pair, at);
    testClosedGroups(work, pair, at);
  }
  boundHits(work, work.found);
  for (let at = 0; at < touched; at++) turns[(touchedPairs[at] ?? 0) >> 2] = 0;
  for (let at = start; at < end; at++) poolMarks[changed[at] ?? 0] = 0;
  clearRecordMarks(work);
  return work.found;
}

/** Lists each pair of the changed pools once, and marks it. */
function touchPairs({ changed, pairOfPool, turns, touchedPairs }: Work, start: number, end: number): number {
  let touched = 0;
  for (let at = start; at < end; at++) {
    const pair = pairOfPool[changed[at] ?? 0] ?? -1;
    if (pair < 0 || turns[pair] !== 0) continue;
    touchedPairs[touched++] = pair;
    turns[pair] = touched;
  }
  return touched;
}

function refreshTouched(work: Work, touched: number): void {
  const { touchedPairs } = work;
  for (let at = 0; at < touched; at++) {
    const pair = touchedPairs[at] ?? 0;
    touchedPairs[at] = 4 * pair + refreshLanes(work, pair, at);
  }
}

function hit(work: Work, id: number, kind: number): void {
  work.hits[work.found++] = HIT_KINDS * id + kind;
}

/** Writes a hit down unless it is there already. */
function hitRecord(work: Work, record: number, kind: number): void {
  if (isHit(work, record, kind)) return;
  work.recordMarks[record] = (work.recordMarks[record] ?? 0) | (1 << kind);
  hit(work, record, kind);
}

const isHit = ({ recordMarks }: Work, record: number, kind: number): boolean =>
  (((recordMarks[record] ?? 0) >> kind) & 1) === 1;

function clearRecordMarks({ hits, recordMarks, found }: Work): void {
  for (let at = 0; at < found; at++) {
    const kind = (hits[at] ?? 0) % HIT_KINDS;
    if (kind !== HIT.pair) recordMarks[((hits[at] ?? 0) - kind) / HIT_KINDS] = 0;
  }
}

function setChangedHeads({ changedHeads, changedRates }: Work, turn: number): void {
  for (let level = 0; level < HEAD_LEVELS; level++) {
    changedHeads[level] = changedRates[2 * turn * ROW + level] ?? 0;
    changedHeads[HEAD_LEVELS + level] = changedRates[(2 * turn + 1) * ROW + level] ?? 0;
  }
}

/**
 * Each record through the pair, with the pair's changed pools in it. Rates do not rise from level 1 on: level 2 speaks
 * for all above it. Each comparison rarely holds, so that a wrong guess of the processor does not cost more than the
 * test; and what the loop uses is held in locals, which the compiler does not do.
 */
function testRecords(work: Work, pair: number, turn: number): void {
  const { touching, changedHeads, laneHeads, groupBounds } = work;
  const start = TOUCH_WORDS * (work.firstTouch[pair] ?? 0);
  const end = TOUCH_WORDS * (work.endTouch[pair] ?? 0);
  const hasFours = work.maxHops >= 4;
  const threshold0 = work.headThresholds[0] ?? 0;
  const threshold1 = work.headThresholds[1] ?? 0;
  const least = work.headThresholds[HEAD_LEVELS - 1] ?? 0;
  for (let touch = start; touch < end; touch += TOUCH_WORDS) {
    const direction = (touching[touch] ?? 0) & 1;
    const other = touching[touch + 1] ?? 0;
    const group = touching[touch + 2] ?? 0;
    const closing = touching[touch + 3] ?? 0;
    for (let way = 0; way < 2; way++) {
      const own = (direction ^ way) * HEAD_LEVELS;
      const lane = (other ^ way) * HEAD_LEVELS;
      const rate0 = (changedHeads[own] ?? 0) * (laneHeads[lane] ?? 0);
      const rate1 = (changedHeads[own + 1] ?? 0) * (laneHeads[lane + 1] ?? 0);
      const rate2 = (changedHeads[own + 2] ?? 0) * (laneHeads[lane + 2] ?? 0);
      const bound = (2 * group + (way ^ 1)) * HEAD_LEVELS;
      if (
        hasFours &&
        (rate1 * (groupBounds[bound + 1] ?? 0) >= threshold1 ||
          rate2 * (groupBounds[bound + 2] ?? 0) >= least ||
          rate0 * (groupBounds[bound] ?? 0) >= threshold0) &&
        boundReaches(work, own, lane, bound)
      )
        testOthers(work, touch, 2 * turn + (direction ^ way), way);
      if (closing < 0) continue;
      const last = (closing ^ way) * HEAD_LEVELS;
      if (
        rate1 * (laneHeads[last + 1] ?? 0) >= threshold1 ||
        rate2 * (laneHeads[last + 2] ?? 0) >= least ||
        rate0 * (laneHeads[last] ?? 0) >= threshold0
      )
        testClosing(work, touch, 2 * turn + (direction ^ way), way);
    }
  }
}

/** Coarse: whether the pair's changed pools, another lane and one side of a group's bounds reach a threshold. */
function boundReaches(work: Work, own: number, lane: number, bound: number): boolean {
  const { changedHeads, laneHeads, groupBounds, headThresholds } = work;
  for (let level = 0; level < HEAD_LEVELS; level++) {
    const rate = (changedHeads[own + level] ?? 0) * (laneHeads[lane + level] ?? 0);
    if (rate * (groupBounds[bound + level] ?? 0) >= (headThresholds[level] ?? 0)) return true;
  }
  return false;
}

/** `changed` is a row of `changedRates`. */
function setHalf({ half, changedRates, laneRates }: Work, changed: number, lane: number): void {
  for (let level = 0; level < LEVELS; level++)
    half[level] = (changedRates[changed * ROW + level] ?? 0) * (laneRates[lane * ROW + level] ?? 0);
}

/** Exact: whether `half` and a lane reach a threshold. */
function halfReaches({ half, laneRates, thresholds }: Work, lane: number): boolean {
  for (let level = 0; level < LEVELS; level++) {
    const product = (half[level] ?? 0) * (laneRates[lane * ROW + level] ?? 0);
    if (product >= (thresholds[level] ?? Infinity)) return true;
  }
  return false;
}

/** Exact: whether `half` and two lanes reach a threshold. */
function halvesReach({ half, laneRates, thresholds }: Work, one: number, other: number): boolean {
  for (let level = 0; level < LEVELS; level++) {
    const rate = (laneRates[one * ROW + level] ?? 0) * (laneRates[other * ROW + level] ?? 0);
    if ((half[level] ?? 0) * rate >= (thresholds[level] ?? Infinity)) return true;
  }
  return false;
}

/** The triangle of a touch's record, one way round, the changed lane given. */
function testClosing(work: Work, touch: number, changed: number, way: number): void {
  const { touching } = work;
  setHalf(work, changed, (touching[touch + 1] ?? 0) ^ way);
  if (halfReaches(work, (touching[touch + 3] ?? 0) ^ way))
    hitRecord(work, (touching[touch] ?? 0) >> 1, HIT.threeForwards + way);
}

/**
 * A touch's record, the changed lane given, against every other of its group the other way. When none reaches a
 * threshold, the group's bound becomes exact.
 */
function testOthers(work: Work, touch: number, changed: number, way: number): void {
  const { touching, firstRecord, endRecord, lastReached } = work;
  const record = (touching[touch] ?? 0) >> 1;
  if (isHit(work, record, HIT.fourForwards + way)) return;
  const group = touching[touch + 2] ?? 0;
  const back = way ^ 1;
  setHalf(work, changed, (touching[touch + 1] ?? 0) ^ way);
  const first = firstRecord[group] ?? 0;
  const end = endRecord[group] ?? 0;
  // What reached last often does again.
  const last = 2 * group + back;
  const hint = lastReached[last] ?? 0;
  const start = hint > first && hint < end ? hint : first;
  for (let turn = 0; turn < 2; turn++) {
    const stop = turn === 0 ? end : start;
    for (let other = turn === 0 ? start : first; ; other++) {
      other = nextRecord(work, other, stop, back);
      if (other === stop) break;
      if (other === record || !reachesOther(work, other, back)) continue;
      lastReached[last] = other;
      hitRecord(work, record, HIT.fourForwards + way);
      return;
    }
  }
  tighten(work, group, back);
}

const reachesOther = (work: Work, other: number, back: number): boolean =>
  halvesReach(work, (work.firstLane[other] ?? 0) ^ back, (work.secondLane[other] ?? 0) ^ back);

/**
 * Coarse: the next record from `from` on whose head reaches a threshold with `half`; or `end`. Whole chunks whose bounds
 * reach none are passed over.
 */
function nextRecord(work: Work, from: number, end: number, way: number): number {
  const { half, recordHeads, headThresholds } = work;
  const half0 = half[0] ?? 0;
  const half1 = half[1] ?? 0;
  const half2 = half[2] ?? 0;
  const threshold0 = headThresholds[0] ?? 0;
  const threshold1 = headThresholds[1] ?? 0;
  const least = headThresholds[HEAD_LEVELS - 1] ?? 0;
  for (let record = from; record < end; record++) {
    if (isFarChunk(work, record, end, way)) {
      record += CHUNK - 1;
      continue;
    }
    const at = (2 * record + way) * HEAD_LEVELS;
    if (
      half1 * (recordHeads[at + 1] ?? 0) >= threshold1 ||
      half2 * (recordHeads[at + 2] ?? 0) >= least ||
      half0 * (recordHeads[at] ?? 0) >= threshold0
    )
      if (headReaches(work, recordHeads, at)) return record;
  }
  return end;
}

/** Whether a chunk starts at a record, ends before `end`, and reaches no threshold with `half`. */
const isFarChunk = (work: Work, record: number, end: number, way: number): boolean =>
  (record & (CHUNK - 1)) === 0 &&
  record + CHUNK <= end &&
  !headReaches(work, work.chunkBounds, (2 * (record >> CHUNK_SHIFT) + way) * HEAD_LEVELS);

function headReaches({ half, headThresholds }: Work, heads: Float32Array, at: number): boolean {
  for (let level = 0; level < HEAD_LEVELS; level++)
    if ((half[level] ?? 0) * (heads[at + level] ?? 0) >= (headThresholds[level] ?? 0)) return true;
  return false;
}

/**
 * After a search of a whole group in vain: bounds of the chunks that were looked into become exact, and one side of
 * the group's bounds the most of all its chunks.
 */
function tighten(work: Work, group: number, way: number): void {
  const { groupBounds, chunkBounds, recordHeads, best } = work;
  const end = work.endRecord[group] ?? 0;
  best.fill(0);
  for (let record = work.firstRecord[group] ?? 0; record < end; record++) {
    const chunk = (2 * (record >> CHUNK_SHIFT) + way) * HEAD_LEVELS;
    if (isFarChunk(work, record, end, way)) {
      raiseHeads(best, 0, chunkBounds, chunk);
      record += CHUNK - 1;
    } else if ((record & (CHUNK - 1)) === 0 && record + CHUNK <= end) {
      chunkBounds.fill(0, chunk, chunk + HEAD_LEVELS);
      for (let i = 0; i < CHUNK; i++)
        raiseHeads(chunkBounds, chunk, recordHeads, (2 * (record + i) + way) * HEAD_LEVELS);
      raiseHeads(best, 0, chunkBounds, chunk);
      record += CHUNK - 1;
    } else raiseHeads(best, 0, recordHeads, (2 * record + way) * HEAD_LEVELS);
  }
  groupBounds.set(best, (2 * group + way) * HEAD_LEVELS);
}

/** The groups that the pair closes, with the pair's changed pools as the last hop. */
function testClosedGroups(work: Work, pair: number, turn: number): void {
  const { firstClosed, endClosed, closedGroups, closingLane } = work;
  for (let at = firstClosed[pair] ?? 0; at < (endClosed[pair] ?? 0); at++) {
    const group = closedGroups[at] ?? 0;
    const closing = closingLane[group] ?? 0;
    if (closes(work, 2 * group, closing & 1)) testTriangles(work, group, 2 * turn + (closing & 1), 0);
    if (closes(work, 2 * group + 1, (closing & 1) ^ 1))
      testTriangles(work, group, 2 * turn + ((closing & 1) ^ 1), 1);
  }
}

/** Coarse: whether one side of a group's bounds and the pair's changed pools in a direction reach a threshold. */
function closes({ groupBounds, changedHeads, headThresholds }: Work, bound: number, own: number): boolean {
  for (let level = 0; level < HEAD_LEVELS; level++) {
    const rate =
      (groupBounds[bound * HEAD_LEVELS + level] ?? 0) * (changedHeads[own * HEAD_LEVELS + level] ?? 0);
    if (rate >= (headThresholds[level] ?? 0)) return true;
  }
  return false;
}

/** Every triangle that the group lists, one way round; that side of its bounds becomes exact. */
function testTriangles(work: Work, group: number, changed: number, way: number): void {
  const { firstRecord, endRecord, firstLane, secondLane, triangles, half, changedRates } = work;
  for (let level = 0; level < LEVELS; level++) half[level] = changedRates[changed * ROW + level] ?? 0;
  const end = endRecord[group] ?? 0;
  for (let record = firstRecord[group] ?? 0; ; record++) {
    record = nextRecord(work, record, end, way);
    if (record === end) break;
    if (triangles[record] !== 1) continue;
    if (halvesReach(work, (firstLane[record] ?? 0) ^ way, (secondLane[record] ?? 0) ^ way))
      hitRecord(work, record, HIT.threeForwards + way);
  }
  tighten(work, group, way);
}
