import { replacementFees, settledFees, type FeePolicy, type Fees } from "../chain/fees.ts";
import type { Address, BlockHeader, BlockRef, Hash } from "../chain/types.ts";
import type { Fate, OutcomeEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { decodeRealised, type Realised } from "./calldata.ts";
import { parseCount, parseReceipt, type Receipt, type Rpc } from "./chainAnswers.ts";
import { judgeFate, type FateVerdict, type Sent } from "./fates.ts";
import type { FateRecord, IntentJournal } from "./journal.ts";
import { compareProfits } from "./profits.ts";

/** A sent transaction until its fate is booked. */
export interface TrackedIntent extends Sent {
  readonly intentId: string;
  readonly hash: Hash;
  readonly sender: Address;
  readonly executor: Address;
  readonly predicted: readonly Realised[];
  readonly fees: Fees;
}

/** What fates need of a header. */
export type Head = Pick<BlockHeader, "number" | "hash" | "baseFeePerGas">;

export interface TrackerOptions {
  /** Blocks on top of the mined one before the fate is booked in the journal; reported it is at once. */
  readonly confirmations: number;
  /** Blocks after the last target until a lingering private transaction is cancelled. */
  readonly cancelAfterBlocks: number;
  readonly timeoutMs: number;
  readonly fees: FeePolicy;
}

export interface TrackerParts {
  readonly rpc: Rpc;
  readonly journal: IntentJournal;
  readonly clock: Clock;
  readonly log: Log;
  onOutcome(event: OutcomeEvent): void;
  /** Nonce bookkeeping: `held` while the transaction may still land, `freed` when its nonce is settled. */
  onNonce(change: "held" | "freed", intent: TrackedIntent): void;
  /** Sends a bare transaction with the intent's nonce and these fees, through the same channels. */
  cancel(intent: TrackedIntent, fees: Fees, head: Head): Promise<void>;
}

interface Entry {
  intent: TrackedIntent;
  /** While its bytes are on their way to the channels nothing is concluded. */
  sending: boolean;
  mined: Receipt | null;
}

export interface Tracker {
  /** Takes a transaction under watch; `look` concludes nothing before `sent`. */
  watch(intent: TrackedIntent): void;
  /** Its bytes are out. Without a doubt, at least one channel has accepted them; with one, none surely has. */
  sent(intentId: string, doubt: string | null): void;
  /** Every channel surely refused it: nothing is out, and it gets no fate here. */
  drop(intentId: string): void;
  /** Asks the chain for every open fate, on top of this head. Never rejects. */
  look(head: Head): Promise<void>;
  /** The block is undone: what it held is unknown again. */
  reverted(block: BlockRef): void;
  readonly open: number;
}

const fateOf = ({ success }: Receipt): Fate => (success ? "included" : "reverted");

export function createTracker(options: TrackerOptions, parts: TrackerParts): Tracker {
  const entries = new Map<string, Entry>();
  const state = { options, parts, entries };
  return {
    watch: (intent) => {
      entries.set(intent.intentId, { intent, sending: true, mined: null });
    },
    sent: (intentId, doubt) => {
      const entry = entries.get(intentId);
      if (entry === undefined) return;
      entry.sending = false;
      if (doubt !== null) leaveUnknown(state, entry, doubt);
    },
    drop: (intentId) => {
      entries.delete(intentId);
    },
    look: async (head) => {
      for (const entry of entries.values()) if (!entry.sending) await lookAt(state, entry, head);
    },
    reverted: (block) => {
      for (const entry of entries.values()) if (entry.mined?.block.hash === block.hash) reopen(state, entry);
    },
    get open() {
      return entries.size;
    },
  };
}

interface State {
  readonly options: TrackerOptions;
  readonly parts: TrackerParts;
  readonly entries: Map<string, Entry>;
}

/** One entry on one head. A node that does not answer, or not sensibly, is asked again at the next block. */
async function lookAt(state: State, entry: Entry, head: Head): Promise<void> {
  const { parts, options } = state;
  const { intent } = entry;
  try {
    const { rpc } = parts;
    const count = await rpc.request(
      "eth_getTransactionCount",
      [intent.sender, { blockHash: head.hash }],
      options,
    );
    const answer = await rpc.request("eth_getTransactionReceipt", [intent.hash], options);
    const receipt = parseReceipt(answer);
    const look = { head: head.number, spentNonces: parseCount(count), receipt };
    await conclude(state, entry, head, judgeFate(intent, look, options.cancelAfterBlocks));
  } catch (error) {
    parts.log.warn({ err: error, intent: intent.intentId }, "fate not answered");
  }
}

async function conclude(state: State, entry: Entry, head: Head, verdict: FateVerdict): Promise<void> {
  if (verdict.type === "mined") {
    mined(state, entry, verdict.receipt, head);
    return;
  }
  if (entry.mined !== null) reopen(state, entry);
  switch (verdict.type) {
    case "wait":
      entry.intent = { ...entry.intent, spentLooks: verdict.spentLooks };
      return;
    case "missed":
      finish(state, entry, "missed", "target block passed");
      return;
    case "replaced": {
      const reason = entry.intent.cancelledAt === null ? "nonce spent by another transaction" : "cancelled";
      finish(state, entry, "replaced", reason);
      return;
    }
    case "cancel":
      await cancel(state, entry, head);
  }
}

/** Reports a mined transaction at once, again when its block changed, and books it when it is deep enough. */
function mined(state: State, entry: Entry, receipt: Receipt, head: Head): void {
  if (entry.mined?.block.hash !== receipt.block.hash) {
    entry.mined = receipt;
    state.parts.onNonce("freed", entry.intent);
    report(state, entry, fateOf(receipt), "");
  }
  if (head.number - receipt.block.number < state.options.confirmations) return;
  book(state, entry, fateOf(receipt), "");
}

function reopen(state: State, entry: Entry): void {
  entry.mined = null;
  state.parts.onNonce("held", entry.intent);
  report(state, entry, "unknown", "its block was reverted");
}

/** Nobody knows yet whether it is out; the chain will tell. */
function leaveUnknown(state: State, entry: Entry, doubt: string): void {
  report(state, entry, "unknown", doubt);
  record(state, entry, "unknown", doubt);
}

function finish(state: State, entry: Entry, fate: Fate, reason: string): void {
  state.parts.onNonce("freed", entry.intent);
  report(state, entry, fate, reason);
  book(state, entry, fate, reason);
}

/** Replaces the transaction by one that does nothing; whichever lands, the nonce is spent. */
async function cancel(state: State, entry: Entry, head: Head): Promise<void> {
  const { parts, options } = state;
  const fees = replacementFees(entry.intent.fees, settledFees(options.fees, head.baseFeePerGas));
  entry.intent = { ...entry.intent, cancelledAt: head.number, fees };
  parts.log.warn(
    { intent: entry.intent.intentId, nonce: entry.intent.nonce },
    "lingering transaction cancelled",
  );
  await parts.cancel(entry.intent, fees, head);
}

function report({ parts }: State, { intent, mined: receipt }: Entry, fate: Fate, reason: string): void {
  parts.log.info(
    { intent: intent.intentId, fate, block: receipt?.block.number ?? null, reason },
    "intent fate",
  );
  parts.onOutcome({
    type: "outcome",
    intentId: intent.intentId,
    fate,
    reason,
    block: receipt?.block.number ?? null,
    transactionHash: intent.hash,
    time: parts.clock.now(),
  });
}

/** Books the final fate. A journal that cannot write keeps the entry open: the next block tries again. */
function book(state: State, entry: Entry, fate: Fate, reason: string): void {
  if (record(state, entry, fate, reason)) state.entries.delete(entry.intent.intentId);
}

function record({ parts }: State, entry: Entry, fate: Fate, reason: string): boolean {
  try {
    parts.journal.close(fateRecord(entry, fate, reason, parts.clock.now()));
    return true;
  } catch (error) {
    parts.log.error({ err: error, intent: entry.intent.intentId }, "journal refused a fate");
    return false;
  }
}

function fateRecord({ intent, mined: receipt }: Entry, fate: Fate, reason: string, time: number): FateRecord {
  const realised = receipt === null ? [] : decodeRealised(receipt.logs, intent.executor);
  return {
    intentId: intent.intentId,
    fate,
    reason,
    block: receipt?.block ?? null,
    transactionHash: intent.hash,
    transactionIndex: receipt?.transactionIndex ?? null,
    gasUsed: receipt?.gasUsed ?? null,
    effectiveGasPrice: receipt?.effectiveGasPrice ?? null,
    profits: receipt === null ? [] : compareProfits(intent.predicted, realised),
    time,
  };
}
