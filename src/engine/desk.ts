import type { Address, BlockRef } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import type { Opportunity, Plan } from "../search/opportunity.ts";
import type { Search } from "../search/search.ts";
import type { Standing } from "../search/standing.ts";
import { createChoice, type Choice, type ChoiceOptions, type Moment } from "./choice.ts";
import { decideBehind, type BackrunPolicy, type BehindRequest } from "./behind.ts";
import type { Decision, HintTrialDecision, OutcomeCode } from "./decisions.ts";
import type { Limits } from "./events.ts";
import { passGates, type GateView } from "./gates.ts";
import { shareOf, type HintOffer } from "./hintOffer.ts";
import {
  blockTrigger,
  gateView,
  judgedDecision,
  mostNetFirst,
  passagesOf,
  refOf,
  submitDecision,
  withChosen,
} from "./judging.ts";
import { createQuarantine, type Quarantine } from "./quarantine.ts";

export interface DeskOptions extends ChoiceOptions {
  /** How long a cycle that proved false is not believed. */
  readonly quarantineBlocks: number;
  /** Seconds from one block to the next, rounded up: the target block's time is an expectation. */
  readonly blockSeconds: number;
  /** False in `observe`: what passes every gate is only noted. */
  readonly submits: boolean;
  /** How plans behind pending transactions go out; null: none are made. */
  readonly backruns: BackrunPolicy | null;
}

interface DeskParts {
  readonly market: Market;
  readonly search: Search;
  readonly standing: Standing;
}

export interface DeskRequest extends Moment {
  /** What is known to pay before gas, in one order for every run. */
  readonly open: readonly Opportunity[];
  readonly fresh: readonly Opportunity[];
  /** Pools through which more pays than is in `open`. */
  readonly unlisted: readonly Address[];
  /** Pools that moved since the last decision. */
  readonly changed: readonly Address[];
  /** Null where no hint is kept, or the block ignores them. */
  readonly hints: HintOffer | null;
  /** Hints that are kept. */
  readonly hintsKept: number;
}

/** Judges what pays, and makes of what passes one plan a block, and one behind each pending transaction that opens more. */
export interface Desk {
  /** Whether these fill a plan, at a moment; or so many places of it. */
  enough(moment: Moment, places?: number): (found: readonly Opportunity[]) => boolean;
  decide(request: DeskRequest): readonly Decision[];
  /** The same behind a pending transaction, or for what is asked within a block. */
  decideBehind(request: BehindRequest): readonly Decision[];
  /** Other limits from now on; what is null stays. */
  limit(limits: Limits): void;
  /** A simulation or the chain refused this plan: its cycles are tried alone, then quarantined. */
  disbelieve(plan: Plan, reason: string, block: BlockRef): readonly Decision[];
}

/** What the desk remembers from block to block. */
interface Memory extends DeskParts {
  readonly options: DeskOptions;
  readonly quarantine: Quarantine;
  /** Cycles that are believed only when a plan of their own simulates well. */
  readonly doubts: Quarantine;
  readonly choice: Choice;
  /** Of plans behind pending transactions: their turns are their own. */
  readonly choiceBehind: Choice;
  /** The block since which each open cycle stands as it is. */
  born: ReadonlyMap<string, number>;
  codes: ReadonlyMap<string, OutcomeCode>;
  suspects: ReadonlySet<string>;
}

/** For what is asked within a block: nothing may follow another plan of the block. */
const NONE_BEHIND: BackrunPolicy = { way: "tail", minConfidenceFloat: 0 };

/** Bound of each list of cycles that are not believed. */
const MAX_QUARANTINED = 10_000;

export function createDesk(given: DeskOptions, parts: DeskParts): Desk {
  const options = { ...given };
  const doubts = createQuarantine(MAX_QUARANTINED);
  const memory: Memory = {
    ...parts,
    options,
    quarantine: createQuarantine(MAX_QUARANTINED),
    doubts,
    choice: createChoice(options, { ...parts, doubts }),
    choiceBehind: createChoice(options, { ...parts, doubts }),
    born: new Map(),
    codes: new Map(),
    suspects: new Set(),
  };
  return {
    enough: (moment, places = options.maxCyclesPerPlan) => {
      const view = gateViewOf(memory, moment, memory.suspects);
      return (found) => memory.choice.joining(found, moment.block, view) >= places;
    },
    decide: (request) => decide(memory, request),
    decideBehind: (request) => {
      const backruns = options.backruns ?? NONE_BEHIND;
      const view = gateViewOf(memory, request, memory.suspects);
      const { gates, maxCyclesPerPlan, blockSeconds, submits } = options;
      return decideBehind(request, {
        choice: memory.choiceBehind,
        view,
        gates,
        maxCyclesPerPlan,
        blockSeconds,
        submits,
        backruns,
      });
    },
    limit: ({ minNet, txFeeCap, maxCyclesPerPlan }) => {
      const { gates } = options;
      options.gates = { ...gates, minNet: minNet ?? gates.minNet, txFeeCap: txFeeCap ?? gates.txFeeCap };
      options.maxCyclesPerPlan = maxCyclesPerPlan ?? options.maxCyclesPerPlan;
    },
    disbelieve: (plan, reason, block) => disbelieve(memory, plan, reason, block),
  };
}

