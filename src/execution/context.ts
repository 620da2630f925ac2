import type { Address, BlockHeader, BlockRef, Hash } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import type { OutcomeEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Bundle } from "./bundle.ts";
import type { Rpc } from "./chainAnswers.ts";
import type { Channel } from "./channels/channel.ts";
import type { IntentJournal } from "./journal.ts";
import type { Keccak256 } from "./keccak256.ts";
import type { NonceState } from "./nonces.ts";
import type { PrepareOptions } from "./prepare.ts";
import { refusal, type Refusal } from "./refusal.ts";
import type { Signer } from "./signer.ts";
import type { Simulator } from "./simulate.ts";
import type { Tracker } from "./tracker.ts";
import type { Way, WayOptions } from "./way.ts";

export interface ExecutionOptions extends PrepareOptions, WayOptions {
  readonly chainId: number;
  readonly executor: Address;
  readonly rpcTimeoutMs: number;
  readonly signTimeoutMs: number;
  /** Deadline of one send to one channel. */
  readonly sendTimeoutMs: number;
  /** Asks the channels that can simulate, with the signed bundle, before it is sent. */
  readonly relaySimulation: boolean;
  /** Blocks on top of the mined one before a fate is booked. */
  readonly confirmations: number;
  /**
   * Blocks after the last target until a lingering transaction outside of bundles is cancelled, and between
   * cancellations. A tail is cancelled at its last block: from then on it can only revert.
   */
  readonly cancelAfterBlocks: number;
  /** Percentile of the tips in recent blocks above which no race goes. */
  readonly racePercentile: number;
  /** Longest wait for work under way when stopped. */
  readonly stopMs: number;
}

/** Live mode: the signer, and where its transactions go. */
export interface Live {
  readonly signer: Signer;
  /** Hashes its transactions and their bundles. */
  readonly keccak256: Keccak256;
  readonly channels: readonly Channel[];
}

/** How far a decision has come. */
export type Stage = "simulated" | "journaled" | "signed" | "sent" | "answered";

export interface ExecutionParts {
  readonly rpc: Rpc;
  readonly journal: IntentJournal;
  readonly simulator: Simulator;
  readonly clock: Clock;
  readonly log: Log;
  /** Null: dry-run. No signer exists, nothing is signed and nothing sent. */
  readonly live: Live | null;
  /** Swap fee of a V2 pool in parts per million. */
  feePpmOf(pool: Address): number;
  /** Why nothing may be sent by the owner's word or a halted ledger; null: it may. Asked after every wait. */
  stopped(): string | null;
  onOutcome(event: OutcomeEvent): void;
  /** Microseconds from the decision to the end of a stage. */
  onTiming(stage: Stage, micros: number, intentId: string): void;
}

/** A signed plan on its way. */
export interface Dispatch {
  readonly decision: SubmitDecision;
  readonly way: Way;
  readonly bundle: Bundle;
  /** What the node is asked when it is on its way; null: it was asked before. */
  readonly check: (() => Promise<Refusal | null>) | null;
  /** Why it must stand nowhere any more; null: it may. */
  withdrawn: string | null;
}

/** A bundle at one place. */
export interface Standing {
  readonly dispatch: Dispatch;
  /** The place has answered, or its time is over. */
  answered: boolean;
}

/** What changes; one owner, one event loop. */
export interface ExecutionState {
  options: ExecutionOptions;
  readonly parts: ExecutionParts;
  readonly tracker: Tracker;
  head: BlockHeader | null;
  /** The last block that was undone, until the next one comes. */
  reverted: BlockRef | null;
  nonces: NonceState;
  /** The look at the newest head, for fates and nonces; it never rejects. */
  looking: Promise<void>;
  /** Signatures in a row that came too late or not at all. */
  signerMisses: number;
  /** A decision is on its way to the channels. */
  busy: boolean;
  /** The one decision that waits for its turn; called with false when a newer one takes its place. */
  waiting: ((itsTurn: boolean) => void) | null;
  /** The question what others pay; it never rejects. */
  asking: Promise<void>;
  /** What others paid lately, wei per gas, while races are run. */
  recentTip: bigint | null;
  /** Decisions on their way to the channels, each with what has come between, if anything. */
  readonly underWay: Map<SubmitDecision, Refusal | null>;
  /**
   * The bundles at each place that takes them back, oldest first. They go by one name: the last one has the place, those
   * before it only where that is refused.
   */
  readonly standing: Map<Channel, readonly Standing[]>;
  /** Triggers behind which a tail of ours went out, oldest first: none gets a second one. */
  readonly tailed: Set<Hash>;
  stopping: boolean;
}

const SIGNER_MISSES_TO_HALT = 3;

export const signerHalted = (state: ExecutionState): boolean => state.signerMisses >= SIGNER_MISSES_TO_HALT;

/** Triggers remembered: more than can be pending behind each other for as long as one matters. */
const MOST_TAILED = 1000;

export function rememberTail({ tailed }: ExecutionState, trigger: Hash): void {
  tailed.add(trigger);
  const [oldest] = tailed;
  if (tailed.size > MOST_TAILED && oldest !== undefined) tailed.delete(oldest);
}

/** Something has come between that ends these decisions for good: none of them goes on after its next wait. */
export function comeBetween(
  { underWay }: ExecutionState,
  refused: Refusal,
  concerns: (decision: SubmitDecision) => boolean,
): void {
  for (const [decision, before] of underWay)
    if (before === null && concerns(decision)) underWay.set(decision, refused);
}

/** Why the decision cannot go on at this moment, or null: asked again after every wait. */
export function standstill(state: ExecutionState, decision: SubmitDecision): Refusal | null {
  const { head, reverted, underWay } = state;
  const { parent } = decision;
  if (state.stopping) return refusal("stopping");
  const stopped = state.parts.stopped();
  if (stopped !== null) return refusal("stopped", stopped);
  if (signerHalted(state)) return refusal("signer_halted");
  const between = underWay.get(decision) ?? null;
  if (between !== null) return between;
  // The next block may be its sibling, and is not there yet.
  if (reverted !== null) return refusal("stale", `block ${reverted.number} was reverted`);
  // An older head: the plan stands on a block that was loaded whole, not followed.
  if (head === null || head.number < parent.number || head.hash === parent.hash) return null;
  return refusal("stale", `head is ${head.number}, the plan stands on ${parent.number}`);
}
