import type { Candidates } from "./candidates.ts";
import { createHalf, CURVATURE, freshRates, PRODUCT, setHalf } from "./half.ts";
import type { Half } from "./half.ts";
import { LEVELS } from "./ladder.ts";
import { CHUNK, CHUNK_SHIFT, DEPTH, HEAD_LEVELS, HIT, HIT_KINDS, ROW, SCAN_HOPS } from "./layout.ts";
import { timesLeast, writeNeeded } from "./needed.ts";
import { boundFloat, ratioOf } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

/** Heads are float32: a product of two errs by less. */
const HEAD_SLACK = 1 - 1e-6;

export interface HitReaderParts extends PoolChoiceParts {
  readonly candidates: Candidates;
}

/** Adds hits to the candidates, each with the bound of all its cycles, and opens those that come to their turn. */
export interface HitReader {
  /** Forgets what looked best. */
  start(): void;
  /** Takes in the first `count` hits of `layout.hits`. */
  read(count: number): void;
  /**
   * The cycle of tokens that a hit is; of one that stands for many, the one with the greatest bound, while the others
   * that may be listed become candidates. It is in `best` and to be explored at once, for the cutoff; returns its hops,
   * 0 when there is none.
   */
  open(hit: number): number;
  readonly best: Int32Array;
  /**
   * The hit that looks best at the ladder's own sizes: a better guess than the greatest bound. -1 for none. It stands in
   * the candidates too.
   */
  readonly first: number;
}

/** Hops of a candidate that is a hit: its first lane is the hit. */
export const UNOPENED = 0;

/** The parts, and what the steps below hand to each other. */
interface Work extends HitReaderParts, Pick<HitReader, "best"> {
  first: number;
  /** [0]: what `first` looks like. */
  readonly firstFloat: Float64Array;
  /** The cycle at hand. */
  readonly lanes: Int32Array;
  /** [0]: bound of `best` so far. */
  readonly bestFloat: Float64Array;
  /** The two lanes that all cycles of a hit share. */
  readonly half: Half;
  /** By level: product of their rates. */
  readonly rates: Float64Array;
  /** By level: what rates must multiply to for a cycle that reaches the cutoff. */
  readonly needed: Float64Array;
  /** The same for the coarse test. */
  readonly neededHeads: Float64Array;
}

export function createHitReader(parts: HitReaderParts): HitReader {
  const work: Work = {
    ...parts,
    lanes: new Int32Array(SCAN_HOPS),
    best: new Int32Array(SCAN_HOPS),
    bestFloat: new Float64Array(1),
    first: -1,
    firstFloat: new Float64Array(1),
    half: createHalf(),
    rates: new Float64Array(LEVELS),
    needed: new Float64Array(LEVELS),
    neededHeads: new Float64Array(HEAD_LEVELS),
  };
  return {
    start: () => {
      work.first = -1;
      work.firstFloat[0] = 0;
    },
    read: (count) => read(work, count),
    open: (hit) => open(work, hit),
    best: work.best,
    get first() {
      return work.first;
    },
  };
}

/** Bounds are at reference prices: at today's value of a base they are at most so much more. */
function mostRatio({ baseRates, prices }: Work): number {
  const { length } = baseRates;
  let most = 0;
  for (let base = 0; base < length; base++) {
    const ratio = (baseRates[base] ?? NaN) / (prices[base] ?? 1);
    if (ratio > most) most = ratio;
  }
  return most;
}

function read(work: Work, count: number): void {
  const { candidates, ranked, lanes, firstFloat } = work;
  const { hits, hitBounds, hitLooks } = work.layout;
  const ratio = mostRatio(work);
  const cutoff = ranked.cutoffFloat[0] ?? 0;
  for (let at = 0; at < count; at++) {
    const worth = (hitBounds[at] ?? 0) * ratio;
    if (!(worth > 0 && worth >= cutoff)) continue;
    candidates.addedFloat[0] = worth;
    lanes[0] = hits[at] ?? 0;
    candidates.add(lanes, UNOPENED);
    const looks = hitLooks[at] ?? 0;
    if (!(looks > (firstFloat[0] ?? 0))) continue;
    firstFloat[0] = looks;
    work.first = lanes[0];
  }
}

