import type { Hash } from "../chain/types.ts";
import type { Moment } from "./choice.ts";
import { settledMoment, type Core } from "./core.ts";
import type { Decision, Judged, OutcomeCode } from "./decisions.ts";
import type { HintEvent } from "./events.ts";
import { shareOf, unknownTo, type HintOffer } from "./hintOffer.ts";
import { createHints } from "./hints.ts";
import { ofJudged, settledOf, unpriced } from "./hintSteps.ts";
import { blockTrigger } from "./judging.ts";

/** What is remembered of asking. */
export interface Asks {
  /** The last one's number: milliseconds, but never the same twice. */
  last: number;
  block: Hash | null;
  /** Outcomes that were written down since that block, by cycle. */
  readonly told: Map<string, OutcomeCode>;
}

/** Asked cycles that are sized at once, the best by the closed form. */
const MOST_ASKED = 16;
/** Settled cycles, the best, that may share its plan: several times what one holds. */
const MOST_BESIDE = 16;

/**
 * Prices routes on the state of now, and sends what passes the gates, beside the settled cycles that still stand, if
 * that is better than what is under way for the block. One answer a route; of several with one id the last counts.
 */
export function ask(core: Core, event: HintEvent, expired?: () => boolean): readonly Decision[] {
  const { market, named, options } = core;
  const { head } = market;
  const routes = [...new Map(event.routes.map((route) => [route.id, route])).values()];
  if (head === null || !core.live) return routes.map((route) => unpriced("ask", route, "no_state", head));
  const asked = createHints({ hintControlShareFloat: 0, apart: false }, { market, named, open: () => [] });
  const hints = routes.map((route) => asked.keep(route));
  const moment = settledMoment(core, head, expired);
  const offer = asked.offer({ ...moment, leastFloat: null, limit: MOST_ASKED });
  const decisions = offer.opportunities.length === 0 ? [] : decide(core, event.time, moment, offer);

  const judged = new Map<string, Judged>();
  for (const decision of decisions)
    if (decision.type === "judged")
      for (const id of decision.judged.hintIds ?? []) judged.set(id, decision.judged);
  const kept = decisions.filter((decision) => isNews(core, decision, Number(options.search.minProfit)));
  const written = new Set(
    kept.flatMap((decision) => (decision.type === "judged" ? [decision.judged.id] : [])),
  );
  const others = new Map(asked.changed("offer", Infinity));
  const answers = hints.map((hint) => {
    const { route, refusal } = hint;
    const its = judged.get(route.id);
    if (its === undefined) return unpriced("ask", route, refusal ?? others.get(hint) ?? "expired", head);
    const answer = ofJudged("ask", route, its, head);
    return written.has(its.id) ? answer : { ...answer, opportunityId: null };
  });
  return [...kept, ...answers];
}

function decide(core: Core, time: number, moment: Moment, offer: HintOffer): readonly Decision[] {
  const { market, desk, inFlight, asks } = core;
  const { block } = moment;
  if (asks.block !== block.hash) asks.told.clear();
  asks.block = block.hash;
  asks.last = Math.max(asks.last + 1, Math.floor(time));
  const settled = settledOf(core);
  const decisions = desk.decideBehind({
    ...moment,
    trigger: blockTrigger(block),
    behind: [],
    state: market,
    fresh: offer.opportunities,
    untouched: unknownTo(offer.opportunities, settled).slice(0, MOST_BESIDE),
    unlisted: [],
    hinted: shareOf(offer, settled),
    confidenceFloat: 1,
    rivals: [...inFlight.values()].filter(({ targetBlock }) => targetBlock === block.number + 1),
    asked: `ask${asks.last}`,
  });
  for (const decision of decisions) if (decision.type === "submit") inFlight.set(decision.intentId, decision);
  return decisions;
}

/** Whoever asks again and again is answered, but not written down each time; nor is what the search would not list. */
function isNews({ asks }: Core, decision: Decision, leastFloat: number): boolean {
  if (decision.type !== "judged") return true;
  const { opportunity, code } = decision.judged;
  const { id } = opportunity.cycle;
  if (!(opportunity.profitNativeFloat >= leastFloat)) return code === "submitted";
  if (code !== "submitted" && asks.told.get(id) === code) return false;
  asks.told.set(id, code);
  return true;
}
