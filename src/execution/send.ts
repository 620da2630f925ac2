import type { Fees } from "../chain/fees.ts";
import type { Hex } from "../chain/types.ts";
import type { SubmitDecision } from "../engine/decisions.ts";
import { createBundle, ourTransaction, type Bundle, type OurTransaction } from "./bundle.ts";
import type { Channel, SendResult } from "./channels/channel.ts";
import { standstill, type ExecutionState, type Live, type Stage } from "./context.ts";
import { withinMs } from "./deadline.ts";
import { holdNonce, nextNonce, releaseNonce } from "./nonces.ts";
import { refusal, type Prepared, type Refusal } from "./prepare.ts";
import { promisedProfits, sumByBase } from "./profits.ts";
import type { Pending } from "./records.ts";
import type { UnsignedTransaction } from "./signer.ts";
import type { TrackedIntent } from "./tracker.ts";

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

/** The signature, or null when it is late or refused; three misses in a row halt signing until a restart. */
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
  }
  state.signerMisses = raw === null ? state.signerMisses + 1 : 0;
  return raw === null ? null : ourTransaction(raw, live.keccak256);
}

/** Journals the signed transaction; from here on it is held and watched as if it were out. */
function commit(state: ExecutionState, intent: TrackedIntent, gasLimit: bigint, bundle: Bundle): boolean {
  const { parts } = state;
  const { intentId, hash, nonce, fees, lastBlock, atomicOnly } = intent;
  const [rawTransaction] = bundle.transactions;
  const [merkleProof] = bundle.proofs;
  if (rawTransaction === undefined || merkleProof === undefined) return false;
  try {
    parts.journal.signed({
      intentId,
      transactionHash: hash,
      rawTransaction,
      nonce,
      gasLimit,
      ...fees,
      lastBlock,
      atomicOnly,
      bundleId: bundle.id,
      merkleRoot: bundle.merkleRoot,
      merkleProof,
      time: parts.clock.now(),
    });
  } catch (error) {
    parts.log.error({ err: error, intent: intentId }, "journal refused a signature");
    return false;
  }
  state.nonces = holdNonce(state.nonces, nonce, hash);
  return true;
}

/** One channel's answer, journaled. A journal that fails now cannot take the bytes back: it is only reported. */
async function sendTo(
  state: ExecutionState,
  channel: Channel,
  intentId: string,
  bundle: Bundle,
): Promise<SendResult> {
  const { parts, options } = state;
  const started = parts.clock.monotonic();
  const answer = await channel.send(bundle, { deadlineMs: options.sendTimeoutMs });
  const micros = Math.round((parts.clock.monotonic() - started) * 1000);
  parts.log.debug({ intent: intentId, channel: channel.name, micros, ...answer }, "channel answered");
  try {
    parts.journal.submitted({ intentId, channel: channel.name, ...answer, micros, time: parts.clock.now() });
  } catch (error) {
    parts.log.error({ err: error, intent: intentId }, "journal refused a submission");
  }
  return answer;
}

/** The first channel whose own simulation says that the bundle reverts; one that does not answer says nothing. */
async function relayRefusal(
  state: ExecutionState,
  channels: readonly Channel[],
  bundle: Bundle,
): Promise<Refusal | null> {
  if (!state.options.relaySimulation) return null;
  const deadline = { deadlineMs: state.options.sendTimeoutMs };
  const answers = await Promise.all(
    channels.map(async (channel) => await channel.simulate?.(bundle, deadline)),
  );
  const reverts = answers.find((answer) => answer?.type === "revert");
  return reverts?.type === "revert" ? refusal("relay_simulation", reverts.reason) : null;
}

const describe = (channels: readonly Channel[], answers: readonly SendResult[]): string =>
  answers.map(({ result, detail }, i) => `${channels[i]?.name} ${result} ${detail}`.trim()).join("; ");

/** Hands the bundle to every channel at once; a refusal means that nothing is out, surely. */
async function sendToAll(
  state: ExecutionState,
  live: Live,
  intentId: string,
  bundle: Bundle,
): Promise<Refusal | null> {
  const { channels } = live;
  const answers = await Promise.all(channels.map((channel) => sendTo(state, channel, intentId, bundle)));
  if (answers.every(({ result }) => result === "refused"))
    return refusal("channels", describe(channels, answers));
  const accepted = answers.some(({ result }) => result === "accepted");
  state.tracker.sent(intentId, accepted ? null : describe(channels, answers));
  return null;
}

