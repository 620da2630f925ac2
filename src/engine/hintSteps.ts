import type { BlockHeader, BlockRef } from "../chain/types.ts";
import type { Overlay } from "../market/overlay.ts";
import type { Opportunity } from "../search/opportunity.ts";
import type { Moment } from "./choice.ts";
import { settledMoment, type Core } from "./core.ts";
import type { Decision, HintCode, HintDecision, Judged } from "./decisions.ts";
import type { HintedRoute, HintEvent } from "./events.ts";
import { shareOf, unknownTo, type HintOffer, type HintShare } from "./hintOffer.ts";
import { refOf } from "./judging.ts";

/** What the engine's steps do with kept hints. What is asked for at once is decided in `hintAsks`. */

/** Hinted cycles that are sized and judged with one decision: several times what a plan holds. */
const MOST_LISTED = 16;
const MOST_LISTED_BEHIND = 4;
/** Outcomes that are told with one block: the others follow with the next ones. */
const MOST_TOLD = 256;

/** What is wrong with a route is told at once; all else with the blocks that price it. */
export function keep({ hints, market }: Core, { routes }: HintEvent): readonly HintDecision[] {
  return routes.flatMap((route) => {
    const hint = hints.keep(route);
    if (hint.refusal === null) return [];
    hint.told = hint.refusal;
    return [unpriced("keep", route, hint.refusal, market.head)];
  });
}

/** Null where no hint is kept, or the block ignores them. */
export function offerAt({ hints, options }: Core, moment: Moment): HintOffer | null {
  if (hints.size === 0 || hints.ignoredBy(moment.block.hash)) return null;
  const leastFloat = Number(options.search.minProfit);
  return hints.offer({ ...moment, leastFloat, limit: MOST_LISTED });
}

/** What paid when the settled state was last decided on, but for what crosses a pool that has moved since. */
export function settledOf({ book, hinted, moved }: Core): readonly Opportunity[] {
  const found = book.all();
  const all = hinted.length === 0 ? found : [...found, ...unknownTo(found, hinted)];
  return moved.size === 0 ? all : all.filter(({ hops }) => !hops.some(({ pool }) => moved.has(pool)));
}

/** What hints know on the state that a pending transaction leaves, through the pools that it moves. */
export function offerBehind(
  { hints }: Core,
  state: Overlay,
  moment: Moment & { readonly leastFloat: number },
  found: readonly Opportunity[],
): HintShare | null {
  if (hints.size === 0 || hints.ignoredBy(moment.block.hash)) return null;
  const few = { ...moment, limit: MOST_LISTED_BEHIND };
  return shareOf(hints.offerBehind(state, state.changed, few), found);
}

/** What was judged with these decisions, told to each hint that names it. */
export function toldOf(
  { hints }: Core,
  decisions: readonly Decision[],
  block: BlockRef,
): readonly HintDecision[] {
  return decisions.flatMap((decision) => {
    if (decision.type !== "judged") return [];
    const { judged } = decision;
    return (judged.hintIds ?? []).flatMap((id) => {
      const hint = hints.get(id);
      if (hint === undefined) return [];
      hint.told = judged.code;
      return [ofJudged("keep", hint.route, judged, block)];
    });
  });
}

/** Outcomes of this block that are others than were told, of cycles that were not judged. */
export const outcomesOf = (
  { hints }: Core,
  of: "offer" | "review",
  block: BlockRef,
): readonly HintDecision[] =>
  hints.changed(of, MOST_TOLD).map(([hint, code]) => {
    hint.told = code;
    return unpriced("keep", hint.route, code, block);
  });

/** What is to be said of the hints that the search covers: it is looked at when the block's decision is out. */
export function review(
  core: Core,
  block: BlockHeader,
  expired: (() => boolean) | undefined,
): readonly HintDecision[] {
  const { hints, options } = core;
  if (hints.size === 0 || hints.ignoredBy(block.hash)) return [];
  const leastFloat = Number(options.search.minProfit);
  hints.review({ ...settledMoment(core, block, expired), leastFloat });
  return outcomesOf(core, "review", block);
}

/** A hint whose cycle did not come to the gates. */
export const unpriced = (
  use: HintEvent["use"],
  { id, source }: HintedRoute,
  code: HintCode,
  block: BlockRef | null,
): HintDecision => ({
  type: "hint",
  use,
  id,
  source,
  state: "scanned",
  code,
  net: null,
  base: null,
  profit: null,
  amountIn: null,
  opportunityId: null,
  block: block && refOf(block),
});

export function ofJudged(
  use: HintEvent["use"],
  route: HintedRoute,
  { id, code, numbers, opportunity }: Judged,
  block: BlockRef,
): HintDecision {
  const { net } = numbers;
  return {
    ...unpriced(use, route, code, block),
    state: net !== null && net > 0n ? "profitable" : "scanned",
    net,
    base: opportunity.cycle.base,
    profit: opportunity.profit,
    amountIn: opportunity.amountIn,
    opportunityId: id,
  };
}
