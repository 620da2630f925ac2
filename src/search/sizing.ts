import { lastStretch } from "../amm/stretch.ts";
import type { Curve } from "./curve.ts";
import { amountsAlong, leastInput } from "./leg.ts";
import type { Leg } from "./leg.ts";
import type { Cycle, Opportunity } from "./opportunity.ts";
import { amountsFloat, optimalInputFloat, profitFloat } from "./optimum.ts";

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

const MILLION = 1_000_000n;
/** The search ends when the best size is as near as this share of the profit to what no size can pass. */
const WORTH_LOOKING = 1e-10;
/** Steps tried at most in one walk; a concentrated pool takes some ten times longer to answer. */
const MOST_STEPS = { v2: 512, concentrated: 64, fee: 16 };
/** So many steps on each side are tried without a gap, those further out in growing strides. */
const EVERY_STEP = { v2: 128, concentrated: 10 };
/** Relative error of a float chain, with room. */
const FLOAT_ERROR = 1e-12;
/** Where a pool ends, floats may overshoot: the input is then taken smaller by the first of these that fits. */
const HAIRS = [0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4];

/** The closed form's answer, or null when not even one raw unit can be earned. */
export function estimateSize(legs: readonly Leg[]): Estimate | null {
  const curves = legs.map(({ curve }) => curve);
  const peakFloat = optimalInputFloat(curves);
  for (const hair of HAIRS) {
    const inputFloat = peakFloat * (1 - hair);
    const profit = profitFloat(curves, inputFloat);
    if (Number.isNaN(profit)) continue;
    const errorFloat = inputFloat * FLOAT_ERROR;
    return profit + errorFloat >= 1 ? { inputFloat, profitFloat: profit, errorFloat } : null;
  }
  return null;
}

/**
 * The best integer size near the estimate, or null when no integer size pays.
 *
 * In integers the profit is a staircase. Its widest steps are those of the token with the smallest amount on the
 * way (few decimals, high price); on one step the least input is best, and it is found backwards from the step.
 * Steps are tried outwards from the estimate until the float bound shows that none further out earns a unit more
 * (then the answer is the optimum), or until the best is as good as the bound.
 */
export function sizeCycle(legs: readonly Leg[], estimate: Estimate): Sizing | null {
  const curves = legs.map(({ curve }) => curve);
  const start = takeableAmounts(legs, estimate.inputFloat);
  const centre = start ?? amountsFloat(curves, estimate.inputFloat).map(toAmount);
  const look: Look = { legs, curves, estimate, best: start && sizingOf(start) };
  for (const walk of walksFrom(legs, centre)) {
    tryOutwards(look, walk);
    if (settled(look)) break;
  }
  return look.best !== null && look.best.profit > 0n ? look.best : null;
}

/** The amounts of a sizing in the words of an opportunity. */
export function priced(
  cycle: Cycle,
  { amounts, profit }: Sizing,
): Pick<Opportunity, "cycle" | "hops" | "amountIn" | "amountOut" | "profit"> {
  // Field by field: a spread takes ten times as long.
  const hops = cycle.hops.map(({ pool, kind, tokenIn, tokenOut, zeroForOne }, i) => {
    const [amountIn, amountOut] = [amounts[i] ?? 0n, amounts[i + 1] ?? 0n];
    return { pool, kind, tokenIn, tokenOut, zeroForOne, amountIn, amountOut };
  });
  return { cycle, hops, amountIn: amounts[0] ?? 0n, amountOut: amounts.at(-1) ?? 0n, profit };
}

/** A look around one estimate: what was tried, and the best so far. */
interface Look {
  readonly legs: readonly Leg[];
  readonly curves: readonly Curve[];
  readonly estimate: Estimate;
  best: Sizing | null;
}

/** Amounts to aim at after some hops (0: the input itself): step 0 at the centre, then outwards on both sides. */
interface Walk {
  readonly hops: number;
  readonly limit: number;
  target(step: number): bigint;
}

/** The best is so near to the bound that nothing is left to gain. */
function settled({ estimate, best }: Look): boolean {
  const profit = Number(best?.profit ?? 0n);
  return estimate.profitFloat - profit <= WORTH_LOOKING * profit;
}

/**
 * First along the widest steps. A concentrated pool rounds once more, where it takes its fee: its best inputs are
 * those whose last step's fee is a whole number or just below one, so each such hop has a walk along them.
 */
function walksFrom(legs: readonly Leg[], centre: readonly bigint[]): readonly Walk[] {
  const coarse = indexOfLeast(centre);
  const middle = centre[coarse] ?? 1n;
  const kind = legs.every(({ state }) => state.kind === "v2") ? "v2" : "concentrated";
  const steps: Walk = {
    hops: coarse,
    limit: MOST_STEPS[kind],
    target: (step) => middle + growing(step, EVERY_STEP[kind]),
  };
  const feeSteps = legs.flatMap(({ state, zeroForOne }, hops): Walk[] => {
    if (state.kind === "v2" || state.feePpm === 0) return [];
    const fee = BigInt(state.feePpm);
    const paid = lastStretch(state, zeroForOne, centre[hops] ?? 1n)?.paid ?? 0n;
    const wholeFees = (((centre[hops] ?? 1n) - paid) * fee) / MILLION;
    const target = (step: number): bigint => paid + ((wholeFees + BigInt(step)) * MILLION) / fee;
    return [{ hops, limit: MOST_STEPS.fee, target }];
  });
  return [steps, ...feeSteps.toSorted((a, b) => compare(centre[a.hops], centre[b.hops]))];
}

function tryOutwards(look: Look, walk: Walk): void {
  const { legs, curves, estimate } = look;
  const { inputFloat, errorFloat } = estimate;
  const open = { up: true, down: true };
  for (let turn = 0; turn < walk.limit && (open.up || open.down) && !settled(look); turn++) {
    const side = turn % 2 === 0 ? "up" : "down";
    if (!open[side]) continue;
    const step = Math.ceil(turn / 2);
    const aim = walk.target(side === "up" ? step : -step);
    if (aim < 1n) continue;
    const input = leastInput(legs, walk.hops, aim);
    const amounts = input === null ? null : amountsAlong(legs, input);
    if (amounts !== null) look.best = better(look.best, sizingOf(amounts));
    // Towards the peak the bound still rises: it is read at the peak or beyond.
    const beyond = side === "up" ? Math.max(Number(input), inputFloat) : Math.min(Number(input), inputFloat);
    const bound = profitFloat(curves, beyond) + errorFloat;
    open[side] = input !== null && bound >= Number(look.best?.profit ?? 0n) + 1;
  }
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
  for (const hair of HAIRS) {
    const amounts = amountsAlong(legs, toAmount(inputFloat * (1 - hair)));
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

/** Growing strides go far, and meet every phase of a rounding that repeats with a long period. */
const growing = (step: number, gapless: number): bigint => {
  const stride = Math.max(0, Math.abs(step) - gapless) ** 2;
  return BigInt(step < 0 ? step - stride : step + stride);
};

const compare = (a = 0n, b = 0n): number => (a === b ? 0 : a < b ? -1 : 1);
