import { replacementFees, settledFees, type FeePolicy, type Fees } from "../chain/fees.ts";
import type { Address, BlockHeader, BlockRef, Hash } from "../chain/types.ts";
import type { Fate, OutcomeEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { losesOne, type PendingRef } from "./behind.ts";
import { decodeRealised, type Realised } from "./calldata.ts";
import { parseCount, parseReceipt, type Receipt, type Rpc } from "./chainAnswers.ts";
import { isDue, judgeFate, type FateVerdict, type Sent } from "./fates.ts";
import type { FateRecord, IntentJournal } from "./journal.ts";
import type { HeldNonce } from "./nonces.ts";
import { compareProfits } from "./profits.ts";
import { findSpender, isBare } from "./spender.ts";

/** A sent transaction until its fate is booked. */
export interface TrackedIntent extends Sent {
  readonly intentId: string;
  readonly hash: Hash;
  readonly sender: Address;
  readonly executor: Address;
  /** It travels in bundles alone. */
  readonly atomicOnly: boolean;
  readonly predicted: readonly Realised[];
  readonly fees: Fees;
  /** Of a tail: the pending transactions that it stands behind; else none. */
  readonly behind: readonly PendingRef[];
  /** A former run sent it, and may have cancelled it. */
  readonly recovered: boolean;
}

/** Its nonce, as long as it may land. */
export const holdingOf = ({ nonce, hash, atomicOnly, lastBlock }: TrackedIntent): HeldNonce => ({
  nonce,
  hash,
  bundledUntil: atomicOnly ? lastBlock : null,
});

/** What fates need of a header. */
export type Head = Pick<BlockHeader, "number" | "hash" | "baseFeePerGas">;

export interface TrackerOptions {
  /** Blocks on top of the deciding one before a fate is booked in the journal, for good; reported it is at once. */
  readonly confirmations: number;
  /** Blocks between cancellations of a lingering transaction. */
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
  /**
   * Sends a bare transaction with the intent's nonce and these fees, through the same channels. False: surely
   * none of them has it.
   */
  cancel(intent: TrackedIntent, fees: Fees, head: Head): Promise<boolean>;
}

interface Entry {
  intent: TrackedIntent;
  /** While its bytes are on their way to the channels nothing is concluded. */
  sending: boolean;
  mined: Receipt | null;
  /** Its end without a block of its own, reported and not yet booked: a reorg may still bring another. */
  unmined: Unmined | null;
  /** Why it was taken back, if it was. */
  doubt: string | null;
  /** Whose transaction, of ours, has spent the nonce. */
  spentBy: Entry | null;
  /** When its present fate was reported; milliseconds since 1970. */
  reportedAt: number;
}

interface Unmined {
  readonly fate: "missed" | "replaced";
  readonly reason: string;
  /** The block that decided it. */
  readonly block: number;
}

export interface Tracker {
  /** Takes a transaction under watch; `look` concludes nothing before `sent`. */
  watch(intent: TrackedIntent): void;
  /** Its bytes are out. Without a doubt, at least one channel has accepted them; with one, none surely has. */
  sent(intentId: string, doubt: string | null): void;
  /** Something speaks against it, and it was taken back; whether it lands all the same the chain will tell. */
  doubt(intentId: string, reason: string): void;
  /** Every channel surely refused it: nothing is out, and it gets no fate here. */
  drop(intentId: string): void;
  /** Asks the chain for every open fate, on top of this head. Never rejects. */
  look(head: Head): Promise<void>;
  /** The block is undone: what it held is unknown again. */
  reverted(block: BlockRef): void;
  /**
   * A pending transaction was seen. True: it takes the place of one that a tail of ours stands behind, and the next
   * look cancels ours.
   */
  seen(pending: PendingRef): boolean;
  /** Whether it is to be cancelled at this head: while its bytes were on their way no look did it. */
  isDue(intentId: string, head: number): boolean;
  readonly open: number;
}

const fateOf = ({ success }: Receipt): Fate => (success ? "included" : "reverted");

export function createTracker(options: TrackerOptions, parts: TrackerParts): Tracker {
  const entries = new Map<string, Entry>();
  const state = { options, parts, entries };
  return {
    watch: (intent) => {
      const fresh = { sending: true, mined: null, unmined: null, doubt: null, spentBy: null, reportedAt: 0 };
      entries.set(intent.intentId, { intent, ...fresh });
    },
    sent: (intentId, doubt) => {
      const entry = entries.get(intentId);
      if (entry === undefined) return;
      entry.sending = false;
      if (doubt !== null) leaveUnknown(state, entry, doubt);
    },
    doubt: (intentId, reason) => {
      const entry = entries.get(intentId);
      if (entry === undefined || entry.mined !== null || entry.unmined !== null) return;
      entry.doubt = reason;
      leaveUnknown(state, entry, reason);
    },
    drop: (intentId) => {
      entries.delete(intentId);
    },
    look: async (head) => {
      const sent = [...entries.values()].filter(({ sending }) => !sending);
      await Promise.all(sent.map((entry) => lookAt(state, entry, head)));
    },
    reverted: (block) => {
      for (const entry of entries.values()) if (entry.mined?.block.hash === block.hash) reopen(state, entry);
    },
    seen: (pending) => {
      let lost = false;
      for (const entry of entries.values()) {
        if (!losesOne(entry.intent.behind, pending)) continue;
        entry.intent = { ...entry.intent, behind: [], cancelFrom: 0 };
        lost = true;
      }
      return lost;
    },
    isDue: (intentId, head) => {
      const entry = entries.get(intentId);
      return entry !== undefined && isDue(entry.intent, head, options.cancelAfterBlocks);
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
      // A spent nonce brings nothing back; an unspent one does, on a chain that fell back.
      if (entry.unmined !== null && verdict.spentLooks === 0) reopen(state, entry);
      return;
    case "missed":
      endUnmined(state, entry, missed(entry), head);
      return;
    case "replaced":
      endUnmined(state, entry, hadPassed(entry) ? missed(entry) : await replaced(state, entry, head), head);
      return;
    case "cancel":
      if (entry.unmined !== null) reopen(state, entry);
      await cancel(state, entry, head);
  }
}

/** It could not land any more when its nonce was spent: the next plan did not wait for a slow channel's answer. */
const hadPassed = ({ intent, spentBy }: Entry): boolean =>
  intent.expires && (spentBy?.mined?.block.number ?? 0) > intent.lastBlock;

const missed = ({ intent, doubt }: Entry): Unmined => ({
  fate: "missed",
  reason: doubt === null ? "target block passed" : `taken back: ${doubt}`,
  block: intent.lastBlock,
});

const replaced = async (state: State, entry: Entry, { number }: Head): Promise<Unmined> =>
  entry.unmined ?? { fate: "replaced", reason: await spenderOf(state, entry, number), block: number };

async function spenderOf(state: State, { intent, spentBy }: Entry, head: number): Promise<string> {
  if (spentBy !== null) return `its alternate ${spentBy.intent.intentId} landed`;
  if (intent.cancelledAt !== null) return "cancelled";
  return intent.recovered && (await wasCancelled(state, intent, head))
    ? "cancelled by a former run"
    : "nonce spent by another transaction";
}

/** Whether the transaction that spent the nonce is a cancellation, as far as the chain can tell. Never rejects. */
async function wasCancelled(
  { parts, options }: State,
  intent: TrackedIntent,
  head: number,
): Promise<boolean> {
  try {
    const spender = await findSpender(parts.rpc, intent, head, options);
    return spender !== null && isBare(spender);
  } catch (error) {
    parts.log.warn({ err: error, intent: intent.intentId }, "who spent the nonce is not answered");
    return false;
  }
}

/** Reports a mined transaction at once, again when its block changed, and books it when it is deep enough. */
function mined(state: State, entry: Entry, receipt: Receipt, head: Head): void {
  if (entry.mined?.block.hash !== receipt.block.hash) {
    entry.mined = receipt;
    entry.unmined = null;
    state.parts.onNonce("freed", entry.intent);
    for (const other of state.entries.values())
      if (other !== entry && haveOneNonce(other, entry)) other.spentBy = entry;
    report(state, entry, fateOf(receipt), "");
  }
  if (head.number - receipt.block.number < state.options.confirmations) return;
  book(state, entry, fateOf(receipt), "");
}

const haveOneNonce = (a: Entry, b: Entry): boolean =>
  a.intent.sender === b.intent.sender && a.intent.nonce === b.intent.nonce;

function reopen(state: State, entry: Entry): void {
  entry.mined = null;
  for (const other of state.entries.values()) if (other.spentBy === entry) other.spentBy = null;
  entry.unmined = null;
  state.parts.onNonce("held", entry.intent);
  report(state, entry, "unknown", "its block was reverted");
}

/** Nobody knows yet whether it is out; the chain will tell. */
function leaveUnknown(state: State, entry: Entry, doubt: string): void {
  report(state, entry, "unknown", doubt);
  record(state, entry, "unknown", doubt);
}

/**
 * The first such end stands: a plan that missed its block stays missed when the next one takes its nonce. One that was
 * replaced has missed after all when what took its nonce is undone.
 */
function endUnmined(state: State, entry: Entry, found: Unmined, head: Head): void {
  if (entry.unmined === null || (entry.unmined.fate === "replaced" && found.fate === "missed")) {
    entry.unmined = found;
    state.parts.onNonce("freed", entry.intent);
    report(state, entry, found.fate, found.reason);
  }
  const { fate, reason, block } = entry.unmined;
  if (head.number - block >= state.options.confirmations) book(state, entry, fate, reason);
}

/**
 * Replaces the transaction by one that does nothing; whichever lands, the nonce is spent. The same bytes go out
 * again and again: a pool wants a higher bid over the transaction alone, and a miner where the chain became dearer.
 */
async function cancel(state: State, entry: Entry, head: Head): Promise<void> {
  const { parts, options } = state;
  const { intent } = entry;
  const floor = settledFees(options.fees, head.baseFeePerGas);
  const stands = intent.cancelledAt !== null && covers(intent.fees, floor);
  const fees = stands ? intent.fees : replacementFees(intent.fees, floor);
  if (await parts.cancel(intent, fees, head))
    entry.intent = { ...entry.intent, cancelledAt: head.number, fees };
}

const covers = (fees: Fees, floor: Fees): boolean =>
  fees.maxFeePerGas >= floor.maxFeePerGas && fees.maxPriorityFeePerGas >= floor.maxPriorityFeePerGas;

function report({ parts }: State, entry: Entry, fate: Fate, reason: string): void {
  const { intent, mined: receipt } = entry;
  entry.reportedAt = parts.clock.now();
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
    time: entry.reportedAt,
  });
}

/** Books the final fate. A journal that cannot write keeps the entry open: the next block tries again. */
function book(state: State, entry: Entry, fate: Fate, reason: string): void {
  if (record(state, entry, fate, reason)) state.entries.delete(entry.intent.intentId);
}

function record({ parts }: State, entry: Entry, fate: Fate, reason: string): boolean {
  try {
    parts.journal.close(fateRecord(entry, fate, reason));
    return true;
  } catch (error) {
    parts.log.error({ err: error, intent: entry.intent.intentId }, "journal refused a fate");
    return false;
  }
}

function fateRecord({ intent, mined: receipt, reportedAt }: Entry, fate: Fate, reason: string): FateRecord {
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
    time: reportedAt,
  };
}
