import type { Address, BlockHeader, BlockRef } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import type { Opportunity, Plan } from "../search/opportunity.ts";
import type { Search } from "../search/search.ts";
import type { Standing } from "../search/standing.ts";
import { createChoice, type Choice, type ChoiceOptions, type Moment } from "./choice.ts";
import type { Decision, GateNumbers, Judged, OutcomeCode, SubmitDecision } from "./decisions.ts";
import { passGates, type GateView, type Passage } from "./gates.ts";
import { createQuarantine, type Quarantine } from "./quarantine.ts";

export interface DeskOptions extends ChoiceOptions {
  /** How long a cycle that proved false is not believed. */
  readonly quarantineBlocks: number;
  /** Seconds from one block to the next, rounded up: the target block's time is an expectation. */
  readonly blockSeconds: number;
  /** False in `observe`: what passes every gate is only noted. */
  readonly submits: boolean;
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
}

/** Judges what pays, and makes at most one plan a block of what passes. */
export interface Desk {
  /** Whether these fill a plan, at a moment. */
  enough(moment: Moment): (found: readonly Opportunity[]) => boolean;
  decide(request: DeskRequest): readonly Decision[];
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
  codes: ReadonlyMap<string, OutcomeCode>;
  suspects: ReadonlySet<string>;
}

/** Bound of each list of cycles that are not believed. */
const MAX_QUARANTINED = 10_000;

export function createDesk(options: DeskOptions, parts: DeskParts): Desk {
  const doubts = createQuarantine(MAX_QUARANTINED);
  const memory: Memory = {
    ...parts,
    options,
    quarantine: createQuarantine(MAX_QUARANTINED),
    doubts,
    choice: createChoice(options, { ...parts, doubts }),
    codes: new Map(),
    suspects: new Set(),
  };
  return {
    enough: (moment) => {
      const view = gateViewOf(memory, moment, memory.suspects);
      return (found) => memory.choice.fillPlan(found, moment.block, view);
    },
    decide: (request) => decide(memory, request),
    disbelieve: (plan, reason, block) => disbelieve(memory, plan, reason, block),
  };
}

function decide(memory: Memory, request: DeskRequest): readonly Decision[] {
  const { options, standing, choice } = memory;
  const { block, open, fresh, changed } = request;
  const suspects = standing.observe(block.number, open, changed);
  const view = gateViewOf(memory, request, suspects);
  const passages = new Map(open.map((item) => [item.cycle.id, passGates(item, true, options.gates, view)]));
  const { chosen, dropped } = choice.choose(mostNetFirst(open, passages), { ...request, view });

  const known = new Set(open);
  for (const item of chosen)
    if (!known.has(item)) passages.set(item.cycle.id, passGates(item, false, options.gates, view));
  const codes = new Map<string, OutcomeCode>();
  for (const [id, { code }] of passages) codes.set(id, code === "pass" ? "plan_full" : code);
  for (const { opportunity, why } of dropped) codes.set(opportunity.cycle.id, why);
  for (const { cycle } of chosen) codes.set(cycle.id, options.submits ? "submitted" : "observe");
  standing.excuse(block.number, untried(memory, open, codes, block));

  const always = new Set([...fresh, ...chosen].map(({ cycle }) => cycle.id));
  const news = withChosen(open, chosen).filter(
    ({ cycle: { id } }) => always.has(id) || codes.get(id) !== memory.codes.get(id),
  );
  const newSuspects = [...suspects].filter((id) => !memory.suspects.has(id));
  memory.codes = codes;
  memory.suspects = suspects;
  return [
    ...newSuspects.map((cycleId) => quarantined(cycleId, "standing", block)),
    ...news.map((item): Decision => {
      return { type: "judged", judged: judgedOf(item, block, passages, codes), block: refOf(block) };
    }),
    ...(options.submits && chosen.length > 0 ? [submitOf(options, chosen, block, view)] : []),
  ];
}

