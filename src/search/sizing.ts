import type { PoolState } from "../amm/poolState.ts";
import { amountIn, amountOut } from "../amm/swap.ts";
import { createCurve } from "./curve.ts";
import type { Curve } from "./curve.ts";
import type { Cycle, Opportunity } from "./opportunity.ts";
import { amountsFloat, optimalInputFloat, profitFloat } from "./optimum.ts";

/** One hop, ready to be sized. */
export interface Leg {
  readonly state: PoolState;
  readonly zeroForOne: boolean;
  readonly curve: Curve;
}

/** Where the best size lies by the closed form; raw units of the base, not yet integers. */
export interface Estimate {
  readonly inputFloat: number;
  /** No integer size earns more than this plus `errorFloat`. */
  readonly profitFloat: number;
  readonly errorFloat: number;
}

/** A cycle at one integer size: `amounts[0]` goes in, `amounts[i]` comes out of hop i. */
export interface Sizing {
  readonly amounts: readonly bigint[];
  /** Last amount less the first. */
  readonly profit: bigint;
}

/** The search ends when the rounding that another step could save is below this share of the profit. */
const WORTH_LOOKING = 1e-7;
/** Steps of the staircase tried at most; a concentrated pool takes some ten times longer to answer. */
const MOST_STEPS = { v2: 512, concentrated: 64 };
/** Relative error of a float chain, with room. */
const FLOAT_ERROR = 1e-12;

export const createLeg = (state: PoolState, zeroForOne: boolean): Leg => ({
  state,
  zeroForOne,
  curve: createCurve(state, zeroForOne),
});

/** The closed form's answer, or null when not even one raw unit can be earned. */
export function estimateSize(legs: readonly Leg[]): Estimate | null {
  const curves = legs.map(({ curve }) => curve);
  const inputFloat = optimalInputFloat(curves);
  const profit = profitFloat(curves, inputFloat);
  const errorFloat = inputFloat * FLOAT_ERROR;
  return profit + errorFloat >= 1 ? { inputFloat, profitFloat: profit, errorFloat } : null;
}

/** Exact amounts along the legs, or null when a hop cannot take its whole input or gives nothing. */
export function amountsAlong(legs: readonly Leg[], input: bigint): readonly bigint[] | null {
  if (input <= 0n) return null;
  const amounts = [input];
  let amount = input;
  for (const { state, zeroForOne } of legs) {
    amount = amountOut(state, zeroForOne, amount);
    if (amount === 0n) return null;
    amounts.push(amount);
  }
  return amounts;
}

/**
 * The best integer size near the estimate, or null when no integer size pays.
 *
 * In integers the profit is a staircase. Its widest steps are those of the token with the smallest amount on the
 * way (few decimals, high price); on one step the least input is best, and it is found backwards from the step.
 * Steps are tried outwards from the estimate until the float bound shows that none further out earns a unit more
 * (then the answer is the optimum), or until what is left to gain is not worth looking.
 */
export function sizeCycle(legs: readonly Leg[], estimate: Estimate): Sizing | null {
  const { inputFloat, errorFloat } = estimate;
  const curves = legs.map(({ curve }) => curve);
  const start = takeableAmounts(legs, inputFloat);
  const centre = start ?? amountsFloat(curves, inputFloat).map(toAmount);
  const coarse = indexOfLeast(centre);
  const roundingFloat = otherRoundingFloat(centre, coarse);
  const middle = centre[coarse] ?? 1n;
  const up: Side = { target: middle, by: 1n, open: true };
  const down: Side = { target: middle - 1n, by: -1n, open: middle > 1n };

  let best = start === null ? null : sizingOf(start);
  const limit = stepLimit(legs);
  for (let step = 1; step <= limit && (up.open || down.open); step++) {
    const side = up.open && (step % 2 === 1 || !down.open) ? up : down;
    const input = leastInput(legs, coarse, side.target);
    const amounts = input === null ? null : amountsAlong(legs, input);
    if (amounts !== null) best = better(best, sizingOf(amounts));
    const profit = Number(best?.profit ?? 0n);
    if (step > 2 && roundingFloat <= step * WORTH_LOOKING * profit) break;
    // Towards the peak the bound still rises: it is read at the peak or beyond.
    const beyond = side === up ? Math.max(Number(input), inputFloat) : Math.min(Number(input), inputFloat);
    side.target += side.by;
    side.open = input !== null && side.target > 0n && profitFloat(curves, beyond) + errorFloat >= profit + 1;
  }
  return best !== null && best.profit > 0n ? best : null;
}

