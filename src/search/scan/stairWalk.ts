import { FEE, FLOORS, inputFor, outputOf, PAID, STAIR } from "./staircase.ts";
import type { Staircase } from "./staircase.ts";

/** A search for the best whole input of a cycle. Numbers in one array, so that nothing is boxed. */
export interface StairWalk {
  readonly stairs: Staircase;
  /** PROFIT .. WHOLE. */
  readonly sums: Float64Array;
  hops: number;
}

/** What no size passes, in raw units of the base; and how near to it is near enough. */
export const PROFIT = 0;
export const TOLERANCE = 1;
/** The best so far, and its input. */
export const BEST = 2;
export const INPUT = 3;
/** The whole units of what no size passes. */
export const WHOLE = 4;

/** Steps tried at most along a token's units, and along a fee's. */
const MOST_STEPS = 128;
const MOST_FEES = 32;
/** Steps after which one raw unit below the most is near enough. */
export const PATIENCE = 8;
/**
 * Where a step lies a share e of the size off the peak, at least this times e^2 of the profit is lost: the second
 * derivative of a Moebius map of slope P at zero is 1 / sqrt(P) there, and no mispricing is tenfold.
 */
const CURVATURE = 0.25;

export const createStairWalk = (stairs: Staircase): StairWalk => ({
  stairs,
  sums: new Float64Array(5),
  hops: 0,
});

/**
 * Whether the best is so near to the bound that nothing is left to gain. After some steps one raw unit is nothing too:
 * what the bound has above its whole units no size can earn.
 */
export const isSettled = ({ sums }: StairWalk, steps: number): boolean =>
  (sums[BEST] ?? 0) >= (sums[PROFIT] ?? 0) - (sums[TOLERANCE] ?? 0) ||
  (steps >= PATIENCE && (sums[BEST] ?? 0) >= (sums[WHOLE] ?? 0) - 1);

/** Tries whole amounts after `hops` hops, outwards from `middle`, each with the least input that gives it. */
export function walkUnits(walk: StairWalk, hops: number, middle: number): void {
  const centre = Math.round(middle);
  for (let turn = 0; turn < MOST_STEPS; turn++) {
    const step = (turn + 1) >> 1;
    if (isHopeless(walk, step / centre)) return;
    tryAmount(walk, hops, centre + (turn % 2 === 0 ? step : -step));
    if (isSettled(walk, turn)) return;
  }
}

/** Tries the inputs of a concentrated hop whose last fee is a whole number, or just below one. */
export function walkFees(walk: StairWalk, hop: number, middle: number): void {
  const { stairs } = walk;
  const period = 1 / (1 - (stairs[hop * STAIR + FEE] ?? 0));
  if (stairs[hop * STAIR + FLOORS] === 0 || period === Infinity) return;
  const paid = stairs[hop * STAIR + PAID] ?? 0;
  const centre = Math.round((middle - paid) / period);
  for (let turn = 0; turn < MOST_FEES; turn++) {
    const step = (turn + 1) >> 1;
    if (isHopeless(walk, ((step - 1) * period) / middle)) return;
    tryAmount(walk, hop, paid + Math.floor((centre + (turn % 2 === 0 ? step : -step)) * period));
    if (isSettled(walk, turn)) return;
  }
}

function isHopeless({ sums }: StairWalk, away: number): boolean {
  return away > 0 && (sums[PROFIT] ?? 0) * (1 - CURVATURE * away * away) < (sums[BEST] ?? 0);
}

function tryAmount({ stairs, sums, hops }: StairWalk, after: number, amount: number): void {
  if (amount < 1) return;
  const input = inputFor(stairs, after, amount);
  const profit = outputOf(stairs, after, hops, amount) - input;
  if (profit > (sums[BEST] ?? 0)) {
    sums[BEST] = profit;
    sums[INPUT] = input;
  }
}
