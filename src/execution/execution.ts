import { toQuantity } from "../chain/quantity.ts";
import type { Address, BlockHeader, BlockRef, Hash } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import type { Limits } from "../engine/events.ts";
import { losesOne, type PendingRef } from "./behind.ts";
import { parseCount, parseRecentTip } from "./chainAnswers.ts";
import type { ChannelCounts } from "./channels/channel.ts";
import {
  comeBetween,
  signerHalted,
  standstill,
  type ExecutionOptions,
  type ExecutionParts,
  type ExecutionState,
} from "./context.ts";
import { withinMs } from "./deadline.ts";
import { nobleKeccak256 } from "./keccak256.ts";
import { NO_NONCES, holdAgain, nextNonce, reconcile, releaseNonce, type NonceState } from "./nonces.ts";
import { prepare } from "./prepare.ts";
import { closeUnsent, openIntent, type Pending } from "./records.ts";
import { recoverIntents } from "./recovery.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { sendCancellation, sendPlan, type Steps } from "./send.ts";
import { createTracker, holdingOf, type Head, type Tracker, type TrackedIntent } from "./tracker.ts";
import { wayOf } from "./way.ts";
import { withdrawBundles } from "./withdraw.ts";

export interface Execution {
  /**
   * Takes one decision to its fate; resolves when it is refused, or the channels and the node have answered. While one is on its way
   * to the channels the newest of those that come waits, the others are refused. Never rejects.
   */
  submit(decision: SubmitDecision): Promise<void>;
  /** A new head: older work is dropped and open fates are asked for. */
  onBlock(header: BlockHeader): void;
  onReverted(block: BlockRef): void;
  /** A pending transaction was seen: where it replaces a trigger, no plan of ours behind that is sent or left standing. */
  onPending(pending: PendingRef): void;
  /**
   * Before the first decision: every intent that a former run left open gets its one fate, and the signer its
   * next nonce. Rejects when the node or the journal is away.
   */
  recover(): Promise<void>;
  /** Resolves when no decision and no look at the chain is under way. */
  idle(): Promise<void>;
  /** Nothing is signed or sent any more; resolves within `stopMs`. Open intents stay open in the journal. */
  stop(): Promise<void>;
  /** Other limits from now on; what is null stays. */
  limit(limits: Pick<Limits, "minNet" | "txFeeCap">): void;
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
    await Promise.all(working);
    await state.looking;
    await state.asking;
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
      // Whatever was decided before stands on it, or on a block above.
      comeBetween(state, refusal("stale", `block ${block.number} was reverted`), () => true);
      state.tracker.reverted(block);
    },
    onPending: (pending) => {
      const withdrawal = replaceTriggers(state, pending);
      if (withdrawal !== null) void own(withdrawal);
    },
    recover: async () => {
      const head = await recoverIntents(state);
      await look(state, head);
    },
    idle,
    limit: ({ minNet, txFeeCap }) => {
      // What is under way was weighed by the old ones.
      comeBetween(state, refusal("stale", "the limits have changed"), () => true);
      const { fees } = state.options;
      state.options = {
        ...state.options,
        ...(minNet !== null && { minNet }),
        fees: { ...fees, txFeeCap: txFeeCap ?? fees.txFeeCap },
      };
    },
    stop: async () => {
      state.stopping = true;
      await withinMs(idle(), options.stopMs);
      for (const channel of parts.live?.channels ?? []) channel.close?.();
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
    waiting: null,
    asking: Promise.resolve(),
    recentTip: null,
    underWay: new Map(),
    standing: new Map(),
    tailed: new Set(),
    stopping: false,
  };
  return state;
}

const isOurs = ({ parts }: ExecutionState, { sender }: TrackedIntent): boolean =>
  sender === parts.live?.signer.address;

function noteNonce(state: ExecutionState, change: "held" | "freed", intent: TrackedIntent): void {
  if (!isOurs(state, intent)) return;
  state.nonces =
    change === "freed" ? releaseNonce(state.nonces, intent.hash) : holdAgain(state.nonces, holdingOf(intent));
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
  if (state.stopping || state.head?.hash !== header.hash) return;
  await look(state, header);
  // No plan waits for it: those of this block bid by what the last one knew.
  state.asking = refreshRecentTip(state, header);
}

/**
 * Where the newcomer takes a trigger's place: what is on its way behind that goes no further, and what is out is
 * withdrawn. The bundles' part of it, or null.
 */
function replaceTriggers(state: ExecutionState, pending: PendingRef): Promise<void> | null {
  const refused = refusal("trigger_replaced", `by ${pending.hash}`);
  comeBetween(state, refused, ({ behind }) => losesOne(behind, pending));
  if (state.tracker.seen(pending)) {
    state.parts.log.info({ replacement: pending.hash }, "trigger replaced, its tail is cancelled");
    lookAgain(state);
  }
  return withdrawBundles(state, pending);
}

/** At what is open, on the newest head once more. */
function lookAgain(state: ExecutionState): void {
  const { head } = state;
  if (head !== null) state.looking = state.looking.then(() => follow(state, head));
}

/** Blocks over which the tips of others are looked at. */
const TIP_BLOCKS = 20;