function open(work: Work, hit: number): number {
  const { layout, best } = work;
  const id = Math.floor(hit / HIT_KINDS);
  const kind = hit % HIT_KINDS;
  if (kind === HIT.fourForwards || kind === HIT.fourBackwards)
    return openSquares(work, id, kind === HIT.fourForwards) ? SCAN_HOPS : 0;
  if (kind === HIT.pair) {
    // Bases have the lowest token ids: direction 0 starts at the first base of the two.
    best[0] = 2 * id;
    best[1] = 2 * id + 1;
    return 2;
  }
  const forwards = kind === HIT.threeForwards;
  const closing = layout.closingLane[layout.groupOfRecord[id] ?? 0] ?? 0;
  const first = layout.firstLane[id] ?? 0;
  const second = layout.secondLane[id] ?? 0;
  best[0] = forwards ? first : closing ^ 1;
  best[1] = forwards ? second : second ^ 1;
  best[2] = forwards ? closing : first ^ 1;
  return 3;
}

/** The half of a record that a hit names, in the hit's direction; false when no pool of it changed. */
function takeHalf(work: Work, record: number, forwards: boolean): boolean {
  const { firstLane, secondLane } = work.layout;
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  return forwards ? setHalf(work.half, work, first, second) : setHalf(work.half, work, second ^ 1, first ^ 1);
}

/** False when none of the record's cycles may be listed. */
function openSquares(work: Work, record: number, forwards: boolean): boolean {
  const { layout, lanes, ranked } = work;
  const { groupOfRecord, firstRecord, endRecord, firstLane, secondLane } = layout;
  if (!takeHalf(work, record, forwards)) return false;
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  const ratio = ratioOf(work, first);
  setNeeded(work, ratio);
  // The record's own place in the cycle, and the others' of its group.
  const own = forwards ? 0 : 2;
  const place = 2 - own;
  lanes[own] = forwards ? first : second ^ 1;
  lanes[own + 1] = forwards ? second : first ^ 1;
  freshRates(work.rates, work, lanes[own], lanes[own + 1] ?? 0);
  const cutoff = ranked.cutoffFloat[0] ?? 0;
  work.bestFloat[0] = 0;
  const group = groupOfRecord[record] ?? 0;
  const end = endRecord[group] ?? 0;
  const way = forwards ? HEAD_LEVELS : 0;
  for (let other = firstRecord[group] ?? 0; ; other++) {
    other = nextReaching(work, other, end, way);
    if (other === end) return (work.bestFloat[0] ?? 0) > 0;
    if (other === record) continue;
    const near = forwards ? (secondLane[other] ?? 0) ^ 1 : (firstLane[other] ?? 0);
    const far = forwards ? (firstLane[other] ?? 0) ^ 1 : (secondLane[other] ?? 0);
    const bound = forwards ? boundBehind(work, near, far) : boundBefore(work, near, far);
    if (!(bound * ratio >= cutoff) || !reaches(work, near, far)) continue;
    lanes[place] = near;
    lanes[place + 1] = far;
    keepBest(work, bound * ratio);
  }
}

/** Keeps the cycle in `lanes` back if its bound is the greatest, and adds what it takes the place of; else adds it. */
function keepBest({ candidates, lanes, best, bestFloat }: Work, worth: number): void {
  const before = bestFloat[0] ?? 0;
  if (worth <= before) {
    candidates.addedFloat[0] = worth;
    candidates.add(lanes, SCAN_HOPS);
    return;
  }
  if (before > 0) {
    candidates.addedFloat[0] = before;
    candidates.add(best, SCAN_HOPS);
  }
  best.set(lanes);
  bestFloat[0] = worth;
}

