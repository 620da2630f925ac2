import { DEPTH, HEAD_LEVELS, HIT, HIT_KINDS, ROW } from "./layout.ts";
import type { Layout } from "./layout.ts";

/** Float error of a bound that is kept in float32, with room. */
const SLACK = 1 + 1e-6;
/** A short cycle's bound is near its worth. */
const SURE = 0.8;
/** Heads are float32: a product of two errs by less. */
const HEAD_SLACK = 1 - 1e-6;

/** Most that a map of marginal rate `product` and slip `curvature` earns: see `createOptimum`. */
function mostOf(product: number, curvature: number): number {
  if (!(product > 1)) return 0;
  const root = Math.sqrt(product) - 1;
  return (root * root * SLACK) / curvature;
}

/** Writes the bounds of the first `count` hits, once all pairs that the scan touched have had their turn. */
export function boundHits(layout: Layout, count: number): void {
  for (let place = 0; place < count; place++) {
    const hit = layout.hits[place] ?? 0;
    const kind = hit % HIT_KINDS;
    const id = (hit - kind) / HIT_KINDS;
    if (kind === HIT.pair) boundPair(layout, place, id);
    else if (kind < HIT.threeForwards) boundSquare(layout, place, id, kind - HIT.fourForwards);
    else boundTriangle(layout, place, id, kind - HIT.threeForwards);
  }
}

/** Two hops. */
function boundPair({ laneRates, hitBounds, hitLooks }: Layout, place: number, pair: number): void {
  const one = 2 * pair * ROW;
  const other = one + ROW;
  const rate = laneRates[one] ?? 0;
  const product = rate * (laneRates[other] ?? 0);
  const curvature = rate / (laneRates[one + DEPTH] ?? 0) + product / (laneRates[other + DEPTH] ?? 0);
  const most = mostOf(product, curvature);
  hitBounds[place] = most;
  hitLooks[place] = most * SURE;
}

/** A record's triangle, one way round. */
function boundTriangle(layout: Layout, place: number, record: number, way: number): void {
  const { firstLane, secondLane, groupOfRecord, closingLane, laneRates, hitBounds, hitLooks } = layout;
  const first = firstLane[record] ?? 0;
  const closing = closingLane[groupOfRecord[record] ?? 0] ?? 0;
  const one = (way === 0 ? first : closing ^ 1) * ROW;
  const two = ((secondLane[record] ?? 0) ^ way) * ROW;
  const three = (way === 0 ? closing : first ^ 1) * ROW;
  const rate = laneRates[one] ?? 0;
  const product = rate * (laneRates[two] ?? 0);
  const whole = product * (laneRates[three] ?? 0);
  const curvature =
    rate / (laneRates[one + DEPTH] ?? 0) +
    product / (laneRates[two + DEPTH] ?? 0) +
    whole / (laneRates[three + DEPTH] ?? 0);
  const most = mostOf(whole, curvature);
  hitBounds[place] = most;
  hitLooks[place] = most * SURE;
}

/**
 * A record, one way, with the best that its group may give the other way: what it earns at most with the
 * changed pools of either of its lanes. Whatever the group gives adds slip: forwards behind the record's own, backwards
 * before it, where it multiplies the record's by at least 1 over the record's rate.
 */
function boundSquare(layout: Layout, place: number, record: number, way: number): void {
  const { groupOfRecord, firstLane, secondLane, turns, groupBounds, sizes } = layout;
  const { laneRates, changedRates, hitBounds, hitLooks } = layout;
  const others = (2 * (groupOfRecord[record] ?? 0) + (way ^ 1)) * HEAD_LEVELS;
  const first = (way === 0 ? firstLane[record] : (secondLane[record] ?? 0) ^ 1) ?? 0;
  const second = (way === 0 ? secondLane[record] : (firstLane[record] ?? 0) ^ 1) ?? 0;
  let most = 0;
  let looks = 0;
  for (let hop = 0; hop < 2; hop++) {
    const changed = hop === 0 ? first : second;
    const other = hop === 0 ? second : first;
    const turn = (turns[changed >> 1] ?? 0) - 1;
    if (turn < 0) continue;
    const one = (2 * turn + (changed & 1)) * ROW;
    const two = other * ROW;
    const rate = changedRates[one] ?? 0;
    const otherRate = laneRates[two] ?? 0;
    const half = rate * otherRate;
    const depth = changedRates[one + DEPTH] ?? 0;
    const otherDepth = laneRates[two + DEPTH] ?? 0;
    const curvature = hop === 0 ? rate / depth + half / otherDepth : otherRate / otherDepth + half / depth;
    const whole = (half * (groupBounds[others] ?? 0)) / HEAD_SLACK;
    most = Math.max(most, mostOf(whole, way === 0 ? curvature : curvature / half));
    for (let level = 1; level < HEAD_LEVELS; level++) {
      const rates = (changedRates[one + level] ?? 0) * (laneRates[two + level] ?? 0);
      looks = Math.max(looks, (rates * (groupBounds[others + level] ?? 0) - 1) * (sizes[level] ?? 0));
    }
  }
  hitBounds[place] = most;
  hitLooks[place] = looks;
}