function unsignedPlan(
  state: ExecutionState,
  { calldata, gas, fees }: Prepared,
  nonce: number,
): UnsignedTransaction {
  const { chainId, executor: to } = state.options;
  return { chainId, nonce, to, data: calldata, value: 0n, gas: gas.limit, ...fees };
}

function tracked(
  state: ExecutionState,
  live: Live,
  { decision }: Pending,
  { nonce, hash, fees }: { nonce: number; hash: Hex; fees: Fees },
): TrackedIntent {
  return {
    intentId: decision.intentId,
    hash,
    nonce,
    fees,
    sender: live.signer.address,
    executor: state.options.executor,
    predicted: sumByBase(promisedProfits(decision.plan)),
    lastBlock: decision.targetBlock + state.options.graceBlocks,
    atomicOnly: live.channels.every(({ promises }) => promises.atomic),
    spentLooks: 0,
    cancelledAt: null,
  };
}

/** The last checks, then the channels. */
async function handOver(
  state: ExecutionState,
  live: Live,
  { decision, bundle }: { readonly decision: SubmitDecision; readonly bundle: Bundle },
  timed: (stage: Stage) => void,
): Promise<Refusal | null> {
  const refused = (await relayRefusal(state, live.channels, bundle)) ?? standstill(state, decision);
  if (refused !== null) return refused;
  timed("sent");
  const answer = await sendToAll(state, live, decision.intentId, bundle);
  timed("answered");
  return answer;
}

/** Blocks from the target to the last one in which the plan may land. */
const targets = ({ options }: ExecutionState, first: number): readonly number[] =>
  Array.from({ length: options.graceBlocks + 1 }, (_, i) => first + i);

/**
 * Signs a journaled plan, journals the signature, and hands it to the channels. Null: it is out, or may be, and
 * the tracker finds its fate. A refusal: nothing is out.
 */
export async function sendPlan(
  state: ExecutionState,
  live: Live,
  { pending, prepared }: { readonly pending: Pending; readonly prepared: Prepared },
  timed: (stage: Stage) => void,
): Promise<Refusal | null> {
  const { decision } = pending;
  const next = nextNonce(state.nonces);
  if (!next.ok) return refusal(next.reason);
  const unsigned = unsignedPlan(state, prepared, next.nonce);
  const ours = await sign(state, live, unsigned);
  timed("signed");
  if (ours === null) return refusal("signer");
  const late = standstill(state, decision);
  if (late !== null) return late;
  const { chainId } = state.options;
  const bundle = createBundle(chainId, [ours], targets(state, decision.targetBlock), live.keccak256);
  const intent = tracked(state, live, pending, { nonce: next.nonce, hash: ours.hash, fees: prepared.fees });
  if (!commit(state, intent, unsigned.gas, bundle)) return refusal("journal");
  state.tracker.watch(intent);
  const refused = await handOver(state, live, { decision, bundle }, timed);
  if (refused === null) return null;
  state.tracker.drop(decision.intentId);
  state.nonces = releaseNonce(state.nonces, ours.hash);
  return refused;
}

/**
 * Spends the nonce of a lingering transaction on nothing: zero value, to ourselves, through the same channels.
 * It is no intent: whatever becomes of it, the nonce tells. False: surely nobody has taken it.
 */
export async function sendCancellation(
  state: ExecutionState,
  live: Live,
  { nonce, fees, block }: { readonly nonce: number; readonly fees: Fees; readonly block: number },
): Promise<boolean> {
  const { chainId } = state.options;
  const { address: to } = live.signer;
  const ours = await sign(state, live, { chainId, nonce, to, data: "0x", value: 0n, gas: BARE_GAS, ...fees });
  if (ours === null || state.stopping) return false;
  const bundle = createBundle(chainId, [ours], [block], live.keccak256);
  const deadline = { deadlineMs: state.options.sendTimeoutMs };
  const places = live.channels.filter(({ promises }) => !promises.atomic);
  const answers = await Promise.all(places.map((channel) => channel.send(bundle, deadline)));
  state.parts.log.warn({ nonce, answers: describe(places, answers) }, "lingering transaction cancelled");
  return answers.some(({ result }) => result !== "refused");
}
