import { setImmediate } from "node:timers/promises";
import type { Fees } from "../chain/fees.ts";
import type { Hex } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { behindAll, createBundle, ourTransaction, type Bundle, type OurTransaction } from "./bundle.ts";
import type { Channel, SendOptions, SendResult } from "./channels/channel.ts";
import {
  rememberTail,
  standstill,
  type Dispatch,
  type ExecutionState,
  type Live,
  type Stage,
} from "./context.ts";
import { withinMs } from "./deadline.ts";
import { holdNonce, nextNonce, releaseNonce } from "./nonces.ts";
import type { Prepared } from "./prepare.ts";
import { promisedProfits, sumByBase } from "./profits.ts";
import { intentRecord, type Pending } from "./records.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { PolicyRefusal, type UnsignedTransaction } from "./signer.ts";
import { holdingOf, type TrackedIntent } from "./tracker.ts";
import type { Way } from "./way.ts";
import { answeredAt, standAt, takeBack } from "./withdraw.ts";

/** Gas of a transaction that does nothing. */
const BARE_GAS = 21_000n;

/** A key in this process signs at once; one elsewhere has its time. */
async function askSigner(
  { signer }: Live,
  transaction: UnsignedTransaction,
  signTimeoutMs: number,
): Promise<Hex | null> {
  if (signer.signTransactionSync !== undefined) return signer.signTransactionSync(transaction);
  return await withinMs(signer.signTransaction(transaction), signTimeoutMs);
}

/** The signature, or null when it is late or refused; three misses of the signer in a row halt it until a restart. */
async function sign(
  state: ExecutionState,
  live: Live,
  transaction: UnsignedTransaction,
): Promise<OurTransaction | null> {
  const { log } = state.parts;
  let raw: Hex | null = null;
  try {
    raw = await askSigner(live, transaction, state.options.signTimeoutMs);
    if (raw === null) log.warn({ signTimeoutMs: state.options.signTimeoutMs }, "signature too late");
  } catch (error) {
    log.error({ err: error }, "signer refused");
    // It says nothing of the signer.
    if (error instanceof PolicyRefusal) return null;
  }
  state.signerMisses = raw === null ? state.signerMisses + 1 : 0;
  // The nonce by its name: bundles with the same one replace each other.
  const slot = `${live.signer.address}:${transaction.nonce}`;
  return raw === null ? null : ourTransaction(raw, live.keccak256, slot);
}

/** Journals the signed transaction; from here on it is held and watched as if it were out. */
function commit(
  state: ExecutionState,
  pending: Pending,
  { intent, gasLimit, bundle }: { intent: TrackedIntent; gasLimit: bigint; bundle: Bundle },
): boolean {
  const { parts } = state;
  const { intentId, hash, nonce, fees, lastBlock, expires } = intent;
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  // Ours is the last.
  const rawTransaction = bundle.transactions.at(-1);
  const merkleProof = bundle.proofs.at(-1);
  if (rawTransaction === undefined || merkleProof === undefined) return false;
  try {
    const record = {
      intentId,
      transactionHash: hash,
      rawTransaction,
      nonce,
      gasLimit,
      maxFeePerGas,
      maxPriorityFeePerGas,
      lastBlock,
      atomicOnly: expires,
      bundleId: bundle.id,
      merkleRoot: bundle.merkleRoot,
      merkleProof,
      time: parts.clock.now(),
    };
    parts.journal.signed(record, ...(pending.opened ? [] : [intentRecord(state, pending)]));
    pending.opened = true;
  } catch (error) {
    parts.log.error({ err: error, intent: intentId }, "journal refused a signature");
    return false;
  }
  state.nonces = holdNonce(state.nonces, holdingOf(intent));
  return true;
}

/** How far it has come, as others want to know. */
export interface Steps {
  timed(stage: Stage): void;
  /** Its bytes are on their way: another decision may have its turn. */
  handed(): void;
}

function sendOptionsOf({ options }: ExecutionState, { plan, parent }: SubmitDecision): SendOptions {
  const pools = plan.opportunities.flatMap(({ hops }) =>
    hops.map(({ pool: address, kind }) => ({ address, kind })),
  );
  return { deadlineMs: options.sendTimeoutMs, pools, parent };
}