/** The amounts of a sizing in the words of an opportunity. */
export function priced(
  cycle: Cycle,
  { amounts, profit }: Sizing,
): Pick<Opportunity, "cycle" | "hops" | "amountIn" | "amountOut" | "profit"> {
  const hops = cycle.hops.map((hop, i) => ({
    ...hop,
    amountIn: amounts[i] ?? 0n,
    amountOut: amounts[i + 1] ?? 0n,
  }));
  return { cycle, hops, amountIn: amounts[0] ?? 0n, amountOut: amounts.at(-1) ?? 0n, profit };
}

/** One way along the staircase: the next step to try. */
interface Side {
  target: bigint;
  readonly by: bigint;
  open: boolean;
}

const sizingOf = (amounts: readonly bigint[]): Sizing => ({
  amounts,
  profit: (amounts.at(-1) ?? 0n) - (amounts[0] ?? 0n),
});

const better = (best: Sizing | null, next: Sizing): Sizing =>
  best === null || next.profit > best.profit ? next : best;

const toAmount = (float: number): bigint => (float >= 1 ? BigInt(Math.floor(float)) : 1n);

/** Amounts at the estimate, a hair smaller where a hop ends there and floats overshot its end. */
function takeableAmounts(legs: readonly Leg[], inputFloat: number): readonly bigint[] | null {
  for (let less = 0; less < 1e-3; less = Math.max(1e-15, less * 8)) {
    const amounts = amountsAlong(legs, toAmount(inputFloat * (1 - less)));
    if (amounts !== null) return amounts;
  }
  return null;
}

/** Position of the smallest amount, the last one left out: it is of the first one's token, and not less. */
function indexOfLeast(amounts: readonly bigint[]): number {
  let least = 0;
  for (let i = 1; i < amounts.length - 1; i++) if ((amounts[i] ?? 0n) < (amounts[least] ?? 0n)) least = i;
  return least;
}

/** What one raw unit of each token but the coarse one is worth together, in raw units of the base. */
function otherRoundingFloat(amounts: readonly bigint[], coarse: number): number {
  const inputFloat = Number(amounts[0]);
  return amounts.reduce((sum, amount, i) => (i === coarse ? sum : sum + inputFloat / Number(amount)), 0);
}

const stepLimit = (legs: readonly Leg[]): number =>
  legs.every(({ state }) => state.kind === "v2") ? MOST_STEPS.v2 : MOST_STEPS.concentrated;

/** Least input of the cycle that gives `wanted` after `hops` hops; null when they cannot give it. */
function leastInput(legs: readonly Leg[], hops: number, wanted: bigint): bigint | null {
  let amount = wanted;
  for (let hop = hops - 1; hop >= 0; hop--) {
    const leg = legs[hop];
    const needed = leg === undefined ? null : leastInputOf(leg, amount);
    if (needed === null) return null;
    amount = needed;
  }
  return amount;
}

/** The V2 router asks for one unit too many where the division has no remainder. */
function leastInputOf({ state, zeroForOne }: Leg, wanted: bigint): bigint | null {
  const asked = amountIn(state, zeroForOne, wanted);
  if (asked === null || asked <= 1n || state.kind !== "v2") return asked;
  return amountOut(state, zeroForOne, asked - 1n) >= wanted ? asked - 1n : asked;
}
