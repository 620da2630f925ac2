import { recoverTransactionAddress } from "viem";
import type { Address } from "../chain/types.ts";
import { parseHead } from "./chainAnswers.ts";
import { rememberTail, type ExecutionState } from "./context.ts";
import type { IntentRecord, OpenIntent, SignedRecord } from "./journal.ts";
import { holdAgain } from "./nonces.ts";
import { holdingOf, type Head, type TrackedIntent } from "./tracker.ts";

async function senderOf({ intentId, rawTransaction }: SignedRecord): Promise<Address> {
  // Ours are EIP-1559 transactions, type 2.
  if (!rawTransaction.startsWith("0x02")) throw new Error(`intent ${intentId}: not a transaction of ours`);
  const sender = await recoverTransactionAddress({ serializedTransaction: `0x02${rawTransaction.slice(4)}` });
  return `0x${sender.slice(2).toLowerCase()}`;
}

const isTail = ({ trigger }: IntentRecord, { atomicOnly }: SignedRecord): boolean =>
  trigger.type === "pending" && !atomicOnly;

/**
 * A signed intent of a former run as the tracker watches it: it may be out, whatever the journal says. Where it went
 * to is the former run's affair: the channels may be others now.
 */
async function asTracked(
  { intent }: OpenIntent,
  signed: SignedRecord,
  cancelAfterBlocks: number,
): Promise<TrackedIntent> {
  const { maxFeePerGas, maxPriorityFeePerGas, lastBlock, atomicOnly } = signed;
  return {
    intentId: intent.id,
    hash: signed.transactionHash,
    nonce: signed.nonce,
    fees: { maxFeePerGas, maxPriorityFeePerGas },
    sender: await senderOf(signed),
    executor: intent.executor,
    predicted: intent.predicted,
    lastBlock,
    atomicOnly,
    expires: atomicOnly,
    // Whom it stood behind is not journaled: it is not withdrawn any more when the trigger is replaced.
    behind: [],
    recovered: true,
    spentLooks: 0,
    cancelFrom: isTail(intent, signed) ? lastBlock : lastBlock + cancelAfterBlocks,
    cancelledAt: null,
  };
}

/** It was never signed, so it can never land. */
function closeUnsigned({ parts }: ExecutionState, { intent }: OpenIntent): void {
  const time = parts.clock.now();
  const fate = {
    intentId: intent.id,
    fate: "rejected",
    reason: "not_signed",
    transactionHash: null,
    block: null,
    time,
  } as const;
  parts.onOutcome({ type: "outcome", ...fate });
  parts.journal.close({
    ...fate,
    transactionIndex: null,
    gasUsed: null,
    effectiveGasPrice: null,
    profits: [],
  });
}

async function latestHead({ parts, options }: ExecutionState): Promise<Head> {
  const answer = await parts.rpc.request("eth_getBlockByNumber", ["latest", false], {
    timeoutMs: options.rpcTimeoutMs,
  });
  return parseHead(answer);
}

/** Hours of them: what waits in a pool for longer is rare, and a longer look would delay the start. */
const SIGNED_LOOKED_AT = 10_000;

/**
 * Gives every intent that a former run left open its one fate: at once where the chain answers, else the tracker
 * goes on asking. Behind which triggers tails of ours went out is remembered. Start and crash take the same path.
 * Rejects when the node or the journal is away.
 */
export async function recoverIntents(state: ExecutionState): Promise<Head> {
  const { parts, tracker, options } = state;
  const head = await latestHead(state);
  for (const trigger of parts.journal.tailTriggers(SIGNED_LOOKED_AT)) rememberTail(state, trigger);
  for (const open of parts.journal.openIntents()) {
    if (open.signed === null) {
      closeUnsigned(state, open);
      continue;
    }
    const intent = await asTracked(open, open.signed, options.cancelAfterBlocks);
    if (intent.sender === parts.live?.signer.address)
      state.nonces = holdAgain(state.nonces, holdingOf(intent));
    else if (!intent.expires)
      parts.log.warn(
        { intent: intent.intentId, sender: intent.sender, nonce: intent.nonce },
        "nobody to cancel with, it may still land",
      );
    tracker.watch(intent);
    tracker.sent(intent.intentId, null);
  }
  return head;
}
