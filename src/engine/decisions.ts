import type { Address, BlockRef, Hash, PendingTransaction } from "../chain/types.ts";
import type { CalibrationVerdict } from "../mempool/calibration.ts";
import type { Opportunity, Plan, Trigger } from "../search/opportunity.ts";
import type { HintEvent } from "./events.ts";

/** Why an opportunity was not sent, or what it was sent for; every opportunity ends with exactly one. */
export type OutcomeCode =
  | "submitted"
  | "below_min_profit"
  | "gas_over_profit"
  | "fee_cap"
  | "suspect"
  | "quarantined"
  | "tainted"
  | "conflict"
  | "in_flight"
  | "no_native_price"
  | "plan_full"
  | "not_better"
  | "trigger_uncertain"
  | "halted"
  | "observe";

/** The numbers at each gate, as `why` shows them; wei unless said otherwise. */
export interface GateNumbers {
  /** Profit in raw units of the base. */
  readonly profit: bigint;
  /** The same in wei of the native token, rounded down; null when the graph has no price. */
  readonly profitNative: bigint | null;
  readonly gas: bigint;
  readonly gasPrice: bigint;
  readonly gasCost: bigint;
  readonly net: bigint | null;
  readonly minNet: bigint;
}

/** An opportunity that went through the gates. */
export interface Judged {
  readonly id: string;
  readonly opportunity: Opportunity;
  readonly code: OutcomeCode;
  readonly detail: string;
  readonly numbers: GateNumbers;
  /** Live hints that name its cycle; absent where none does. */
  readonly hintIds?: readonly string[];
}

export interface SubmitDecision {
  readonly type: "submit";
  readonly intentId: string;
  readonly plan: Plan;
  /**
   * Pending transactions behind which the plan stands, in the order in which they must be mined: earlier ones of the
   * trigger's sender, then the trigger. Empty for a plan on settled state.
   */
  readonly behind: readonly PendingTransaction[];
  /** Blocks that its oldest cycle has stood open, 0 when it is new: a bid fades with it. */
  readonly age: number;
  /** The state that the plan was priced on. */
  readonly parent: BlockRef;
  readonly targetBlock: number;
  readonly targetTimestamp: number;
  readonly baseFeePerGas: bigint;
  readonly opportunityIds: readonly string[];
  /** Wei of the native token expected after gas. */
  readonly net: bigint;
  /** Wei of gas that `net` has counted; the simulation's real figure must leave some of it. */
  readonly gasCost: bigint;
  /** Live hints that name one of its cycles; absent where none does. */
  readonly hintIds?: readonly string[];
}

/**
 * What came of a hint when it was priced. A gate's outcome, or why it did not come so far: `no_profit` pays at no size,
 * `no_state` a pool of it has no price, `expired` time or room ran out.
 */
export type HintCode = OutcomeCode | "no_profit" | "no_state" | "not_a_cycle" | "unknown_pool" | "expired";

/** Of a kept hint when its code changes and whenever its cycle is judged; of an asked one always, once. */
export interface HintDecision {
  readonly type: "hint";
  readonly use: HintEvent["use"];
  readonly id: string;
  readonly source: string;
  /** `profitable`: it leaves something after gas. */
  readonly state: "scanned" | "profitable";
  readonly code: HintCode;
  /** Wei of the native token after gas; null where it was not sized, or has no price. */
  readonly net: bigint | null;
  /** Token in which `profit` and `amountIn` are counted, in raw units; null where it was not sized. */
  readonly base: Address | null;
  readonly profit: bigint | null;
  readonly amountIn: bigint | null;
  /** The opportunity that was judged with this very step. */
  readonly opportunityId: string | null;
  /** The head; null before the first. */
  readonly block: BlockRef | null;
}

/** What the plan of a block was worth, with kept hints or, in some blocks, without: so their own worth is measured. */
export interface HintTrialDecision {
  readonly type: "hint_trial";
  readonly block: BlockRef;
  readonly used: boolean;
  /** Kept at that time. */
  readonly hints: number;
  /** Wei of the native token after gas; 0 without a plan. */
  readonly net: bigint;
}

/** What a pending transaction did when it was mined, beside what was predicted for it. */
export interface PredictionDecision {
  readonly type: "prediction";
  readonly transactionHash: Hash;
  /** Name of the router, or the contract's address. */
  readonly contract: string;
  /** Name of the function, or its selector. */
  readonly functionName: string;
  readonly verdict: CalibrationVerdict;
  readonly detail: string;
  /** Of the next prediction of this kind: an estimate from 0 to 1. */
  readonly confidenceFloat: number;
  readonly block: BlockRef;
}

export interface JudgedDecision {
  readonly type: "judged";
  readonly judged: Judged;
  readonly trigger: Trigger;
  readonly block: BlockRef;
}

export type Decision =
  | JudgedDecision
  | SubmitDecision
  | {
      readonly type: "quarantine";
      readonly cycleId: string;
      readonly reason: string;
      readonly block: BlockRef;
    }
  | PredictionDecision
  | HintDecision
  | HintTrialDecision
  /** To be simulated on top of the head, where that is offered: what it does cannot be read. */
  | { readonly type: "foresee"; readonly transaction: PendingTransaction; readonly parent: BlockRef }
  /** To come back as an event when what was decided beside it is on its way. */
  | { readonly type: "further"; readonly hash: Hash; readonly parent: BlockRef }
  | { readonly type: "repair"; readonly pools: readonly Address[]; readonly block: BlockRef }
  | { readonly type: "resync"; readonly reason: string };