function decide(memory: Memory, request: DeskRequest): readonly Decision[] {
  const { options, standing, choice } = memory;
  const { block, changed, hints } = request;
  const at = { block, trigger: blockTrigger(block), hints };
  const hinted = hints && shareOf(hints, request.open);
  const open = hinted === null ? request.open : [...request.open, ...hinted.only];
  const suspects = standing.observe(block.number, open, changed);
  const view = gateViewOf(memory, request, suspects);
  const passages = passagesOf(open, options.gates, view);
  const { chosen, dropped } = choice.choose(mostNetFirst(open, passages), {
    ...request,
    state: memory.market,
    atRest: true,
    view,
    hinted,
  });

  const known = new Set(open);
  for (const item of chosen)
    if (!known.has(item)) passages.set(item.cycle.id, passGates(item, false, options.gates, view));
  const codes = new Map<string, OutcomeCode>();
  for (const [id, { code }] of passages) codes.set(id, code === "pass" ? "plan_full" : code);
  for (const { opportunity, why } of dropped) codes.set(opportunity.cycle.id, why);
  for (const { cycle } of chosen) codes.set(cycle.id, options.submits ? "submitted" : "observe");
  standing.excuse(block.number, untried(memory, open, codes, block));

  const anew = freshOf(request);
  const always = new Set([...anew, ...chosen.map(({ cycle }) => cycle.id)]);
  const news = withChosen(open, chosen).filter(
    ({ cycle: { id } }) => always.has(id) || codes.get(id) !== memory.codes.get(id),
  );
  const newSuspects = [...suspects].filter((id) => !memory.suspects.has(id));
  memory.born = bornOf(memory, block, open, anew);
  memory.codes = codes;
  memory.suspects = suspects;
  const submit =
    chosen.length === 0
      ? null
      : submitDecision({
          ...options,
          ...at,
          opportunities: chosen,
          behind: [],
          age: ageOf(memory, chosen, block),
          view,
        });
  return [
    ...newSuspects.map((cycleId) => quarantined(cycleId, "standing", block)),
    ...news.map((item) => judgedDecision(item, at, passages, codes)),
    ...(options.submits && submit !== null ? [submit] : []),
    ...trialOf(request, submit?.net ?? 0n),
  ];
}

/** With or without them: where no hint is kept there is nothing to compare. */
const trialOf = ({ block, hints, hintsKept }: DeskRequest, net: bigint): readonly HintTrialDecision[] =>
  hintsKept === 0
    ? []
    : [{ type: "hint_trial", block: refOf(block), used: hints !== null, hints: hintsKept, net }];

/** Cycles that were found anew. */
const freshOf = ({ fresh, hints }: DeskRequest): ReadonlySet<string> =>
  new Set([...fresh.map(({ cycle }) => cycle.id), ...(hints?.news ?? [])]);

/** What was found anew stands since this block; a count that a reorg overtook starts again. */
function bornOf(
  { born }: Memory,
  block: BlockRef,
  open: readonly Opportunity[],
  anew: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const since = (id: string): number =>
    anew.has(id) ? block.number : Math.min(born.get(id) ?? block.number, block.number);
  return new Map(open.map(({ cycle: { id } }) => [id, since(id)]));
}

const ageOf = ({ born }: Memory, chosen: readonly Opportunity[], block: BlockRef): number =>
  Math.max(...chosen.map(({ cycle }) => block.number - (born.get(cycle.id) ?? block.number)));

function gateViewOf({ market, quarantine }: Memory, moment: Moment, suspects: ReadonlySet<string>): GateView {
  const quarantined = (id: string): string | null =>
    suspects.has(id) ? "standing" : quarantine.reasonOf(id, moment.block.number);
  return gateView(moment, quarantined, (pool) => market.isTainted(pool));
}

/** Outcomes that say nothing about whether a profit is real: it paid nobody, or could not be judged. */
const NO_EVIDENCE: ReadonlySet<OutcomeCode | undefined> = new Set<OutcomeCode>([
  "gas_over_profit",
  "below_min_profit",
  "no_native_price",
  "fee_cap",
  "tainted",
]);

/**
 * Cycles whose standing open proves nothing in this block. Where only the place in the plan was missing this holds for
 * those that are believed: a crowd of wide margins is not to outlast its three blocks by waiting for its turn.
 */
function untried(
  { choice }: Memory,
  open: readonly Opportunity[],
  codes: ReadonlyMap<string, OutcomeCode>,
  block: BlockRef,
): readonly string[] {
  const idle = open.filter((opportunity) => {
    const code = codes.get(opportunity.cycle.id);
    return NO_EVIDENCE.has(code) || (code === "plan_full" && !choice.needsOwnPlan(opportunity, block));
  });
  return idle.map(({ cycle }) => cycle.id);
}

function disbelieve(memory: Memory, plan: Plan, reason: string, block: BlockRef): readonly Decision[] {
  const { opportunities } = plan;
  const until = block.number + memory.options.quarantineBlocks;
  const alone = opportunities.length === 1;
  for (const { cycle } of opportunities)
    (alone ? memory.quarantine : memory.doubts).add(cycle.id, reason, until);
  return alone ? opportunities.map(({ cycle }) => quarantined(cycle.id, reason, block)) : [];
}

const quarantined = (cycleId: string, reason: string, block: BlockRef): Decision => ({
  type: "quarantine",
  cycleId,
  reason,
  block: refOf(block),
});
