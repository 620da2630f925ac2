import type { Candidates } from "./candidates.ts";
import { createHalf, CURVATURE, freshRates, PRODUCT, RATE, setHalf } from "./half.ts";
import type { Half } from "./half.ts";
import { LEVELS } from "./ladder.ts";
import { CHUNK, CHUNK_SHIFT, HEAD_LEVELS, HIT, HIT_KINDS, SCAN_HOPS } from "./layout.ts";
import { timesLeast, writeNeeded } from "./needed.ts";
import { boundFloat } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

/** A short cycle's bound is near its worth. */
const SURE = 0.8;
/** Heads are float32: a product of two errs by less. */
const HEAD_SLACK = 1 - 1e-6;

export interface HitReaderParts extends PoolChoiceParts {
  readonly candidates: Candidates;
}

/** Adds a hit to the candidates, with a bound of all its cycles; short ones as the cycle that they are. */
export interface HitReader {
  /** Forgets what looked best. */
  start(): void;
  read(hit: number): void;
  /**
   * Adds the cycles of tokens of a hit that stood in the candidates itself, each with its bound. The one with the
   * greatest is kept back: it is to be explored at once, for the cutoff; false when there is none.
   */
  open(hit: number): boolean;
  /** What `open` kept back. */
  readonly best: Int32Array;
  /**
   * The hit or cycle that looks best at the ladder's own sizes, as it stands in the candidates: a better guess than the
   * greatest bound. [0] of `firstFloat` is what it looks like, 0 for none; its hops are `firstHops[0]`.
   */
  readonly first: Int32Array;
  readonly firstHops: Int32Array;
  readonly firstFloat: Float64Array;
}

/** Hops of a candidate that is a hit of many cycles: its first lane is the hit. */
export const UNOPENED = 0;

/** The parts, and what the steps below hand to each other. */
interface Work extends HitReaderParts, Pick<HitReader, "best" | "first" | "firstHops" | "firstFloat"> {
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
    first: new Int32Array(SCAN_HOPS),
    firstHops: new Int32Array(1),
    firstFloat: new Float64Array(1),
    half: createHalf(),
    rates: new Float64Array(LEVELS),
    needed: new Float64Array(LEVELS),
    neededHeads: new Float64Array(HEAD_LEVELS),
  };
  const { best, first, firstHops, firstFloat } = work;
  return {
    start: () => void (firstFloat[0] = 0),
    read: (hit) => read(work, hit),
    open: (hit) => open(work, hit),
    best,
    first,
    firstHops,
    firstFloat,
  };
}

function read(work: Work, hit: number): void {
  const id = Math.floor(hit / HIT_KINDS);
  const kind = hit % HIT_KINDS;
  if (kind === HIT.pair) readPair(work, id);
  else if (kind === HIT.threeForwards) readTriangle(work, id, true);
  else if (kind === HIT.threeBackwards) readTriangle(work, id, false);
  else readSquares(work, id, hit);
}

/** Bases have the lowest token ids: direction 0 starts at the first base of the two. */
function readPair(work: Work, pair: number): void {
  const { lanes } = work;
  lanes[0] = 2 * pair;
  lanes[1] = 2 * pair + 1;
  considerShort(work, 2);
}

function readTriangle(work: Work, record: number, forwards: boolean): void {
  const { lanes } = work;
  const { closingLane, groupOfRecord, firstLane, secondLane } = work.layout;
  const closing = closingLane[groupOfRecord[record] ?? 0] ?? 0;
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  lanes[0] = forwards ? first : closing ^ 1;
  lanes[1] = forwards ? second : second ^ 1;
  lanes[2] = forwards ? closing : first ^ 1;
  considerShort(work, 3);
}

/** The cycle in `lanes`. */
function considerShort(work: Work, hops: number): void {
  const { lanes, envelopes } = work;
  let product = 1;
  let curvature = 0;
  for (let hop = 0; hop < hops; hop++) {
    const lane = lanes[hop] ?? 0;
    curvature += product * (envelopes.lanes[2 * lane + 1] ?? 0);
    product *= envelopes.lanes[2 * lane] ?? 0;
  }
  const worth = boundFloat(product, curvature) * valueOf(work, lanes[0] ?? 0);
  work.candidates.addedFloat[0] = worth;
  add(work, hops);
  if (worth * SURE > (work.firstFloat[0] ?? 0)) keepFirst(work, hops, worth * SURE);
}

function keepFirst({ first, firstHops, firstFloat, lanes }: Work, hops: number, looksFloat: number): void {
  first.set(lanes);
  firstHops[0] = hops;
  firstFloat[0] = looksFloat;
}