/** Without an answer the old figure stays. */
async function refreshRecentTip(state: ExecutionState, { number }: Head): Promise<void> {
  const { options, parts } = state;
  if (options.race === null) return;
  const params = [toQuantity(TIP_BLOCKS), toQuantity(number), [options.racePercentile]];
  try {
    const answer = await parts.rpc.request("eth_feeHistory", params, { timeoutMs: options.rpcTimeoutMs });
    state.recentTip = parseRecentTip(answer);
  } catch (error) {
    parts.log.warn({ err: error }, "fee history not answered");
  }
}

/** Two round trips, however much is open: the next plan waits for it before it is signed. */
async function look(state: ExecutionState, head: Head): Promise<void> {
  await Promise.all([refreshNonces(state, head), state.tracker.look(head)]);
}

/** Transaction count of the account at that block. Rejects when the node does not tell. */
async function nonceAt(
  { parts, options }: ExecutionState,
  account: Address,
  block: { readonly blockHash: Hash } | "pending",
): Promise<number> {
  const timeout = { timeoutMs: options.rpcTimeoutMs };
  return parseCount(await parts.rpc.request("eth_getTransactionCount", [account, block], timeout));
}

/** Asks for the signer's transaction counts. Without an answer the old ones stay. */
async function refreshNonces(state: ExecutionState, head: Head): Promise<void> {
  const { live, log } = state.parts;
  if (live === null) return;
  const { address } = live.signer;
  try {
    const [latest, pending] = await Promise.all([
      nonceAt(state, address, { blockHash: head.hash }),
      nonceAt(state, address, "pending"),
    ]);
    state.nonces = reconcile(state.nonces, { latest, pending, head: head.number });
  } catch (error) {
    log.warn({ err: error }, "nonce not answered");
  }
}

/** Resolves to false when a newer decision has taken its place in the queue of one. */
function itsTurn(state: ExecutionState): Promise<boolean> {
  state.waiting?.(false);
  return new Promise((resolve) => {
    state.waiting = resolve;
  });
}

function passTurn(state: ExecutionState): void {
  const { waiting } = state;
  state.waiting = null;
  state.busy = waiting !== null;
  waiting?.(true);
}

async function submit(state: ExecutionState, decision: SubmitDecision): Promise<void> {
  state.underWay.set(decision, null);
  try {
    await carryOut(state, decision);
  } finally {
    state.underWay.delete(decision);
  }
}

async function carryOut(state: ExecutionState, decision: SubmitDecision): Promise<void> {
  const { parts } = state;
  const started = parts.clock.monotonic();
  const pending: Pending = { decision, calldata: "0x", opened: false };
  const blocked = standstill(state, decision);
  if (blocked !== null) return closeUnsent(state, pending, blocked);
  // Without a wait the node is asked before this call returns.
  if (state.busy && !(await itsTurn(state))) return closeUnsent(state, pending, refusal("superseded"));
  state.busy = true;
  let its = true;
  const steps: Steps = {
    timed: (stage) => {
      parts.onTiming(stage, Math.round((parts.clock.monotonic() - started) * 1000), decision.intentId);
    },
    handed: () => {
      if (its) passTurn(state);
      its = false;
    },
  };
  try {
    const end = await run(state, pending, steps);
    if (end !== null) closeUnsent(state, pending, end);
    else if (state.tracker.isDue(decision.intentId, state.head?.number ?? 0)) lookAgain(state);
  } catch (error) {
    parts.log.error({ err: error, intent: decision.intentId }, "decision broke an invariant");
    closeUnsent(state, pending, refusal("internal", error instanceof Error ? error.message : ""));
  } finally {
    steps.handed();
  }
}

/**
 * Simulation and journal, signature, channels. Null: it is out, and the tracker's. The intent is written while the
 * node simulates: a disk takes from a third of a millisecond to several. Nothing is signed before it is written, and
 * before the node has answered only where the way says so.
 */
async function run(
  state: ExecutionState,
  pending: Pending,
  steps: Steps,
): Promise<Refusal | "dry-run" | null> {
  const { parts, options } = state;
  const { live } = parts;
  const { decision } = pending;
  const way = wayOf(decision, options, live?.channels ?? null, parts.simulator.method);
  const refused = standstill(state, decision) ?? ("code" in way ? way : null);
  if (refused !== null || "code" in way) return refused;
  // A signature of this process that was not written is gone with the process: with nothing to wait for, both are one write.
  const together = way.simulatedBeside && live?.signer.signTransactionSync !== undefined;
  const preparation = await prepare(decision, state.head, options, {
    simulator: parts.simulator,
    way,
    keccak256: live?.keccak256 ?? nobleKeccak256,
    recentTip: state.recentTip,
    feePpmOf: (pool) => parts.feePpmOf(pool),
    nonceOf: (account, { hash }) => nonceAt(state, account, { blockHash: hash }),
    onAsked: (calldata) => {
      pending.calldata = calldata;
      if (!together) openIntent(state, pending);
    },
  });
  if (!way.simulatedBeside) steps.timed("simulated");
  if (!preparation.ok) return preparation.refusal;
  // The look at the head tells what became of the intent before, and with it whether a nonce is free.
  await state.looking;
  const answer = live === null ? null : nextNonce(state.nonces, way.bundledUntil);
  const blocked =
    standstill(state, decision) ?? (answer === null || answer.ok ? null : refusal(answer.reason));
  if (blocked !== null) return blocked;
  if (!together && !pending.opened) return refusal("journal");
  steps.timed("journaled");
  const { prepared } = preparation;
  return live === null ? "dry-run" : await sendPlan(state, live, { pending, prepared, way }, steps);
}
