import type { Address, BlockHeader, BlockRef, PendingTransaction } from "../chain/types.ts";
import type { Opportunity, Trigger } from "../search/opportunity.ts";
import type { Moment } from "./choice.ts";
import type { GateNumbers, Judged, JudgedDecision, OutcomeCode, SubmitDecision } from "./decisions.ts";
import { passGates, type GateOptions, type GateView, type Passage } from "./gates.ts";
import type { HintOffer } from "./hintOffer.ts";

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
  /** Tells what was asked for within a block from what the block itself led to. */
  readonly asked?: string | undefined;
  /** A second plan behind the transaction, which is to take the place of the first. */
  readonly further?: boolean | undefined;
  readonly hints?: Pick<HintOffer, "idsOf"> | null;
}

const opportunityId = ({ cycle }: Opportunity, { block, trigger, asked, further }: Standpoint): string =>
  [
    occasionOf(block, trigger),
    ...(asked === undefined ? [] : [asked]),
    ...(further === true ? [FURTHER] : []),
    cycle.id,
  ].join("-");

/** The hints that name one of these cycles; nothing where none does. */
function hintsOf(
  opportunities: readonly Opportunity[],
  { hints }: Standpoint,
): { readonly hintIds?: readonly string[] } {
  const hintIds = hints ? opportunities.flatMap((opportunity) => hints.idsOf(opportunity)) : [];
  return hintIds.length === 0 ? {} : { hintIds };
}

export function judgedDecision(
  opportunity: Opportunity,
  at: Standpoint,
  passages: ReadonlyMap<string, Passage>,
  codes: ReadonlyMap<string, OutcomeCode>,
): JudgedDecision {
  const { block, trigger } = at;
  const { id } = opportunity.cycle;
  const passage = passages.get(id);
  if (passage === undefined) throw new Error(`opportunity ${id} was not judged`);
  const { detail, numbers } = passage;
  const code = codes.get(id) ?? "plan_full";
  const judged: Judged = {
    id: opportunityId(opportunity, at),
    opportunity,
    code,
    detail,
    numbers,
    ...hintsOf([opportunity], at),
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
    intentId: intentId(request),
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
    ...hintsOf(opportunities, request),
  };
}

const intentId = ({ block, trigger, asked, further }: Standpoint): string => {
  const settled = `${block.number + 1}-${block.hash.slice(2, 10)}`;
  if (asked !== undefined) return `${settled}-${asked}`;
  if (trigger.type === "block") return settled;
  const behind = `${settled}-${trigger.hash.slice(2, 10)}`;
  return further === true ? `${behind}-${FURTHER}` : behind;
};

const FURTHER = "further";