/** One channel's answer, journaled. A journal that fails now cannot take the bytes back: it is only reported. */
async function sendTo(state: ExecutionState, channel: Channel, dispatch: Dispatch): Promise<SendResult> {
  const { parts } = state;
  const { decision, bundle } = dispatch;
  const { intentId } = decision;
  const started = parts.clock.monotonic();
  standAt(state, channel, dispatch);
  const answer = await channel.send(bundle, sendOptionsOf(state, decision));
  const micros = Math.round((parts.clock.monotonic() - started) * 1000);
  parts.log.debug({ intent: intentId, channel: channel.name, micros, ...answer }, "channel answered");
  try {
    parts.journal.submitted({ intentId, channel: channel.name, ...answer, micros, time: parts.clock.now() });
  } catch (error) {
    parts.log.error({ err: error, intent: intentId }, "journal refused a submission");
  }
  await answeredAt(state, channel, dispatch, answer);
  return answer;
}

/**
 * What the channels' own simulations have against the bundle. A revert counts always; one that does not answer says
 * nothing, unless nobody else has simulated the plan: then one has to find it well.
 */
async function relayRefusal(
  { options }: ExecutionState,
  { way, bundle }: Dispatch,
  simulated: boolean,
): Promise<Refusal | null> {
  if (simulated && !options.relaySimulation) return null;
  const deadline = { deadlineMs: options.sendTimeoutMs };
  const answers = await Promise.all(
    way.channels.map(async (channel) => await channel.simulate?.(bundle, deadline)),
  );
  const reverts = answers.find((answer) => answer?.type === "revert");
  if (reverts?.type === "revert") return refusal("relay_simulation", reverts.reason);
  const found = simulated || answers.some((answer) => answer?.type === "ok");
  return found ? null : refusal("simulation_unavailable", "neither by the node nor by a channel");
}

const describe = (channels: readonly Channel[], answers: readonly SendResult[]): string =>
  answers.map(({ result, detail }, i) => `${channels[i]?.name} ${result} ${detail}`.trim()).join("; ");

/**
 * Hands the bundle to its channels at once; a refusal means that nothing is out, surely. What the node says against it
 * afterwards takes it back.
 */
async function sendToAll(state: ExecutionState, dispatch: Dispatch, steps: Steps): Promise<Refusal | null> {
  const { channels } = dispatch.way;
  const { intentId } = dispatch.decision;
  const sending = channels.map((channel) => sendTo(state, channel, dispatch));
  steps.handed();
  const checking = checkBeside(dispatch, steps);
  const answers = await Promise.all(sending);
  steps.timed("answered");
  if (answers.every(({ result }) => result === "refused"))
    return refusal("channels", describe(channels, answers));
  const accepted = answers.some(({ result }) => result === "accepted");
  state.tracker.sent(intentId, accepted ? null : describe(channels, answers));
  const against = await checking;
  if (against !== null) await takeBack(state, dispatch, against);
  return null;
}

/** Asks the node, once the bytes of the bundle are in the sockets. */
async function checkBeside({ check }: Dispatch, steps: Steps): Promise<Refusal | null> {
  if (check === null) return null;
  await setImmediate();
  const against = await check();
  steps.timed("simulated");
  return against;
}

function unsignedPlan(
  state: ExecutionState,
  { calldata, gas, fees: { maxFeePerGas, maxPriorityFeePerGas } }: Prepared,
  nonce: number,
): UnsignedTransaction {
  const { chainId, executor: to } = state.options;
  return {
    chainId,
    nonce,
    to,
    data: calldata,
    value: 0n,
    gas: gas.limit,
    maxFeePerGas,
    maxPriorityFeePerGas,
  };
}

function tracked(
  state: ExecutionState,
  live: Live,
  { decision, way }: Pick<Pending, "decision"> & { readonly way: Way },
  { nonce, hash, fees }: { nonce: number; hash: Hex; fees: Fees },
): TrackedIntent {
  const lastBlock = decision.targetBlock + way.graceBlocks;
  const tail = way.kind === "tail";
  return {
    intentId: decision.intentId,
    hash,
    nonce,
    fees,
    sender: live.signer.address,
    executor: state.options.executor,
    predicted: sumByBase(promisedProfits(decision.plan)),
    lastBlock,
    atomicOnly: way.bundledUntil !== null,
    expires: way.expires,
    behind: tail ? decision.behind : [],
    recovered: false,
    spentLooks: 0,
    cancelFrom: tail ? lastBlock : lastBlock + state.options.cancelAfterBlocks,
    cancelledAt: null,
  };
}

