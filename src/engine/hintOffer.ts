import type { Address } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import type { Opportunity } from "../search/opportunity.ts";

/** What hints bring to one decision. */
export interface HintOffer {
  /** Of the hinted cycles the best that pay, before gas. */
  readonly opportunities: readonly Opportunity[];
  /** Of these, by the ids of their cycles, those to be told anew: sized just now, or named since the last block. */
  readonly news: ReadonlySet<string>;
  /** Hints that name this cycle, whoever found it. */
  idsOf(opportunity: Opportunity): readonly string[];
  /** Share of a plan's places, from 0 to 1, that its hints allow. */
  budgetFloat(opportunity: Opportunity): number;
  /** Those of `opportunities` that cross one of these pools, as they pay on another view. */
  again(view: StateView, moved: readonly Address[]): readonly Opportunity[];
}

/** An offer, and which cycles of it nobody else knows. */
export interface HintShare {
  readonly offer: HintOffer;
  /** Each once, best first. */
  readonly only: readonly Opportunity[];
}

/** `found`: what the search knows. */
export function shareOf(offer: HintOffer, found: readonly Opportunity[]): HintShare {
  const known = new Set(found.map(({ cycle }) => cycle.id));
  return { offer, only: offer.opportunities.filter(({ cycle }) => !known.has(cycle.id)) };
}

/**
 * Whether the budget of its hints leaves room for a cycle that only hints know, in a plan with so many places. What the
 * search finds by itself needs no hint's leave.
 */
export function withinBudget(
  opportunity: Opportunity,
  chosen: readonly Opportunity[],
  { offer, only }: HintShare,
  places: number,
): boolean {
  const isHinted = ({ cycle: { id } }: Opportunity): boolean => only.some(({ cycle }) => cycle.id === id);
  if (!isHinted(opportunity)) return true;
  return chosen.filter(isHinted).length < Math.ceil(offer.budgetFloat(opportunity) * places);
}

/** Those that are not in `found` already. */
export function unknownTo(
  found: readonly Opportunity[],
  others: readonly Opportunity[],
): readonly Opportunity[] {
  const known = new Set(found.map(({ cycle }) => cycle.id));
  return others.filter(({ cycle }) => !known.has(cycle.id));
}
