/**
 * The ladder of trade sizes at which the screen compares rates, and why nothing is lost between its rungs.
 *
 * Amounts are valued in wei of the native token at reference prices (any positive prices do: the argument below
 * does not ask that they be right). For each way through a pool the screen knows the average rate, value out over
 * value in, at LEVELS sizes: level 0 is the marginal rate, level j >= 1 the rate at `sizes[j]`.
 *
 * Take a cycle of n hops worth M >= minProfit at its best input X, and call c = FAIR, r = RATIO, F = c^n.
 * 1. It has a hop whose marginal rate is below 1/c. The screen lifts level 0 of such a hop by c. The product of
 *    marginal rates of a cycle that pays is above 1, so with the lift it is at least c: level 0 hits.
 * 2. The product of marginal rates is at least c: level 0 hits.
 * 3. Else the profit is at most (c - 1) X, so X >= minProfit / (c - 1) = F * sizes[1]. Take the highest j with
 *    F * sizes[j] <= X and the input Y = F * sizes[j]. At Y the cycle still pays, so its hops slip by less than c in
 *    all; with marginal rates of at least 1/c the value that enters each hop is at least Y / F = sizes[j]. Rates fall
 *    with size, so the product of the ladder's rates at level j is at least the cycle's own rate at Y, which is
 *    1 + profit(Y) / Y. Profit is concave in the input and X < r Y, so profit(Y) >= M / r: level j is at least
 *    1 + minProfit / (r F sizes[j]), and it hits. On the last level X has no upper bound; there profit(Y) > 0 is all we
 *    know, and the threshold is 1.
 * Where every hop is constant product, profit(Y) >= (2/r - 1/r^2) M would hold, and a higher threshold with it. It does
 * not hold past the end of a tick range, and to lift concentrated rates by the difference costs more false hits than
 * it saves (20 times as many in a market of 21,000 pools): one threshold serves all.
 */

export const LEVELS = 7;
/** From one size to the next. */
export const RATIO = 5;
/** Hops and cycles within this of fair are the ladder's, the others are the marginal rate's. */
export const FAIR = 1.05;
/** Float products of some hops err by far less. */
const FLOAT_SLACK = 1 - 1e-9;

export interface Ladder {
  /** Wei of native, an estimate's unit: cycles worth at least this are never missed. */
  readonly minProfitFloat: number;
  /** Values in wei of native; 0 for level 0. */
  readonly sizes: Float64Array;
  /** A cycle whose product of lifted rates reaches this at any level may be worth `minProfitFloat`. */
  readonly thresholds: Float64Array;
}

/** `minProfitFloat` > 0, in wei of native; `maxHops` >= 2. */
export function createLadder(minProfitFloat: number, maxHops: number): Ladder {
  if (!(minProfitFloat > 0))
    throw new RangeError(`the least profit must be above zero, not ${minProfitFloat}`);
  const spread = FAIR ** maxHops;
  const sizes = new Float64Array(LEVELS);
  const thresholds = new Float64Array(LEVELS).fill(FAIR);
  for (let level = 1; level < LEVELS; level++) {
    const last = level === LEVELS - 1;
    const size = (minProfitFloat / (FAIR - 1) / spread) * RATIO ** (level - 1);
    const margin = last ? 0 : minProfitFloat / (RATIO * spread * size);
    sizes[level] = size;
    thresholds[level] = 1 + margin;
  }
  return { minProfitFloat, sizes, thresholds: thresholds.map((at) => at * FLOAT_SLACK) };
}