/**
 * The coarse test, on what lies together: the next record from `from` on whose heads, `way` places in, can reach what
 * is needed; `end` when there is none. Chunks of records none of which can are passed over.
 */
function nextReaching({ layout, rates, neededHeads }: Work, from: number, end: number, way: number): number {
  const { recordHeads, chunkBounds } = layout;
  const rate0 = rates[0] ?? 0;
  const rate1 = rates[1] ?? 0;
  const rate2 = rates[2] ?? 0;
  const rate3 = rates[3] ?? 0;
  const needed0 = neededHeads[0] ?? 0;
  const needed1 = neededHeads[1] ?? 0;
  const needed2 = neededHeads[2] ?? 0;
  const needed3 = neededHeads[3] ?? 0;
  for (let record = from; record < end; record++) {
    if (record % CHUNK === 0) {
      const bounds = 2 * HEAD_LEVELS * (record >> CHUNK_SHIFT) + way;
      if (
        rate0 * (chunkBounds[bounds] ?? 0) < needed0 &&
        rate1 * (chunkBounds[bounds + 1] ?? 0) < needed1 &&
        rate2 * (chunkBounds[bounds + 2] ?? 0) < needed2 &&
        rate3 * (chunkBounds[bounds + 3] ?? 0) < needed3
      ) {
        record += CHUNK - 1;
        continue;
      }
    }
    const at = 2 * HEAD_LEVELS * record + way;
    if (
      rate0 * (recordHeads[at] ?? 0) >= needed0 ||
      rate1 * (recordHeads[at + 1] ?? 0) >= needed1 ||
      rate2 * (recordHeads[at + 2] ?? 0) >= needed2 ||
      rate3 * (recordHeads[at + 3] ?? 0) >= needed3
    )
      return record;
  }
  return end;
}

/** Most that the half earns with these lanes behind it. */
function boundBehind({ half, layout }: Work, third: number, fourth: number): number {
  const { laneRates } = layout;
  const product = (half.map[PRODUCT] ?? 0) * (laneRates[third * ROW] ?? 0);
  const whole = product * (laneRates[fourth * ROW] ?? 0);
  if (!(whole > 1)) return 0;
  const behind =
    product / (laneRates[third * ROW + DEPTH] ?? 0) + whole / (laneRates[fourth * ROW + DEPTH] ?? 0);
  return boundFloat(whole, (half.map[CURVATURE] ?? 0) + behind);
}

/** Most that the half earns with these lanes before it. */
function boundBefore({ half, layout }: Work, first: number, second: number): number {
  const { laneRates } = layout;
  const rate = laneRates[first * ROW] ?? 0;
  const product = rate * (laneRates[second * ROW] ?? 0);
  const whole = product * (half.map[PRODUCT] ?? 0);
  if (!(whole > 1)) return 0;
  const before =
    rate / (laneRates[first * ROW + DEPTH] ?? 0) + product / (laneRates[second * ROW + DEPTH] ?? 0);
  return boundFloat(whole, before + product * (half.map[CURVATURE] ?? 0));
}

/** `ratio`: today's value of the base over its reference price. */
function setNeeded({ needed, neededHeads, layout, ladder, ranked }: Work, ratio: number): void {
  writeNeeded(needed, layout, timesLeast(ranked.cutoffFloat[0] ?? 0, ratio, ladder));
  for (let head = 0; head < HEAD_LEVELS; head++) {
    // The last head stands for all levels above it too, and there least is needed.
    const level = head === HEAD_LEVELS - 1 ? LEVELS - 1 : head;
    neededHeads[head] = (needed[level] ?? 0) * HEAD_SLACK;
  }
}

function reaches({ rates, needed, layout }: Work, one: number, other: number): boolean {
  const { laneRates } = layout;
  for (let level = 0; level < LEVELS; level++) {
    const rate = (laneRates[one * ROW + level] ?? 0) * (laneRates[other * ROW + level] ?? 0);
    if ((rates[level] ?? 0) * rate >= (needed[level] ?? 0)) return true;
  }
  return false;
}
