import type { BlockHeader, BlockRef } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { parseCount } from "./chainAnswers.ts";
import type { ChannelCounts } from "./channels/channel.ts";
import {
  signerHalted,
  standstill,
  type ExecutionOptions,
  type ExecutionParts,
  type ExecutionState,
  type Stage,
} from "./context.ts";
import { withinMs } from "./deadline.ts";
import { NO_NONCES, holdAgain, nextNonce, reconcile, releaseNonce, type NonceState } from "./nonces.ts";
import { prepare, refusal, type Refusal } from "./prepare.ts";
import { closeUnsent, openIntent, type Pending } from "./records.ts";
import { recoverIntents } from "./recovery.ts";
import { sendCancellation, sendPlan } from "./send.ts";
import { createTracker, type Head, type Tracker, type TrackedIntent } from "./tracker.ts";

export interface Execution {
  /** Takes one decision to its fate; resolves when it is refused or handed to the channels. Never rejects. */
  submit(decision: SubmitDecision): Promise<void>;
  /** A new head: older work is dropped and open fates are asked for. */
  onBlock(header: BlockHeader): void;
  onReverted(block: BlockRef): void;
  /**
   * Before the first decision: every intent that a former run left open gets its one fate, and the signer its
   * next nonce. Rejects when the node or the journal is away.
   */
  recover(): Promise<void>;
  /** Resolves when no decision and no look at the chain is under way. */
  idle(): Promise<void>;
  /** Nothing is signed or sent any more; resolves within `stopMs`. Open intents stay open in the journal. */
  stop(): Promise<void>;
  status(): ExecutionStatus;
}

export interface ExecutionStatus {
  readonly mode: "dry-run" | "live";
  readonly openIntents: number;
  readonly nonces: NonceState;
  /** Why nothing is signed any more, until a restart. */
  readonly halted: "signer" | null;
  /** Answers of each channel since the start, by its name. */
  readonly channels: Readonly<Record<string, ChannelCounts>>;
}

/**
 * Decisions into transactions, one at a time, each with exactly one fate. Observe mode never makes one; dry-run
 * has `live: null`. Every wait on the way is bounded by an option, and work for an older head is dropped.
 */
export function createExecution(options: ExecutionOptions, parts: ExecutionParts): Execution {
  const state = createState(options, parts);
  const working = new Set<Promise<void>>();
  const own = (work: Promise<void>): Promise<void> => {
    working.add(work);
    return work.finally(() => working.delete(work));
  };
  const idle = async (): Promise<void> => {
    await Promise.all([...working, state.looking]);
  };
  return {
    submit: (decision) => own(submit(state, decision)),
    onBlock: (header) => {
      state.head = header;
      state.reverted = null;
      state.looking = state.looking.then(() => follow(state, header));
    },
    onReverted: (block) => {
      state.reverted = block;
      state.tracker.reverted(block);
    },
    recover: async () => {
      const head = await recoverIntents(state);
      await look(state, head);
    },
    idle,
    stop: async () => {
      state.stopping = true;
      await withinMs(idle(), options.stopMs);
    },
    status: () => ({
      mode: parts.live === null ? "dry-run" : "live",
      openIntents: state.tracker.open,
      nonces: state.nonces,
      halted: signerHalted(state) ? "signer" : null,
      channels: Object.fromEntries(parts.live?.channels.map(({ name, counts }) => [name, counts()]) ?? []),
    }),
  };
}

function createState(options: ExecutionOptions, parts: ExecutionParts): ExecutionState {
  const tracker: Tracker = createTracker(
    { ...options, timeoutMs: options.rpcTimeoutMs },
    {
      ...parts,
      onNonce: (change, intent) => {
        noteNonce(state, change, intent);
      },
      cancel: (intent, fees, head) => cancel(state, intent, { fees, block: head.number + 1 }),
    },
  );
  const state: ExecutionState = {
    options,
    parts,
    tracker,
    head: null,
    reverted: null,
    nonces: NO_NONCES,
    signerMisses: 0,
    looking: Promise.resolve(),
    busy: false,
    stopping: false,
  };
  return state;
}

const isOurs = ({ parts }: ExecutionState, { sender }: TrackedIntent): boolean =>
  sender === parts.live?.signer.address;

