import type { Address, BlockHeader, BlockRef, PendingTransaction } from "../chain/types.ts";
import type { Opportunity, Trigger } from "../search/opportunity.ts";
import type { Moment } from "./choice.ts";
import type { Decision, GateNumbers, Judged, OutcomeCode, SubmitDecision } from "./decisions.ts";
import { passGates, type GateOptions, type GateView, type Passage } from "./gates.ts";

/** What both desks write down: passages through the gates, judged opportunities, and what is to be sent. */

/** The passage of each through the gates alone, by the id of its cycle. */
export const passagesOf = (
  opportunities: readonly Opportunity[],
  gates: GateOptions,
  view: GateView,
): Map<string, Passage> =>
  new Map(opportunities.map((item) => [item.cycle.id, passGates(item, true, gates, view)]));

export const gateView = (
  { gasPrice, prices }: Moment,
  quarantined: GateView["quarantined"],
  tainted: (pool: Address) => boolean,
): GateView => ({
  gasPrice,
  toNative: (token, amount) => prices.toNative(token, amount),
  quarantined,
  tainted,
});

/** Those that pass, by what they leave after gas at today's prices: the order of their finding knows those of then. */
export function mostNetFirst(
  opportunities: readonly Opportunity[],
  passages: ReadonlyMap<string, Passage>,
): readonly Opportunity[] {
  const passing = opportunities.flatMap((opportunity) => {
    const passage = passages.get(opportunity.cycle.id);
    return passage?.code === "pass" ? [{ opportunity, net: passage.numbers.net ?? 0n }] : [];
  });
  const sorted = passing.toSorted((a, b) => (a.net === b.net ? 0 : a.net > b.net ? -1 : 1));
  return sorted.map(({ opportunity }) => opportunity);
}

/** Each cycle once, the chosen ones as they are sized in the plan; last those that pay only behind others of it. */
export function withChosen(
  open: readonly Opportunity[],
  chosen: readonly Opportunity[],
): readonly Opportunity[] {
  const sized = new Map(open.map((item) => [item.cycle.id, item]));
  for (const item of chosen) sized.set(item.cycle.id, item);
  return [...sized.values()];
}

export const refOf = ({ number, hash }: BlockRef): BlockRef => ({ number, hash });

export const blockTrigger = (block: BlockRef): Trigger => ({ type: "block", ...refOf(block) });

/** The occasion of a decision, the same in every run: the block, and of a back-run the transaction. */
export const occasionOf = (block: BlockRef, trigger: Trigger): string =>
  trigger.type === "block"
    ? `${block.number}-${block.hash.slice(2, 10)}`
    : `${block.number}-${block.hash.slice(2, 10)}-${trigger.hash.slice(2, 10)}`;

/** Where a decision stands: on which block, and behind which transaction. */
export interface Standpoint {
  readonly block: BlockHeader;
  readonly trigger: Trigger;
}

const opportunityId = ({ cycle }: Opportunity, { block, trigger }: Standpoint): string =>
  `${occasionOf(block, trigger)}-${cycle.id}`;

export function judgedDecision(
  opportunity: Opportunity,
  { block, trigger }: Standpoint,
  passages: ReadonlyMap<string, Passage>,
  codes: ReadonlyMap<string, OutcomeCode>,
): Decision {
  const { id } = opportunity.cycle;
  const passage = passages.get(id);
  if (passage === undefined) throw new Error(`opportunity ${id} was not judged`);
  const { detail, numbers } = passage;
  const code = codes.get(id) ?? "plan_full";
  const judged: Judged = {
    id: opportunityId(opportunity, { block, trigger }),
    opportunity,
    code,
    detail,
    numbers,
  };
  return { type: "judged", judged, trigger, block: refOf(block) };
}

export interface SubmitRequest extends Standpoint {
  readonly opportunities: readonly Opportunity[];
  readonly behind: readonly PendingTransaction[];
  readonly age: number;
  readonly gates: GateOptions;
  readonly view: GateView;
  /** Seconds from one block to the next, rounded up. */
  readonly blockSeconds: number;
}

export function submitDecision(request: SubmitRequest): SubmitDecision {
  const { block, trigger, opportunities, behind, age, gates, view, blockSeconds } = request;
  const numbers = opportunities.map((item, i) => passGates(item, i === 0, gates, view).numbers);
  const sum = (of: (one: GateNumbers) => bigint): bigint =>
    numbers.reduce((total, one) => total + of(one), 0n);
  return {
    type: "submit",
    intentId: intentId(block, trigger),
    plan: { trigger, opportunities },
    behind,
    age,
    parent: refOf(block),
    targetBlock: block.number + 1,
    targetTimestamp: block.timestamp + blockSeconds,
    baseFeePerGas: block.baseFeePerGas,
    opportunityIds: opportunities.map((opportunity) => opportunityId(opportunity, request)),
    net: sum(({ net }) => net ?? 0n),
    gasCost: sum(({ gasCost }) => gasCost),
  };
}

const intentId = (block: BlockRef, trigger: Trigger): string => {
  const settled = `${block.number + 1}-${block.hash.slice(2, 10)}`;
  return trigger.type === "block" ? settled : `${settled}-${trigger.hash.slice(2, 10)}`;
};
