import type { Candidates } from "./candidates.ts";
import { HIT, HIT_KINDS } from "./layout.ts";
import { boundFloat } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

const MOST_HOPS = 4;

export interface HitReaderParts extends PoolChoiceParts {
  readonly candidates: Candidates;
}

/** Adds a hit's cycles of tokens to the candidates, each with its bound. */
export interface HitReader {
  read(hit: number): void;
}

/** The parts, and what the steps below hand to each other. */
interface Work extends HitReaderParts {
  /** The cycle at hand. */
  readonly lanes: Int32Array;
  /** Marginal rate and slip of the two lanes that all cycles of the hit share, as one map. */
  halfProduct: number;
  halfCurvature: number;
}

export function createHitReader(parts: HitReaderParts): HitReader {
  const work: Work = { ...parts, lanes: new Int32Array(MOST_HOPS), halfProduct: 1, halfCurvature: 0 };
  return { read: (hit) => read(work, hit) };
}

function read(work: Work, hit: number): void {
  const id = Math.floor(hit / HIT_KINDS);
  const kind = hit % HIT_KINDS;
  if (kind === HIT.pair) readPair(work, id);
  else if (kind === HIT.fourForwards) readForwards(work, id);
  else if (kind === HIT.fourBackwards) readBackwards(work, id);
  else readTriangle(work, id, kind === HIT.threeForwards);
}

/** Bases have the lowest token ids: direction 0 starts at the first base of the two. */
function readPair(work: Work, pair: number): void {
  const { lanes } = work;
  lanes[0] = 2 * pair;
  lanes[1] = 2 * pair + 1;
  setHalf(work, 2 * pair, 2 * pair + 1);
  consider(work, 2, boundFloat(work.halfProduct, work.halfCurvature));
}

function readTriangle(work: Work, record: number, forwards: boolean): void {
  const { lanes, envelopes } = work;
  const { closingLane, groupOfRecord, firstLane, secondLane } = work.layout;
  const closing = closingLane[groupOfRecord[record] ?? 0] ?? 0;
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  const last = forwards ? closing : first ^ 1;
  lanes[0] = forwards ? first : closing ^ 1;
  lanes[1] = forwards ? second : second ^ 1;
  lanes[2] = last;
  setHalf(work, lanes[0], lanes[1]);
  const { halfProduct, halfCurvature } = work;
  const product = halfProduct * (envelopes.lanes[2 * last] ?? 0);
  consider(work, 3, boundFloat(product, halfCurvature + halfProduct * (envelopes.lanes[2 * last + 1] ?? 0)));
}

/** The record forwards, every other of its group backwards. */
function readForwards(work: Work, record: number): void {
  const { lanes, envelopes } = work;
  const { groupOfRecord, firstRecord, endRecord, firstLane, secondLane } = work.layout;
  const group = groupOfRecord[record] ?? 0;
  lanes[0] = firstLane[record] ?? 0;
  lanes[1] = secondLane[record] ?? 0;
  setHalf(work, lanes[0], lanes[1]);
  const { halfProduct, halfCurvature } = work;
  for (let other = firstRecord[group] ?? 0; other < (endRecord[group] ?? 0); other++) {
    if (other === record) continue;
    const third = (secondLane[other] ?? 0) ^ 1;
    const fourth = (firstLane[other] ?? 0) ^ 1;
    const product = halfProduct * (envelopes.lanes[2 * third] ?? 0);
    const whole = product * (envelopes.lanes[2 * fourth] ?? 0);
    if (!(whole > 1)) continue;
    const slip = halfCurvature + halfProduct * (envelopes.lanes[2 * third + 1] ?? 0);
    lanes[2] = third;
    lanes[3] = fourth;
    consider(work, 4, boundFloat(whole, slip + product * (envelopes.lanes[2 * fourth + 1] ?? 0)));
  }
}

/** The record backwards, every other of its group forwards. */
function readBackwards(work: Work, record: number): void {
  const { lanes, envelopes } = work;
  const { groupOfRecord, firstRecord, endRecord, firstLane, secondLane } = work.layout;
  const group = groupOfRecord[record] ?? 0;
  lanes[2] = (secondLane[record] ?? 0) ^ 1;
  lanes[3] = (firstLane[record] ?? 0) ^ 1;
  setHalf(work, lanes[2], lanes[3]);
  const { halfProduct, halfCurvature } = work;
  for (let other = firstRecord[group] ?? 0; other < (endRecord[group] ?? 0); other++) {
    if (other === record) continue;
    const first = firstLane[other] ?? 0;
    const second = secondLane[other] ?? 0;
    const rate = envelopes.lanes[2 * first] ?? 0;
    const product = rate * (envelopes.lanes[2 * second] ?? 0);
    if (!(product * halfProduct > 1)) continue;
    const slip = (envelopes.lanes[2 * first + 1] ?? 0) + rate * (envelopes.lanes[2 * second + 1] ?? 0);
    lanes[0] = first;
    lanes[1] = second;
    consider(work, 4, boundFloat(product * halfProduct, slip + product * halfCurvature));
  }
}

function setHalf(work: Work, first: number, second: number): void {
  const { lanes } = work.envelopes;
  const rate = lanes[2 * first] ?? 0;
  work.halfProduct = rate * (lanes[2 * second] ?? 0);
  work.halfCurvature = (lanes[2 * first + 1] ?? 0) + rate * (lanes[2 * second + 1] ?? 0);
}

/** The cycle in `lanes`, which earns at most `bound` raw units of its base. */
function consider(work: Work, hops: number, bound: number): void {
  const { candidates, ranked, lanes, layout, baseRates } = work;
  const worth = bound * (baseRates[layout.laneTokens[lanes[0] ?? 0] ?? 0] ?? NaN);
  if (worth > 0 && worth >= ranked.cutoffFloat) candidates.add(lanes, hops, worth);
}