function noteNonce(state: ExecutionState, change: "held" | "freed", intent: TrackedIntent): void {
  if (!isOurs(state, intent)) return;
  const { nonce, hash } = intent;
  state.nonces = change === "freed" ? releaseNonce(state.nonces, hash) : holdAgain(state.nonces, nonce, hash);
}

async function cancel(
  state: ExecutionState,
  intent: TrackedIntent,
  { fees, block }: { readonly fees: TrackedIntent["fees"]; readonly block: number },
): Promise<boolean> {
  const { live } = state.parts;
  if (live === null || !isOurs(state, intent) || state.stopping) return false;
  return await sendCancellation(state, live, { nonce: intent.nonce, fees, block });
}

/** Looks come one after the other; when blocks come faster, only the newest head is looked at. */
async function follow(state: ExecutionState, header: BlockHeader): Promise<void> {
  if (!state.stopping && state.head?.hash === header.hash) await look(state, header);
}

/** Two round trips, however much is open: the next plan waits for it before it is signed. */
async function look(state: ExecutionState, head: Head): Promise<void> {
  await Promise.all([refreshNonces(state, head), state.tracker.look(head)]);
}

/** Asks for the signer's transaction counts. Without an answer the old ones stay. */
async function refreshNonces(state: ExecutionState, head: Head): Promise<void> {
  const { live, rpc, log } = state.parts;
  if (live === null) return;
  const timeout = { timeoutMs: state.options.rpcTimeoutMs };
  const { address } = live.signer;
  try {
    const [latest, pending] = await Promise.all([
      rpc.request("eth_getTransactionCount", [address, { blockHash: head.hash }], timeout),
      rpc.request("eth_getTransactionCount", [address, "pending"], timeout),
    ]);
    state.nonces = reconcile(state.nonces, { latest: parseCount(latest), pending: parseCount(pending) });
  } catch (error) {
    log.warn({ err: error }, "nonce not answered");
  }
}

async function submit(state: ExecutionState, decision: SubmitDecision): Promise<void> {
  const pending: Pending = { decision, calldata: "0x", opened: false };
  const blocked = state.busy ? refusal("in_flight") : standstill(state, decision);
  if (blocked !== null) {
    closeUnsent(state, pending, blocked);
    return;
  }
  state.busy = true;
  try {
    const end = await run(state, pending);
    if (end !== null) closeUnsent(state, pending, end);
  } catch (error) {
    state.parts.log.error({ err: error, intent: decision.intentId }, "decision broke an invariant");
    closeUnsent(state, pending, refusal("internal", error instanceof Error ? error.message : ""));
  } finally {
    state.busy = false;
  }
}

const nonceRefusal = ({ parts, nonces }: ExecutionState): Refusal | null => {
  const answer = parts.live === null ? null : nextNonce(nonces);
  return answer === null || answer.ok ? null : refusal(answer.reason);
};

/**
 * Simulation and journal, signature, channels. Null: it is out, and the tracker's. The intent is written while the
 * node simulates: a disk takes from a third of a millisecond to several, and nothing is signed before both are done.
 */
async function run(state: ExecutionState, pending: Pending): Promise<Refusal | "dry-run" | null> {
  const { parts, options } = state;
  const started = parts.clock.monotonic();
  const timed = (stage: Stage): void => {
    parts.onTiming(stage, Math.round((parts.clock.monotonic() - started) * 1000));
  };
  const preparation = await prepare(pending.decision, state.head, options, {
    simulator: parts.simulator,
    feePpmOf: (pool) => parts.feePpmOf(pool),
    onAsked: (calldata) => {
      pending.calldata = calldata;
      openIntent(state, pending);
    },
  });
  timed("simulated");
  if (!preparation.ok) return preparation.refusal;
  const { prepared } = preparation;
  // The look at the head tells what became of the intent before, and with it whether a nonce is free.
  await state.looking;
  const blocked = standstill(state, pending.decision) ?? nonceRefusal(state);
  if (blocked !== null) return blocked;
  if (!pending.opened) return refusal("journal");
  timed("journaled");
  return parts.live === null ? "dry-run" : await sendPlan(state, parts.live, { pending, prepared }, timed);
}
