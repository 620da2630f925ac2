import { estimateGas, GAS_LIMIT_HEADROOM_PPM } from "../chain/gasModel.ts";
import type { Address, BlockHeader, BlockRef } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { selectPlan } from "../search/plan.ts";
import type { Further, PlanSelection } from "../search/plan.ts";
import type { Valuer } from "../search/prices.ts";
import type { Search } from "../search/search.ts";
import { passGates, type GateOptions, type GateView } from "./gates.ts";
import { unknownTo, withinBudget, type HintShare } from "./hintOffer.ts";
import type { Quarantine } from "./quarantine.ts";

export interface ChoiceOptions {
  readonly gates: GateOptions;
  readonly maxCyclesPerPlan: number;
}

export interface ChoiceParts {
  readonly search: Search;
  /** Cycles that are believed only when a plan of their own simulates well. */
  readonly doubts: Quarantine;
}

/** When it is decided, and at what prices. */
export interface Moment {
  readonly block: BlockHeader;
  /** What a unit of gas is expected to cost in the target block, wei. */
  readonly gasPrice: bigint;
  /** Most that a transaction of ours may bid for it, wei. */
  readonly maxFeePerGas: bigint;
  readonly prices: Valuer;
  /** Once true, the plan is made of what is known. */
  readonly expired?: (() => boolean) | undefined;
}

export interface ChoiceRequest extends Moment {
  /** Pools through which more pays than is known. */
  readonly unlisted: readonly Address[];
  /** The state that those who passed are priced on. */
  readonly state: StateView;
  /** The state of a settled block, where a wide margin is not believed. */
  readonly atRest: boolean;
  readonly view: GateView;
  /** Cycles among those that passed that only hints know. */
  readonly hinted: HintShare | null;
  /** What is given is to be sent first: nothing is searched for beyond it, and what hints name. */
  readonly inHaste?: boolean;
  /** It follows a plan in haste: one that goes alone had its turn there. */
  readonly further?: boolean | undefined;
}

/** Chooses the cycles of one plan. */
export interface Choice {
  /** Its margin can be confirmed by a simulation only: it goes alone, so that it cannot spoil a plan of others. */
  needsOwnPlan(opportunity: Opportunity, block: BlockRef): boolean;
  /** How many of these may share a plan, after gas: to be compared with its places. */
  joining(opportunities: readonly Opportunity[], block: BlockRef, view: GateView): number;
  /** From those that passed alone, of which the first leaves most. */
  choose(passed: readonly Opportunity[], request: ChoiceRequest): PlanSelection;
}

/** Of what is found on imagined state only the best after gas is needed: one of the first, before gas. Four brought no more. */
const MOST_FURTHER = 2;

/** Reads its options anew each time: they may change. */
export function createChoice(options: ChoiceOptions, { search, doubts }: ChoiceParts): Choice {
  /** The last plan was one that goes alone. */
  let wentAlone = false;

  const needsOwnPlan = ({ verdict, cycle }: Opportunity, block: BlockRef): boolean =>
    verdict !== "ok" || doubts.reasonOf(cycle.id, block.number) !== null;

  /** Each of a plan needs to earn its own gas only: the first one passed alone, with the transaction's. */
  const worth = (opportunity: Opportunity, view: GateView): bigint | null => {
    const { code, numbers } = passGates(opportunity, false, options.gates, view);
    return code === "pass" ? numbers.net : null;
  };
  const mayJoin = (opportunity: Opportunity, { block, view }: ChoiceRequest): boolean =>
    !needsOwnPlan(opportunity, block) && worth(opportunity, view) !== null;

  const further = (view: StateView, moved: readonly Address[], request: ChoiceRequest): Further => {
    const { unlisted, atRest, inHaste, expired, block } = request;
    if (expired?.() === true) return { opportunities: [], complete: false };
    const named = request.hinted?.offer.again(view, moved) ?? [];
    const joining = (found: readonly Opportunity[]) => found.filter((one) => !needsOwnPlan(one, block));
    if (inHaste === true) return { opportunities: joining(named), complete: false };
    const answer = search.run({
      view,
      changed: [...moved, ...unlisted],
      atRest,
      whatIf: true,
      limit: MOST_FURTHER,
      enough: (found) => found.some((opportunity) => mayJoin(opportunity, request)),
      ...(expired && { expired }),
    });
    return {
      opportunities: joining([...answer.opportunities, ...unknownTo(answer.opportunities, named)]),
      complete: answer.complete && answer.unlisted.length === 0,
    };
  };
  return {
    needsOwnPlan,
    joining: (opportunities, block, view) => {
      const may = (one: Opportunity): boolean =>
        !needsOwnPlan(one, block) && passGates(one, true, options.gates, view).code === "pass";
      return opportunities.filter(may).length;
    },
    choose: (passed, request) => {
      const { block, maxFeePerGas, state, view, hinted, further: follows = false } = request;
      const { gates, maxCyclesPerPlan } = options;
      const [best] = passed;
      const others = passed.filter((candidate) => !needsOwnPlan(candidate, block));
      // One that goes alone has the first place, but not twice in a row while others wait.
      const turn = !follows && (others.length === 0 || !wentAlone);
      const alone = best !== undefined && turn && needsOwnPlan(best, block);
      if (!follows) wentAlone = alone;
      // One that nothing is to join need not be carried out first, nor be weighed against others.
      if (request.inHaste === true && passed.length === 1 && hinted === null)
        return { chosen: passed, dropped: [] };
      return selectPlan(alone ? [best] : others, state, {
        maxCycles: alone ? 1 : maxCyclesPerPlan,
        worth: (opportunity) => worth(opportunity, view),
        fits: (opportunity, chosen) =>
          (hinted === null || withinBudget(opportunity, chosen, hinted, maxCyclesPerPlan)) &&
          (chosen.length === 0 || mostCost([...chosen, opportunity], gates, maxFeePerGas) <= gates.txFeeCap),
        further: (left, moved) => further(left, moved, request),
      });
    },
  };
}

const MILLION = 1_000_000n;

/** Most wei that the gas limit of a plan may cost: nodes refuse by this figure, and the whole plan with it. */
const mostCost = (
  opportunities: readonly Opportunity[],
  { gas }: GateOptions,
  maxFeePerGas: bigint,
): bigint =>
  (estimateGas({ opportunities }, gas) * (MILLION + GAS_LIMIT_HEADROOM_PPM) * maxFeePerGas) / MILLION;
