import { swap } from "../amm/swap.ts";
import { createOverlay } from "../market/overlay.ts";
import type { Overlay } from "../market/overlay.ts";
import type { StateView } from "../market/stateView.ts";
import { createLeg } from "./leg.ts";
import type { Leg } from "./leg.ts";
import type { Opportunity } from "./opportunity.ts";
import { spotRateFloat } from "./rates.ts";
import { BREAK_EVEN } from "./screen.ts";
import { estimateSize, priced, sizeCycle } from "./sizing.ts";

export interface PlanOptions {
  readonly maxCycles: number;
  /** Opportunities sized again at most; the best come first. Default 128: some tens of milliseconds. */
  readonly maxResized?: number;
  /** Whether an opportunity, as it is sized now, is still worth a place. */
  minProfit(opportunity: Opportunity): boolean;
  /** Whether the transaction has room for it beside those chosen; default: always. */
  fits?(opportunity: Opportunity, chosen: readonly Opportunity[]): boolean;
}

/** `conflict`: no longer worth it after those before it. `plan_full`: worth it, but there is no room. */
export type DropReason = "below_min_profit" | "conflict" | "plan_full";

export interface PlanSelection {
  /** In the order in which they are to be executed, each sized on the state that the former ones leave. */
  readonly chosen: readonly Opportunity[];
  readonly dropped: readonly { readonly opportunity: Opportunity; readonly why: DropReason }[];
}

/**
 * Takes opportunities in the given order (best first) for one transaction. One that shares a pool with those
 * taken before is sized again on what they leave. `opportunities` must be priced on `view`.
 */
export function selectPlan(
  opportunities: readonly Opportunity[],
  view: StateView,
  options: PlanOptions,
): PlanSelection {
  const { maxCycles, maxResized = 128 } = options;
  const overlay = createOverlay(view);
  let resized = 0;
  const chosen: Opportunity[] = [];
  const dropped: { opportunity: Opportunity; why: DropReason }[] = [];
  for (const opportunity of opportunities) {
    const met = opportunity.hops.some(({ pool }) => overlay.isChanged(pool));
    if (chosen.length >= maxCycles || (met && resized >= maxResized)) {
      dropped.push({ opportunity, why: "plan_full" });
      continue;
    }
    const legs = met ? legsThatPay(opportunity, overlay) : null;
    if (legs !== null) resized++;
    const now = met ? legs && sizedAgain(opportunity, legs) : opportunity;
    if (now === null || !options.minProfit(now))
      dropped.push({ opportunity, why: met ? "conflict" : "below_min_profit" });
    else if (options.fits?.(now, chosen) === false) dropped.push({ opportunity, why: "plan_full" });
    else if (execute(now, overlay)) chosen.push(now);
    else throw new Error(`opportunity ${opportunity.cycle.id} is not priced on this view`);
  }
  return { chosen, dropped };
}

/**
 * The cycle's legs in this view; null when it pays at no size. One swap opens thousands of cycles through one pool, and
 * the best of them closes nearly all: this is told by their rates at size zero, without sizing them.
 */
function legsThatPay({ cycle }: Opportunity, view: StateView): readonly Leg[] | null {
  const legs = cycle.hops.flatMap(({ pool, zeroForOne }) => {
    const state = view.stateOf(pool);
    return state === null ? [] : [createLeg(state, zeroForOne)];
  });
  return legs.length === cycle.hops.length && marginalOf(legs) > BREAK_EVEN ? legs : null;
}

const marginalOf = (legs: readonly Leg[]): number =>
  legs.reduce((rate, { state, zeroForOne }) => rate * spotRateFloat(state, zeroForOne), 1);

/** The same cycle at its best size on these legs, or null when no integer size pays. */
function sizedAgain(before: Opportunity, legs: readonly Leg[]): Opportunity | null {
  const estimate = estimateSize(legs);
  const sizing = estimate && sizeCycle(legs, estimate);
  if (!sizing) return null;
  const rateFloat = before.profitNativeFloat / Number(before.profit);
  return {
    ...before,
    ...priced(before.cycle, sizing),
    profitNativeFloat: rateFloat * Number(sizing.profit),
    marginal: marginalOf(legs),
  };
}

/** Moves the pools as the opportunity will; false, with the overlay untouched, when they give other amounts. */
function execute({ hops }: Opportunity, overlay: Overlay): boolean {
  const after = [];
  for (const { pool, zeroForOne, amountIn, amountOut } of hops) {
    const state = overlay.stateOf(pool);
    const result = state && swap(state, { zeroForOne, amountIn });
    if (!result?.ok || !result.swap.complete || result.swap.amountOut !== amountOut) return false;
    after.push({ pool, state: result.swap.after });
  }
  for (const { pool, state } of after) overlay.set(pool, state);
  return true;
}
