import type { Address, PendingTransaction } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import type { Opportunity, Trigger } from "../search/opportunity.ts";
import type { Choice, ChoiceRequest, Moment } from "./choice.ts";
import type { HintShare } from "./hintOffer.ts";
import type { Decision, OutcomeCode, SubmitDecision } from "./decisions.ts";
import { passGates, type GateOptions, type GateView } from "./gates.ts";
import { judgedDecision, mostNetFirst, passagesOf, refOf, submitDecision, withChosen } from "./judging.ts";

export interface BehindRequest extends Moment {
  /** In the order in which they must be mined; the last one is the trigger. */
  readonly behind: readonly PendingTransaction[];
  readonly trigger: Trigger;
  /** What they leave of the market, if the next block begins with them. */
  readonly state: StateView;
  /** What pays there through the pools that they move. */
  readonly fresh: readonly Opportunity[];
  /** Settled cycles that they leave as they are: they may share the plan. */
  readonly untouched: readonly Opportunity[];
  readonly unlisted: readonly Address[];
  /** How far predictions of this kind have held: an estimate from 0 to 1. */
  readonly confidenceFloat: number;
  /** What is under way for the same block already. */
  readonly rivals: readonly SubmitDecision[];
  /** What hints brought to `fresh`. */
  readonly hinted: HintShare | null;
  /** Nothing is pending: it is asked for within the block, under this name. */
  readonly asked?: string | undefined;
  /** What is known goes out first. */
  readonly inHaste?: boolean | undefined;
  /** What went out in haste is under way: this plan is to take its place if it brings more. */
  readonly further?: boolean | undefined;
}

export interface BehindParts {
  readonly choice: Choice;
  readonly view: GateView;
  readonly gates: GateOptions;
  readonly maxCyclesPerPlan: number;
  readonly blockSeconds: number;
  readonly submits: boolean;
  readonly backruns: BackrunPolicy;
}

export interface BackrunPolicy {
  /**
   * `bundle`: the channels hold `[trigger, ours]` together, and of two plans for a block one at most can land, so that
   * a better one may follow. `tail`: a single transaction with the trigger's own fees, sent once.
   */
  readonly way: "bundle" | "tail";
  /** Least confidence with which a plan is sent. */
  readonly minConfidenceFloat: number;
}

/**
 * Judges what pays behind a pending transaction. A plan is made when it holds at least one cycle that the transaction
 * opens, when predictions of its kind have held, and when it is expected to bring more than what is under way.
 */
export function decideBehind(request: BehindRequest, parts: BehindParts): readonly Decision[] {
  const { choice, view, gates } = parts;
  // Not a copy of the whole request, here and in `choiceOf`: each takes two hundredths of a millisecond.
  const { block, trigger, behind, fresh, untouched, hinted, asked, further } = request;
  const at = { block, trigger, asked, further, hints: hinted?.offer ?? null };
  const open = [...fresh, ...untouched];
  const passages = passagesOf(open, gates, view);
  const passing = mostNetFirst(open, passages);
  const opened = new Set(fresh);
  const { chosen, dropped } = passing.some((item) => opened.has(item))
    ? choice.choose(passing, choiceOf(request, view))
    : { chosen: [], dropped: [] };
  const settled = new Set(untouched.map(({ cycle }) => cycle.id));
  const isBehind = chosen.some(({ cycle }) => !settled.has(cycle.id));
  const plan = isBehind ? chosen : [];

  const known = new Set(open);
  for (const item of plan)
    if (!known.has(item)) passages.set(item.cycle.id, passGates(item, false, gates, view));
  const codes = new Map<string, OutcomeCode>();
  for (const [id, { code }] of passages) codes.set(id, code === "pass" ? "plan_full" : code);
  for (const { opportunity, why } of dropped) codes.set(opportunity.cycle.id, why);
  const { blockSeconds } = parts;
  const submit =
    plan.length === 0
      ? null
      : submitDecision({ ...at, behind, opportunities: plan, age: 0, gates, view, blockSeconds });
  const code = submit === null ? null : (refusalOf(submit, request, parts) ?? sentCode(parts));
  if (code !== null) for (const { cycle } of plan) codes.set(cycle.id, code);

  const sent = code === "submitted" ? submit : null;
  // The first look has told it.
  if (further === true && sent === null) return [];
  // Settled cycles were judged with their block; here they are told only as part of a plan.
  const told = withChosen(fresh, plan);
  const judged = told.map((item) => judgedDecision(item, at, passages, codes));
  // Whole, it may be better than what this one is not.
  const goesOn = (sent !== null || code === "not_better") && hasRoom(plan, request, parts);
  return [...judged, ...(sent === null ? [] : [sent]), ...(goesOn ? [furtherOf(request)] : [])];
}

const choiceOf = (request: BehindRequest, view: GateView): ChoiceRequest => ({
  block: request.block,
  gasPrice: request.gasPrice,
  maxFeePerGas: request.maxFeePerGas,
  prices: request.prices,
  expired: request.expired,
  unlisted: request.unlisted,
  state: request.state,
  atRest: request.asked !== undefined,
  view,
  hinted: request.hinted,
  inHaste: request.inHaste === true || request.asked !== undefined,
  further: request.further,
});

/** Whether a plan that was made in haste may take in more. */
const hasRoom = (
  plan: readonly Opportunity[],
  { inHaste = false, block }: BehindRequest,
  { choice, maxCyclesPerPlan }: BehindParts,
): boolean =>
  inHaste && plan.length < maxCyclesPerPlan && !plan.some((one) => choice.needsOwnPlan(one, block));

const furtherOf = ({ trigger: { hash }, block }: BehindRequest): Decision => ({
  type: "further",
  hash,
  parent: refOf(block),
});

const sentCode = ({ submits }: BehindParts): OutcomeCode => (submits ? "submitted" : "observe");

function refusalOf(
  submit: SubmitDecision,
  { confidenceFloat, rivals, trigger, further = false }: BehindRequest,
  { backruns, gates }: BehindParts,
): OutcomeCode | null {
  if (confidenceFloat < backruns.minConfidenceFloat) return "trigger_uncertain";
  if (rivals.length === 0) return null;
  if (backruns.way === "tail") return "in_flight";
  // Behind one trigger both plans come or neither.
  const isFirst = ({ plan }: SubmitDecision): boolean => further && plan.trigger.hash === trigger.hash;
  if (further && submit.net < mostNet(rivals.filter(isFirst)) + gates.minNet) return "not_better";
  const others = rivals.filter((rival) => !isFirst(rival));
  if (others.length === 0) return null;
  // A trigger may fail and take the whole bundle with it: its gain is counted as often as it is expected to come.
  const expected = (submit.net * BigInt(Math.floor(confidenceFloat * PPM))) / BigInt(PPM);
  return expected < mostNet(others) + gates.minNet ? "not_better" : null;
}

const mostNet = (plans: readonly SubmitDecision[]): bigint =>
  plans.reduce((most, { net }) => (net > most ? net : most), 0n);

const PPM = 1_000_000;