/** Each cycle once, the chosen ones as they are sized in the plan; last those that pay only behind others of it. */
function withChosen(open: readonly Opportunity[], chosen: readonly Opportunity[]): readonly Opportunity[] {
  const sized = new Map(open.map((item) => [item.cycle.id, item]));
  for (const item of chosen) sized.set(item.cycle.id, item);
  return [...sized.values()];
}

function gateViewOf(
  { market, quarantine }: Memory,
  { block, gasPrice, prices }: Moment,
  suspects: ReadonlySet<string>,
): GateView {
  return {
    gasPrice,
    toNative: (token, amount) => prices.toNative(token, amount),
    quarantined: (id) => (suspects.has(id) ? "standing" : quarantine.reasonOf(id, block.number)),
    tainted: (pool) => market.isTainted(pool),
  };
}

/** Those that pass, by what they leave after gas at today's prices: the order of `open` knows those of its finding. */
function mostNetFirst(
  open: readonly Opportunity[],
  passages: ReadonlyMap<string, Passage>,
): readonly Opportunity[] {
  const passing = open.flatMap((opportunity) => {
    const passage = passages.get(opportunity.cycle.id);
    return passage?.code === "pass" ? [{ opportunity, net: passage.numbers.net ?? 0n }] : [];
  });
  const sorted = passing.toSorted((a, b) => (a.net === b.net ? 0 : a.net > b.net ? -1 : 1));
  return sorted.map(({ opportunity }) => opportunity);
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

function submitOf(
  options: DeskOptions,
  opportunities: readonly Opportunity[],
  block: BlockHeader,
  view: GateView,
): SubmitDecision {
  const numbers = opportunities.map((item, i) => passGates(item, i === 0, options.gates, view).numbers);
  const sum = (of: (one: GateNumbers) => bigint): bigint =>
    numbers.reduce((total, one) => total + of(one), 0n);
  return {
    type: "submit",
    intentId: `${block.number + 1}-${block.hash.slice(2, 10)}`,
    plan: { trigger: { type: "block", number: block.number, hash: block.hash }, opportunities },
    behind: [],
    age: 0,
    parent: refOf(block),
    targetBlock: block.number + 1,
    targetTimestamp: block.timestamp + options.blockSeconds,
    baseFeePerGas: block.baseFeePerGas,
    opportunityIds: opportunities.map((opportunity) => opportunityId(opportunity, block)),
    net: sum(({ net }) => net ?? 0n),
    gasCost: sum(({ gasCost }) => gasCost),
  };
}

function disbelieve(memory: Memory, plan: Plan, reason: string, block: BlockRef): readonly Decision[] {
  const { opportunities } = plan;
  const until = block.number + memory.options.quarantineBlocks;
  const alone = opportunities.length === 1;
  for (const { cycle } of opportunities)
    (alone ? memory.quarantine : memory.doubts).add(cycle.id, reason, until);
  return alone ? opportunities.map(({ cycle }) => quarantined(cycle.id, reason, block)) : [];
}

const refOf = ({ number, hash }: BlockRef): BlockRef => ({ number, hash });

const quarantined = (cycleId: string, reason: string, block: BlockRef): Decision => ({
  type: "quarantine",
  cycleId,
  reason,
  block: refOf(block),
});

/** The same cycle on the same block has the same id in every run. */
const opportunityId = ({ cycle }: Opportunity, block: BlockRef): string =>
  `${block.number}-${block.hash.slice(2, 10)}-${cycle.id}`;

function judgedOf(
  opportunity: Opportunity,
  block: BlockRef,
  passages: ReadonlyMap<string, Passage>,
  codes: ReadonlyMap<string, OutcomeCode>,
): Judged {
  const { id } = opportunity.cycle;
  const passage = passages.get(id);
  if (passage === undefined) throw new Error(`opportunity ${id} was not judged`);
  const { detail, numbers } = passage;
  const code = codes.get(id) ?? "plan_full";
  return { id: opportunityId(opportunity, block), opportunity, code, detail, numbers };
}