/** Wei of native per raw unit of the base that a lane leaves. */
const valueOf = ({ layout, baseRates }: Work, lane: number): number =>
  baseRates[layout.laneTokens[lane] ?? 0] ?? NaN;

/** Adds `lanes` when `addedFloat`, its worth, can still be listed. */
function add({ candidates, ranked, lanes }: Work, hops: number): void {
  const worth = candidates.addedFloat[0] ?? 0;
  if (worth > 0 && worth >= (ranked.cutoffFloat[0] ?? 0)) candidates.add(lanes, hops);
}

/** The half of a record that a hit names, in the hit's direction; false when no pool of it changed. */
function takeHalf(work: Work, record: number, forwards: boolean): boolean {
  const { firstLane, secondLane } = work.layout;
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  return forwards ? setHalf(work.half, work, first, second) : setHalf(work.half, work, second ^ 1, first ^ 1);
}

/**
 * The record with the best that its group may give the other way. Whatever that is, it adds slip: forwards behind the
 * record's own, backwards before it, where it multiplies the record's by a rate of at least 1 / PRODUCT.
 */
function readSquares(work: Work, record: number, hit: number): void {
  const { layout, ladder, lanes, half } = work;
  const { groupOfRecord, groupBounds, firstLane, recordHeads } = layout;
  const forwards = hit % HIT_KINDS === HIT.fourForwards;
  if (!takeHalf(work, record, forwards)) return;
  const bounds = 2 * HEAD_LEVELS * (groupOfRecord[record] ?? 0) + (forwards ? HEAD_LEVELS : 0);
  const curvature = half.map[CURVATURE] ?? 0;
  const slip = forwards ? curvature : curvature / (half.map[PRODUCT] ?? 1);
  const bound = boundFloat(((half.map[RATE] ?? 0) * (groupBounds[bounds] ?? 0)) / HEAD_SLACK, slip);
  lanes[0] = hit;
  work.candidates.addedFloat[0] = bound * valueOf(work, firstLane[record] ?? 0);
  add(work, UNOPENED);
  const heads = 2 * HEAD_LEVELS * record + (forwards ? 0 : HEAD_LEVELS);
  for (let level = 1; level < HEAD_LEVELS; level++) {
    const rate = (recordHeads[heads + level] ?? 0) * (groupBounds[bounds + level] ?? 0);
    const looks = (rate - 1) * (ladder.sizes[level] ?? 0);
    if (looks > (work.firstFloat[0] ?? 0)) keepFirst(work, UNOPENED, looks);
  }
}

function open(work: Work, hit: number): boolean {
  const record = Math.floor(hit / HIT_KINDS);
  const forwards = hit % HIT_KINDS === HIT.fourForwards;
  const { layout, lanes, ranked, prices } = work;
  const { groupOfRecord, firstRecord, endRecord, firstLane, secondLane, laneTokens } = layout;
  takeHalf(work, record, forwards);
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  const value = valueOf(work, first);
  setNeeded(work, value / (prices[laneTokens[first] ?? 0] ?? 1));
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
    if (!(bound * value >= cutoff) || !reaches(work, near, far)) continue;
    lanes[place] = near;
    lanes[place + 1] = far;
    keepBest(work, bound * value);
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

/** Most that the half earns with these lanes behind it, in raw units of the base. */
function boundBehind({ half, envelopes }: Work, third: number, fourth: number): number {
  const { lanes } = envelopes;
  const before = half.map[PRODUCT] ?? 0;
  const product = before * (lanes[2 * third] ?? 0);
  const whole = product * (lanes[2 * fourth] ?? 0);
  if (!(whole > 1)) return 0;
  const slip = (half.map[CURVATURE] ?? 0) + before * (lanes[2 * third + 1] ?? 0);
  return boundFloat(whole, slip + product * (lanes[2 * fourth + 1] ?? 0));
}

/** Most that the half earns with these lanes before it, in raw units of the base. */
function boundBefore({ half, envelopes }: Work, first: number, second: number): number {
  const { lanes } = envelopes;
  const rate = lanes[2 * first] ?? 0;
  const product = rate * (lanes[2 * second] ?? 0);
  const whole = product * (half.map[PRODUCT] ?? 0);
  if (!(whole > 1)) return 0;
  const slip = (lanes[2 * first + 1] ?? 0) + rate * (lanes[2 * second + 1] ?? 0);
  return boundFloat(whole, slip + product * (half.map[CURVATURE] ?? 0));
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
    const rate = (laneRates[one * LEVELS + level] ?? 0) * (laneRates[other * LEVELS + level] ?? 0);
    if ((rates[level] ?? 0) * rate >= (needed[level] ?? 0)) return true;
  }
  return false;
}
