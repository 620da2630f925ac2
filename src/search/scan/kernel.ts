import { liftedRate, refreshLanes } from "./laneRates.ts";
import { LEVELS } from "./ladder.ts";
import { BOUND_LEVELS, HIT, HIT_KINDS, TOUCH_WORDS } from "./layout.ts";
import type { Kernel, Layout } from "./layout.ts";

/** The layout, the number of hits so far, and what the steps hand to each other. */
interface Work extends Layout {
  found: number;
  /** By level: what the record at hand must be met with, and the best of its group. */
  readonly half: Float64Array;
  readonly best: Float64Array;
}

/**
 * The scan in TypeScript: the twin of `kernel/scan.ts`, operation for operation, so that both write the same hits in
 * the same order. Each step runs over all touched pairs before the next one starts:
 *
 *   1. the pairs of the changed pools: best rates of all their pools, and of the changed ones alone
 *   2. the bounds of the groups with a record through a lane that rose
 *   3. two hops in the pair; its records against the bounds of their groups and, only where these reach a threshold,
 *      against the other records; the groups that the pair closes
 */
export function createTypeScriptKernel(layout: Layout): Kernel {
  const work: Work = {
    ...layout,
    found: 0,
    half: new Float64Array(LEVELS),
    best: new Float64Array(BOUND_LEVELS),
  };
  return { name: "typescript", scan: (count) => scan(work, count) };
}

function scan(work: Work, count: number): number {
  const { changed, touchedPairs, poolMarks, pairMarks, maxHops } = work;
  work.found = 0;
  const touched = touchPairs(work, count);
  for (let at = 0; at < touched; at++) {
    const pair = touchedPairs[at] ?? 0;
    pairMarks[pair] = 0;
    touchedPairs[at] = 4 * pair + refreshLanes(work, pair);
  }
  if (maxHops >= 3) for (let at = 0; at < touched; at++) raiseBounds(work, touchedPairs[at] ?? 0);
  for (let at = 0; at < touched; at++) {
    const pair = (touchedPairs[at] ?? 0) >> 2;
    if (work.basePairs[pair] === 1) testPair(work, pair);
    if (maxHops >= 3) testRecords(work, pair);
    if (maxHops >= 3) testClosedGroups(work, pair);
  }
  for (let at = 0; at < count; at++) poolMarks[changed[at] ?? 0] = 0;
  clearRecordMarks(work);
  return work.found;
}

/** Marks the changed pools, lists each of their pairs once. */
function touchPairs(
  { changed, poolMarks, pairOfPool, pairMarks, touchedPairs }: Work,
  count: number,
): number {
  let touched = 0;
  for (let at = 0; at < count; at++) {
    const pool = changed[at] ?? 0;
    const pair = pairOfPool[pool] ?? -1;
    if (pair < 0) continue;
    poolMarks[pool] = 1;
    if (pairMarks[pair] === 1) continue;
    pairMarks[pair] = 1;
    touchedPairs[touched++] = pair;
  }
  return touched;
}

/** `entry` is `4 * pair`, plus 1 when its lane of direction 0 rose at some level, plus 2 when the other did. */
function raiseBounds(work: Work, entry: number): void {
  const { firstTouch, endTouch, touching } = work;
  if ((entry & 3) === 0) return;
  const pair = entry >> 2;
  const end = TOUCH_WORDS * (endTouch[pair] ?? 0);
  for (let at = TOUCH_WORDS * (firstTouch[pair] ?? 0); at < end; at += TOUCH_WORDS) {
    const direction = (touching[at] ?? 0) & 1;
    const own = 2 * pair + direction;
    const other = touching[at + 1] ?? 0;
    const bounds = 2 * (touching[at + 2] ?? 0);
    if (((entry >> direction) & 1) === 1) raise(work, bounds * BOUND_LEVELS, own * LEVELS, other * LEVELS);
    if (((entry >> (direction ^ 1)) & 1) === 1)
      raise(work, (bounds + 1) * BOUND_LEVELS, (own ^ 1) * LEVELS, (other ^ 1) * LEVELS);
  }
}

function raise({ groupBounds, laneRates }: Work, bound: number, one: number, other: number): void {
  for (let level = 0; level < BOUND_LEVELS; level++) {
    const rate = (laneRates[one + level] ?? 0) * (laneRates[other + level] ?? 0);
    if (rate > (groupBounds[bound + level] ?? 0)) groupBounds[bound + level] = rate;
  }
}

function hit(work: Work, id: number, kind: number): void {
  work.hits[work.found++] = HIT_KINDS * id + kind;
}

/** Writes a hit down unless it is there already. */
function hitRecord(work: Work, record: number, kind: number): void {
  const marks = work.recordMarks[record] ?? 0;
  if (((marks >> kind) & 1) === 1) return;
  work.recordMarks[record] = marks | (1 << kind);
  hit(work, record, kind);
}

