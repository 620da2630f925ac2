import type { Candidates } from "./candidates.ts";
import { LEVELS, worthBoundFloat } from "./ladder.ts";
import { HIT, HIT_KINDS } from "./layout.ts";
import type { PoolChoice, PoolChoiceParts } from "./poolChoice.ts";

const MOST_HOPS = 4;

export interface HitReaderParts extends PoolChoiceParts {
  readonly candidates: Candidates;
  readonly choice: PoolChoice;
}

/** Adds a hit's cycles of tokens to the candidates, and prices at once the one that looks best. */
export interface HitReader {
  read(hit: number): void;
}

/** The parts, and what the steps below hand to each other. */
interface Work extends HitReaderParts {
  /** The cycle at hand, and the product of its lanes' rates by level. */
  readonly lanes: Int32Array;
  readonly products: Float64Array;
  /** Product of the two lanes that all cycles of the hit share. */
  readonly half: Float64Array;
  /** The cycle that looks best: its lanes, hops (0: none yet), level and worth. */
  readonly bestLanes: Int32Array;
  bestHops: number;
  bestLevel: number;
  bestFloat: number;
}

export function createHitReader(parts: HitReaderParts): HitReader {
  const work: Work = {
    ...parts,
    lanes: new Int32Array(MOST_HOPS),
    products: new Float64Array(LEVELS),
    half: new Float64Array(LEVELS),
    bestLanes: new Int32Array(MOST_HOPS),
    bestHops: 0,
    bestLevel: 0,
    bestFloat: 0,
  };
  return { read: (hit) => read(work, hit) };
}

function read(work: Work, hit: number): void {
  const id = Math.floor(hit / HIT_KINDS);
  const kind = hit % HIT_KINDS;
  work.bestHops = 0;
  if (kind === HIT.pair) readPair(work, id);
  else if (kind === HIT.fourForwards) readForwards(work, id);
  else if (kind === HIT.fourBackwards) readBackwards(work, id);
  else readTriangle(work, id, kind === HIT.threeForwards);
  if (work.bestHops > 0) work.choice.quick(work.bestLanes, work.bestHops, work.bestLevel);
}

/** Bases have the lowest token ids: direction 0 starts at the first base of the two. */
function readPair(work: Work, pair: number): void {
  const { lanes, products, half } = work;
  lanes[0] = 2 * pair;
  lanes[1] = 2 * pair + 1;
  setHalf(work, 2 * pair, 2 * pair + 1);
  products.set(half);
  consider(work, 2);
}

function readTriangle(work: Work, record: number, forwards: boolean): void {
  const { lanes, half, products } = work;
  const { closingLane, groupOfRecord, firstLane, secondLane, laneRates } = work.layout;
  const closing = closingLane[groupOfRecord[record] ?? 0] ?? 0;
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  const last = forwards ? closing : first ^ 1;
  lanes[0] = forwards ? first : closing ^ 1;
  lanes[1] = forwards ? second : second ^ 1;
  lanes[2] = last;
  setHalf(work, lanes[0], lanes[1]);
  for (let level = 0; level < LEVELS; level++)
    products[level] = (half[level] ?? 0) * (laneRates[last * LEVELS + level] ?? 0);
  consider(work, 3);
}

/** The record forwards, every other of its group backwards. */
function readForwards(work: Work, record: number): void {
  const { lanes } = work;
  const { groupOfRecord, firstRecord, endRecord, firstLane, secondLane } = work.layout;
  const group = groupOfRecord[record] ?? 0;
  lanes[0] = firstLane[record] ?? 0;
  lanes[1] = secondLane[record] ?? 0;
  setHalf(work, lanes[0], lanes[1]);
  for (let other = firstRecord[group] ?? 0; other < (endRecord[group] ?? 0); other++) {
    if (other === record) continue;
    lanes[2] = (secondLane[other] ?? 0) ^ 1;
    lanes[3] = (firstLane[other] ?? 0) ^ 1;
    close(work, lanes[2], lanes[3]);
    consider(work, 4);
  }
}

/** The record backwards, every other of its group forwards. */
function readBackwards(work: Work, record: number): void {
  const { lanes } = work;
  const { groupOfRecord, firstRecord, endRecord, firstLane, secondLane } = work.layout;
  const group = groupOfRecord[record] ?? 0;
  lanes[2] = (secondLane[record] ?? 0) ^ 1;
  lanes[3] = (firstLane[record] ?? 0) ^ 1;
  setHalf(work, lanes[2], lanes[3]);
  for (let other = firstRecord[group] ?? 0; other < (endRecord[group] ?? 0); other++) {
    if (other === record) continue;
    lanes[0] = firstLane[other] ?? 0;
    lanes[1] = secondLane[other] ?? 0;
    close(work, lanes[0], lanes[1]);
    consider(work, 4);
  }
}

function setHalf({ layout, half }: Work, first: number, second: number): void {
  const { laneRates } = layout;
  for (let level = 0; level < LEVELS; level++)
    half[level] = (laneRates[first * LEVELS + level] ?? 0) * (laneRates[second * LEVELS + level] ?? 0);
}

function close({ layout, half, products }: Work, third: number, fourth: number): void {
  const { laneRates } = layout;
  for (let level = 0; level < LEVELS; level++) {
    const rate = (laneRates[third * LEVELS + level] ?? 0) * (laneRates[fourth * LEVELS + level] ?? 0);
    products[level] = (half[level] ?? 0) * rate;
  }
}

/** The cycle in `lanes`, whose rates multiply to `products`. */
function consider(work: Work, hops: number): void {
  const { layout, ladder, products, ranked, lanes } = work;
  const { thresholds } = layout;
  let reaches = false;
  let level = 0;
  let worth = 0;
  for (let at = 0; at < LEVELS; at++) {
    const product = products[at] ?? 0;
    if (product >= (thresholds[at] ?? Infinity)) reaches = true;
    const here = (product - 1) * (ladder.sizes[at] ?? 0);
    if (here <= worth) continue;
    worth = here;
    level = at;
  }
  if (!reaches) return;
  const bound = worthBoundFloat(products, ladder);
  if (bound < ranked.boundCutoffFloat) return;
  work.candidates.add(lanes, hops, bound);
  if (work.bestHops > 0 && worth <= work.bestFloat) return;
  work.bestHops = hops;
  work.bestLevel = level;
  work.bestFloat = worth;
  work.bestLanes.set(lanes);
}
