import { swap } from "../amm/swap.ts";
import type { Address } from "../chain/types.ts";
import { createOverlay } from "../market/overlay.ts";
import type { Overlay } from "../market/overlay.ts";
import type { StateView } from "../market/stateView.ts";
import type { Opportunity } from "./opportunity.ts";

export interface PlanOptions {
  readonly maxCycles: number;
  /** What an opportunity, as it is sized now, leaves after gas: most is best. Null: it is not worth a place. */
  worth(opportunity: Opportunity): bigint | null;
  /** Whether the transaction has room for it beside those chosen; default: always. */
  fits?(opportunity: Opportunity, chosen: readonly Opportunity[]): boolean;
  /** Searches on: what pays through these pools in this view, in which the chosen ones have been executed. */
  further(view: StateView, moved: readonly Address[]): Further;
}

export interface Further {
  readonly opportunities: readonly Opportunity[];
  /** False: more than these may pay. */
  readonly complete: boolean;
}

/** `conflict`: no longer worth it after those before it. `plan_full`: worth it, but there is no room. */
export type DropReason = "below_min_profit" | "conflict" | "plan_full";

export interface PlanSelection {
  /** In the order in which they are to be executed, each sized on the state that the former ones leave. */
  readonly chosen: readonly Opportunity[];
  /** Those that were given and not chosen, in the given order. */
  readonly dropped: readonly { readonly opportunity: Opportunity; readonly why: DropReason }[];
}

interface Candidate {
  readonly opportunity: Opportunity;
  readonly worth: bigint;
}

/**
 * Takes the best opportunity, executes it in an overlay, and goes on with the best of what is left: those that wait and
 * share no pool with the chosen ones, and what a search through their pools finds now. A cycle has one place in a plan.
 * `opportunities` must be priced on `view`, each cycle once.
 */
export function selectPlan(
  opportunities: readonly Opportunity[],
  view: StateView,
  options: PlanOptions,
): PlanSelection {
  const overlay = createOverlay(view);
  const chosen: Opportunity[] = [];
  const taken = new Set<string>();
  const met = new Set<string>();
  let closed = new Set<string>();
  const given = candidatesOf(opportunities, options);
  let waiting = mostFirst(given);
  while (chosen.length < options.maxCycles) {
    const [next, ...others] = waiting;
    waiting = others;
    if (next === undefined) break;
    const { opportunity } = next;
    if (options.fits?.(opportunity, chosen) === false) continue;
    if (!execute(opportunity, overlay))
      throw new Error(`opportunity ${opportunity.cycle.id} is not priced on this view`);
    chosen.push(opportunity);
    taken.add(idOf(next));
    if (chosen.length === options.maxCycles) break;

    for (const candidate of others) if (meets(candidate, overlay)) met.add(idOf(candidate));
    const { opportunities: further, complete } = options.further(overlay, overlay.changed);
    const found = candidatesOf(further, options).filter((candidate) => !taken.has(idOf(candidate)));
    const open = new Set(found.map(idOf));
    const apart = others.filter((candidate) => !meets(candidate, overlay) && !open.has(idOf(candidate)));
    waiting = mostFirst([...apart, ...found]);
    closed = new Set([...(complete ? met : closed)].filter((id) => !open.has(id)));
  }
  const worthIt = new Set(given.map(idOf));
  const why = (id: string): DropReason =>
    closed.has(id) ? "conflict" : worthIt.has(id) ? "plan_full" : "below_min_profit";
  const left = opportunities.filter(({ cycle }) => !taken.has(cycle.id));
  return {
    chosen,
    dropped: left.map((opportunity) => ({ opportunity, why: why(opportunity.cycle.id) })),
  };
}

const idOf = ({ opportunity }: Candidate): string => opportunity.cycle.id;

const candidatesOf = (opportunities: readonly Opportunity[], options: PlanOptions): readonly Candidate[] =>
  opportunities.flatMap((opportunity) => {
    const worth = options.worth(opportunity);
    return worth === null ? [] : [{ opportunity, worth }];
  });

/** Of equal worth, the first given. */
const mostFirst = (candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.toSorted((a, b) => (a.worth === b.worth ? 0 : a.worth > b.worth ? -1 : 1));

const meets = ({ opportunity }: Candidate, overlay: Overlay): boolean =>
  opportunity.hops.some(({ pool }) => overlay.isChanged(pool));

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