function clearRecordMarks({ hits, recordMarks, found }: Work): void {
  for (let at = 0; at < found; at++) {
    const kind = (hits[at] ?? 0) % HIT_KINDS;
    if (kind !== HIT.pair) recordMarks[((hits[at] ?? 0) - kind) / HIT_KINDS] = 0;
  }
}

/** Two hops: lanes may meet in one pool, so what they promise is looked up pool by pool. */
function testPair(work: Work, pair: number): void {
  const { firstPool, endPool, changedRates, laneRates, thresholds } = work;
  if ((endPool[pair] ?? 0) - (firstPool[pair] ?? 0) < 2) return;
  const one = 2 * pair * LEVELS;
  const other = one + LEVELS;
  let promising = false;
  for (let level = 0; level < LEVELS; level++) {
    const threshold = thresholds[level] ?? Infinity;
    const back = (changedRates[one + level] ?? 0) * (laneRates[other + level] ?? 0);
    const forth = (laneRates[one + level] ?? 0) * (changedRates[other + level] ?? 0);
    if (back >= threshold || forth >= threshold) promising = true;
  }
  if (promising && pairPays(work, pair)) hit(work, pair, HIT.pair);
}

/** Whether one of the pair's changed pools and another pool, either way round, reach a threshold. */
function pairPays(work: Work, pair: number): boolean {
  const { firstPool, endPool, poolsOfPair, poolMarks, poolFlips } = work;
  const end = endPool[pair] ?? 0;
  for (let at = firstPool[pair] ?? 0; at < end; at++) {
    const pool = poolsOfPair[at] ?? 0;
    if (poolMarks[pool] !== 1) continue;
    const edge = 2 * pool + (poolFlips[pool] ?? 0);
    for (let next = firstPool[pair] ?? 0; next < end; next++) {
      const back = poolsOfPair[next] ?? 0;
      if (back === pool) continue;
      const backEdge = 2 * back + ((poolFlips[back] ?? 0) ^ 1);
      if (edgesPay(work, edge, backEdge) || edgesPay(work, edge ^ 1, backEdge ^ 1)) return true;
    }
  }
  return false;
}

function edgesPay(work: Work, edge: number, back: number): boolean {
  for (let level = 0; level < LEVELS; level++) {
    const product = liftedRate(work, edge, level) * liftedRate(work, back, level);
    if (product >= (work.thresholds[level] ?? Infinity)) return true;
  }
  return false;
}

/** Each record through the pair, with the pair's changed pools in it; first forwards (way 0), then backwards (1). */
function testRecords(work: Work, pair: number): void {
  const { firstTouch, endTouch, touching, maxHops } = work;
  const end = TOUCH_WORDS * (endTouch[pair] ?? 0);
  for (let touch = TOUCH_WORDS * (firstTouch[pair] ?? 0); touch < end; touch += TOUCH_WORDS) {
    const code = touching[touch] ?? 0;
    const other = touching[touch + 1] ?? 0;
    const bounds = 2 * (touching[touch + 2] ?? 0);
    const closing = touching[touch + 3] ?? 0;
    for (let way = 0; way < 2; way++) {
      const changed = (2 * pair + ((code & 1) ^ way)) * LEVELS;
      const lane = (other ^ way) * LEVELS;
      if (maxHops >= 4 && reachesBound(work, changed, lane, (bounds + (way ^ 1)) * BOUND_LEVELS))
        testOthers(work, touch, changed, way);
      if (closing >= 0 && reachesLane(work, changed, lane, (closing ^ way) * LEVELS))
        hitRecord(work, code >> 1, HIT.threeForwards + way);
    }
  }
}

/**
 * Whether a changed lane and another with a group's bound reach a threshold. Rates do not rise from level 1 on: most
 * tests end there, and the last bound stands for all levels from its own on.
 */
function reachesBound(work: Work, changed: number, lane: number, bound: number): boolean {
  const { changedRates, laneRates, groupBounds, thresholds } = work;
  const least = thresholds[LEVELS - 1] ?? Infinity;
  const marginal = (changedRates[changed] ?? 0) * (laneRates[lane] ?? 0) * (groupBounds[bound] ?? 0);
  if (marginal >= (thresholds[0] ?? Infinity)) return true;
  for (let level = 1; level < BOUND_LEVELS; level++) {
    const rate = (changedRates[changed + level] ?? 0) * (laneRates[lane + level] ?? 0);
    const product = rate * (groupBounds[bound + level] ?? 0);
    if (product < least) return false;
    if (level === BOUND_LEVELS - 1 || product >= (thresholds[level] ?? Infinity)) return true;
  }
  return false;
}

