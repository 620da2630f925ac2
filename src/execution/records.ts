import type { Hex } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import type { ExecutionState } from "./context.ts";
import type { IntentRecord } from "./journal.ts";
import { promisedProfits, sumByBase } from "./profits.ts";
import { textOf, type Refusal } from "./refusal.ts";

/** A decision on its way, and whether its intent stands in the journal. */
export interface Pending {
  readonly decision: SubmitDecision;
  calldata: Hex;
  opened: boolean;
}

export function intentRecord(state: ExecutionState, { decision, calldata }: Pending): IntentRecord {
  const { intentId, plan, parent, targetBlock, opportunityIds, net } = decision;
  return {
    id: intentId,
    trigger: plan.trigger,
    parent,
    targetBlock,
    opportunityIds,
    predicted: sumByBase(promisedProfits(plan)),
    net,
    executor: state.options.executor,
    calldata,
    time: state.parts.clock.now(),
  };
}

/** Makes the intent durable. False: the journal cannot write, so nothing may be signed. */
export function openIntent(state: ExecutionState, pending: Pending): boolean {
  try {
    state.parts.journal.open(intentRecord(state, pending));
    pending.opened = true;
    return true;
  } catch (error) {
    state.parts.log.error({ err: error, intent: pending.decision.intentId }, "journal refused an intent");
    return false;
  }
}

/** The end of an intent of which nothing is out: `dry-run`, or `rejected` with its reason. */
export function closeUnsent(state: ExecutionState, pending: Pending, refused: Refusal | "dry-run"): void {
  const { parts } = state;
  const { intentId } = pending.decision;
  const fate = refused === "dry-run" ? "dry-run" : "rejected";
  const reason = refused === "dry-run" ? "" : textOf(refused);
  const time = parts.clock.now();
  parts.log.info({ intent: intentId, fate, reason }, "intent fate");
  parts.onOutcome({ type: "outcome", intentId, fate, reason, block: null, transactionHash: null, time });
  if (!pending.opened && !openIntent(state, pending)) return;
  try {
    const unmined = { block: null, transactionHash: null, transactionIndex: null, gasUsed: null };
    parts.journal.close({ intentId, fate, reason, ...unmined, effectiveGasPrice: null, profits: [], time });
  } catch (error) {
    parts.log.error({ err: error, intent: intentId }, "journal refused a fate");
  }
}
