import type { Address, BlockRef, Hash, Hex } from "../chain/types.ts";
import type { Fate } from "../engine/events.ts";
import type { Trigger } from "../search/opportunity.ts";

/** What we decided to send, as it is journaled before anything is signed. Amounts in wei or raw units. */
export interface IntentRecord {
  readonly id: string;
  readonly trigger: Trigger;
  readonly parent: BlockRef;
  readonly targetBlock: number;
  readonly opportunityIds: readonly string[];
  /** Profit that the plan promises, base by base, raw units. */
  readonly predicted: readonly { readonly base: Address; readonly profit: bigint }[];
  readonly net: bigint;
  readonly executor: Address;
  readonly calldata: Hex;
  readonly time: number;
}

/** The signed transaction of an intent and the bundle it travels in; written before the first byte is sent. */
export interface SignedRecord {
  readonly intentId: string;
  readonly transactionHash: Hash;
  readonly rawTransaction: Hex;
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly bundleId: Hash;
  readonly merkleRoot: Hash;
  readonly merkleProof: readonly Hash[];
  /** Last block in which it is meant to land. */
  readonly lastBlock: number;
  /** It travels in bundles, or under conditions, alone: after its last block it cannot land any more. */
  readonly atomicOnly: boolean;
  readonly time: number;
}

/** One attempt to hand a bundle or transaction to a channel. */
export interface SubmissionRecord {
  readonly intentId: string;
  readonly channel: string;
  readonly result: "accepted" | "refused" | "timeout" | "error";
  readonly detail: string;
  readonly micros: number;
  readonly time: number;
}

export interface RealisedProfit {
  readonly base: Address;
  readonly predicted: bigint;
  readonly realised: bigint;
}

/** The one final fate of an intent. `unknown` is not final: it stays open until the chain answers. */
export interface FateRecord {
  readonly intentId: string;
  readonly fate: Fate;
  readonly reason: string;
  readonly block: BlockRef | null;
  readonly transactionHash: Hash | null;
  readonly transactionIndex: number | null;
  readonly gasUsed: bigint | null;
  readonly effectiveGasPrice: bigint | null;
  readonly profits: readonly RealisedProfit[];
  /** When the fate was found; it is booked only when it is confirmed. */
  readonly time: number;
}

/** An intent without a final fate, as recovery finds it after a crash. */
export interface OpenIntent {
  readonly intent: IntentRecord;
  readonly signed: SignedRecord | null;
  readonly submitted: boolean;
}

/**
 * The part of the ledger that execution relies on. What is written is there when the call returns, or it throws; no
 * end of the process takes it back. What must precede a send is on the disk then too (SQLite `synchronous=FULL`). What
 * comes behind it is on the disk soon: when the machine loses its power before, it is gone, and recovery takes the intent
 * for one that may be out, as after any crash, and asks the chain for its fate.
 */
export interface IntentJournal {
  /** On the disk. When it throws nothing may be signed. */
  open(intent: IntentRecord): void;
  /** On the disk. With an intent that is not open yet: both, or nothing. When it throws nothing may be sent. */
  signed(record: SignedRecord, intent?: IntentRecord): void;
  /** On the disk soon. */
  submitted(record: SubmissionRecord): void;
  /** On the disk soon. */
  close(record: FateRecord): void;
  openIntents(): readonly OpenIntent[];
  /**
   * The triggers of the tails among the `last` signed transactions, oldest first; not of those that surely never went
   * out.
   */
  tailTriggers(last: number): readonly Hash[];
}
