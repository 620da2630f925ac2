import type { Candidates } from "./candidates.ts";
import { LEVELS } from "./ladder.ts";
import { HIT, HIT_KINDS } from "./layout.ts";
import { boundFloat } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

const MOST_HOPS = 4;

export interface HitReaderParts extends PoolChoiceParts {
  readonly candidates: Candidates;
}

/** Adds a hit to the candidates, with a bound of all its cycles; short ones as the cycle that they are. */
export interface HitReader {
  read(hit: number): void;
  /** Adds the cycles of tokens of a hit that stood in the candidates itself, each with its bound. */
  open(hit: number): void;
}

/** Hops of a candidate that is a hit of many cycles: its first lane is the hit. */
export const UNOPENED = 0;

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
  return { read: (hit) => read(work, hit), open: (hit) => open(work, hit) };
}

function read(work: Work, hit: number): void {
  const id = Math.floor(hit / HIT_KINDS);
  const kind = hit % HIT_KINDS;
  if (kind === HIT.pair) readPair(work, id);
  else if (kind === HIT.threeForwards) readTriangle(work, id, true);
  else if (kind === HIT.threeBackwards) readTriangle(work, id, false);
  else readSquares(work, id, hit);
}

function open(work: Work, hit: number): void {
  const id = Math.floor(hit / HIT_KINDS);
  if (hit % HIT_KINDS === HIT.fourForwards) openForwards(work, id);
  else openBackwards(work, id);
}

/**
 * The record with the best that its group may give the other way. Whatever that is, it adds slip: forwards behind the
 * record's own, backwards before it, where it multiplies the record's by a rate of at least 1 / halfProduct.
 */
function readSquares(work: Work, record: number, hit: number): void {
  const { layout, lanes } = work;
  const { groupOfRecord, groupBounds, groups, firstLane, secondLane, laneRates } = layout;
  const forwards = hit % HIT_KINDS === HIT.fourForwards;
  const first = firstLane[record] ?? 0;
  const second = secondLane[record] ?? 0;
  const own = forwards ? first : second ^ 1;
  const next = forwards ? second : first ^ 1;
  setHalf(work, own, next);
  const stride = groupBounds.length / groups;
  const bounds = (groupOfRecord[record] ?? 0) * stride + (forwards ? stride / 2 : 0);
  const rate = (laneRates[own * LEVELS] ?? 0) * (laneRates[next * LEVELS] ?? 0);
  const slip = forwards ? work.halfCurvature : work.halfCurvature / work.halfProduct;
  const bound = boundFloat(rate * (groupBounds[bounds] ?? 0), slip);
  lanes[0] = hit;
  add(work, UNOPENED, bound * (work.baseRates[layout.laneTokens[first] ?? 0] ?? NaN));
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
function openForwards(work: Work, record: number): void {
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
function openBackwards(work: Work, record: number): void {
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
  const { lanes, layout, baseRates } = work;
  add(work, hops, bound * (baseRates[layout.laneTokens[lanes[0] ?? 0] ?? 0] ?? NaN));
}

function add({ candidates, ranked, lanes }: Work, hops: number, worth: number): void {
  if (worth > 0 && worth >= ranked.cutoffFloat) candidates.add(lanes, hops, worth);
}