/** The last checks, then the channels. A second tail behind one trigger would bid against the first. */
async function handOver(
  state: ExecutionState,
  dispatch: Dispatch,
  simulated: boolean,
  steps: Steps,
): Promise<Refusal | null> {
  const { decision, way } = dispatch;
  const refused = (await relayRefusal(state, dispatch, simulated)) ?? standstill(state, decision);
  if (refused !== null) return refused;
  const { hash: trigger } = decision.plan.trigger;
  if (way.kind === "tail" && state.tailed.has(trigger)) return refusal("tail_once");
  if (way.kind === "tail") rememberTail(state, trigger);
  steps.timed("sent");
  const answer = await sendToAll(state, dispatch, steps);
  if (answer !== null && way.kind === "tail") state.tailed.delete(trigger);
  return answer;
}

/** Blocks from the target to the last one in which the plan may land. */
const targets = (first: number, graceBlocks: number): readonly number[] =>
  Array.from({ length: graceBlocks + 1 }, (_, i) => first + i);

/** A plan, ready to be signed, and where it goes; its intent may be written with the signature. */
interface Ready {
  readonly pending: Pending;
  readonly prepared: Prepared;
  readonly way: Way;
}

/**
 * Signs a plan, journals the signature, and hands it to the channels. Null: it is out, or may be, and
 * the tracker finds its fate; what the node said against it afterwards has taken it back. A refusal: nothing is out.
 */
export async function sendPlan(
  state: ExecutionState,
  live: Live,
  { pending, prepared, way }: Ready,
  steps: Steps,
): Promise<Refusal | null> {
  const { decision } = pending;
  const next = nextNonce(state.nonces, way.bundledUntil);
  if (!next.ok) return refusal(next.reason);
  const { nonce } = next;
  const unsigned = unsignedPlan(state, prepared, nonce);
  const ours = await sign(state, live, unsigned);
  steps.timed("signed");
  if (ours === null) return refusal("signer");
  const late = standstill(state, decision);
  if (late !== null) return late;
  const order = behindAll(prepared.behind, ours);
  const blocks = targets(decision.targetBlock, way.graceBlocks);
  const bundle = createBundle(state.options.chainId, order, blocks, live.keccak256);
  const intent = tracked(state, live, { decision, way }, { nonce, hash: ours.hash, fees: prepared.fees });
  if (!commit(state, pending, { intent, gasLimit: unsigned.gas, bundle })) return refusal("journal");
  state.tracker.watch(intent);
  const { simulated, check } = prepared;
  const dispatch: Dispatch = { decision, way, bundle, check, withdrawn: null };
  const refused = await handOver(state, dispatch, simulated, steps);
  if (refused === null) return null;
  state.tracker.drop(decision.intentId);
  state.nonces = releaseNonce(state.nonces, ours.hash);
  return refused;
}

/** Where a transaction lingers there is a place for one at any time; a former run may have known others than we do. */
function cancelPlaces({ channels }: Live): readonly Channel[] {
  const open = channels.filter(({ promises }) => !promises.atomic);
  return open.length > 0 ? open : channels;
}

/**
 * Spends the nonce of a lingering transaction on nothing: zero value, to ourselves, from `block` on. Where only bundles
 * are taken they are good until the next such attempt. It is no intent: whatever becomes of it, the nonce tells. False:
 * surely nobody has taken it.
 */
export async function sendCancellation(
  state: ExecutionState,
  live: Live,
  { nonce, fees, block }: { readonly nonce: number; readonly fees: Fees; readonly block: number },
): Promise<boolean> {
  const { chainId, cancelAfterBlocks } = state.options;
  const { address: to } = live.signer;
  const ours = await sign(state, live, { chainId, nonce, to, data: "0x", value: 0n, gas: BARE_GAS, ...fees });
  if (ours === null || state.stopping) return false;
  const bundle = createBundle(
    chainId,
    [ours],
    targets(block, Math.max(0, cancelAfterBlocks - 1)),
    live.keccak256,
  );
  const deadline = { deadlineMs: state.options.sendTimeoutMs, pools: [] };
  const places = cancelPlaces(live);
  const answers = await Promise.all(places.map((channel) => channel.send(bundle, deadline)));
  state.parts.log.warn({ nonce, answers: describe(places, answers) }, "lingering transaction cancelled");
  return answers.some(({ result }) => result !== "refused");
}