function reachesLane(work: Work, changed: number, lane: number, last: number): boolean {
  const { changedRates, laneRates, thresholds } = work;
  const least = thresholds[LEVELS - 1] ?? Infinity;
  const marginal = (changedRates[changed] ?? 0) * (laneRates[lane] ?? 0) * (laneRates[last] ?? 0);
  if (marginal >= (thresholds[0] ?? Infinity)) return true;
  for (let level = 1; level < LEVELS; level++) {
    const rate = (changedRates[changed + level] ?? 0) * (laneRates[lane + level] ?? 0);
    const product = rate * (laneRates[last + level] ?? 0);
    if (product < least) return false;
    if (product >= (thresholds[level] ?? Infinity)) return true;
  }
  return false;
}

/**
 * The record of a touch, its changed lane at `changed`, against every other of its group the other way. When none
 * reaches a threshold, the group's bound becomes exact.
 */
function testOthers(work: Work, touch: number, changed: number, way: number): void {
  const { touching, firstRecord, endRecord, firstLane, secondLane, half, best } = work;
  const record = (touching[touch] ?? 0) >> 1;
  const kind = HIT.fourForwards + way;
  if ((((work.recordMarks[record] ?? 0) >> kind) & 1) === 1) return;
  const back = way ^ 1;
  const group = touching[touch + 2] ?? 0;
  const lane = ((touching[touch + 1] ?? 0) ^ way) * LEVELS;
  for (let level = 0; level < LEVELS; level++)
    half[level] = (work.changedRates[changed + level] ?? 0) * (work.laneRates[lane + level] ?? 0);
  best.fill(0);
  for (let other = firstRecord[group] ?? 0; other < (endRecord[group] ?? 0); other++) {
    const first = ((firstLane[other] ?? 0) ^ back) * LEVELS;
    const second = ((secondLane[other] ?? 0) ^ back) * LEVELS;
    if (meet(work, first, second) && other !== record) return hitRecord(work, record, kind);
  }
  work.groupBounds.set(best, (2 * group + back) * BOUND_LEVELS);
}

/** Raises `best` to the rates of a record; whether they reach a threshold together with `half`. */
function meet({ laneRates, half, best, thresholds }: Work, first: number, second: number): boolean {
  let reaches = false;
  for (let level = 0; level < BOUND_LEVELS; level++) {
    const rate = (laneRates[first + level] ?? 0) * (laneRates[second + level] ?? 0);
    if (rate > (best[level] ?? 0)) best[level] = rate;
    if ((half[level] ?? 0) * rate >= (thresholds[level] ?? Infinity)) reaches = true;
  }
  for (let level = BOUND_LEVELS; level < LEVELS && !reaches; level++) {
    const rate = (laneRates[first + level] ?? 0) * (laneRates[second + level] ?? 0);
    if ((half[level] ?? 0) * rate >= (thresholds[level] ?? Infinity)) reaches = true;
  }
  return reaches;
}

/** The groups that the pair closes, with the pair's changed pools as the last hop. */
function testClosedGroups(work: Work, pair: number): void {
  const { firstClosed, endClosed, closedGroups, closingLane } = work;
  for (let at = firstClosed[pair] ?? 0; at < (endClosed[pair] ?? 0); at++) {
    const group = closedGroups[at] ?? 0;
    const closing = closingLane[group] ?? 0;
    const bounds = 2 * BOUND_LEVELS * group;
    if (
      closes(work, bounds, closing * LEVELS) ||
      closes(work, bounds + BOUND_LEVELS, (closing ^ 1) * LEVELS)
    ) {
      testTriangles(work, group, closing, 0);
      testTriangles(work, group, closing, 1);
    }
  }
}

function closes({ groupBounds, changedRates, thresholds }: Work, bound: number, changed: number): boolean {
  const least = thresholds[LEVELS - 1] ?? Infinity;
  for (let level = 0; level < BOUND_LEVELS; level++) {
    const threshold = level === BOUND_LEVELS - 1 ? least : (thresholds[level] ?? Infinity);
    if ((groupBounds[bound + level] ?? 0) * (changedRates[changed + level] ?? 0) >= threshold) return true;
  }
  return false;
}

/** Every triangle that the group lists, one way round; that side of its bounds becomes exact. */
function testTriangles(work: Work, group: number, closing: number, way: number): void {
  const { firstRecord, endRecord, firstLane, secondLane, triangles, half, best } = work;
  const changed = (closing ^ way) * LEVELS;
  for (let level = 0; level < LEVELS; level++) half[level] = work.changedRates[changed + level] ?? 0;
  best.fill(0);
  for (let record = firstRecord[group] ?? 0; record < (endRecord[group] ?? 0); record++) {
    const first = ((firstLane[record] ?? 0) ^ way) * LEVELS;
    const second = ((secondLane[record] ?? 0) ^ way) * LEVELS;
    if (meet(work, first, second) && triangles[record] === 1)
      hitRecord(work, record, HIT.threeForwards + way);
  }
  work.groupBounds.set(best, (2 * group + way) * BOUND_LEVELS);
}
