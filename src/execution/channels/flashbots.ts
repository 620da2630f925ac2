import { z } from "zod";
import type { Secret } from "../../lib/secret.ts";
import type { Bundle } from "../bundle.ts";
import { toHex } from "../bytes.ts";
import { toQuantity } from "../../chain/quantity.ts";
import type { StopSignal } from "../deadline.ts";
import type { Keccak256 } from "../keccak256.ts";
import { portablePrimitives, type Primitives } from "../primitives.ts";
import { RELAY_PROMISES, type BundleSimulation, type Channel } from "./channel.ts";
import { CHANNEL_GUARD, createGuard, sick, sound, type Attempt, type GuardOptions } from "./guard.ts";
import { HttpFailure, maskOf, openJsonPlace, turnedAway, type Endpoint, type JsonPlace } from "./httpJson.ts";
import { createRelayKey } from "./relayKey.ts";
import { parseRpcAnswer, shortText, type RpcAnswer } from "./rpcAnswer.ts";

export interface FlashbotsChannelOptions {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Signs the relay's header, never a transaction; null: a key made for this run. */
  readonly authKey: Secret | null;
  /** What signs it; default: the portable ones. */
  readonly primitives?: Primitives;
  readonly guard?: GuardOptions;
}

interface Relay {
  /** One signed request; rejects with `HttpFailure`. */
  readonly ask: (method: string, params: unknown, signal: StopSignal) => Promise<RpcAnswer>;
  readonly keccak256: Keccak256;
  readonly place: JsonPlace;
  /** The relay's own words, made fit to be told. */
  readonly tell: (text: string) => string;
}

/**
 * The requests of Flashbots' own library, byte for byte: a test holds the two together. The library itself waits four
 * promises and copies its request twice before a bundle leaves, and reads each transaction once more behind it, for
 * callers that we are not; with ethers below it, it is 22 MB beside a key.
 */
function openRelay({ endpoint, authKey, primitives = portablePrimitives }: FlashbotsChannelOptions): Relay {
  const { keccak256 } = primitives;
  const key = createRelayKey(authKey, primitives);
  const mask = maskOf(endpoint);
  const place = openJsonPlace(endpoint);
  let id = 0;
  return {
    ask: async (method, params, signal) => {
      const body = Buffer.from(
        JSON.stringify({ method, params: [params], id: ++id, jsonrpc: "2.0" }),
        "utf8",
      );
      const headers = { "x-flashbots-signature": key.headerOf(body) };
      const { status, text } = await place.post(body, signal, headers);
      if (status >= 300) throw new HttpFailure(`http ${status}`, !turnedAway(status));
      return parseRpcAnswer(text, mask);
    },
    keccak256,
    place,
    tell: (text) => shortText(mask(text)),
  };
}

/** Names our nonce in one target block at the relay: what comes later for it takes the place of what was there. */
function replacementUuid(bundle: Bundle, block: number, keccak256: Keccak256): string {
  const hex = toHex(keccak256.hash(Buffer.from(`${bundle.slot}:${block}`, "utf8"))).slice(2);
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, variant + hex.slice(17, 20)];
  return [...parts, hex.slice(20, 32)].join("-");
}

const GARBAGE = sick("error", "garbage");

/** Any failure of the wire, as an attempt; other errors may hold the URL and are not passed on. */
const failure = (error: unknown): Attempt => {
  if (!(error instanceof HttpFailure)) return GARBAGE;
  return sick(error.sent ? "error" : "refused", error.message);
};

/** What a request came to; `isTaken`: whether its result says that it was taken. */
async function attemptOf(
  asking: Promise<RpcAnswer>,
  isTaken: (result: unknown) => boolean,
): Promise<Attempt> {
  try {
    const answer = await asking;
    if (answer.type === "error") return sound("refused", answer.message);
    return answer.type === "result" && isTaken(answer.result) ? sound("accepted", "") : GARBAGE;
  } catch (error) {
    return failure(error);
  }
}

/** One request about a bundle in one target block. */
type Call = (relay: Relay, bundle: Bundle, block: number, signal: StopSignal) => Promise<Attempt>;

const sendOne: Call = ({ ask, keccak256 }, bundle, block, signal) => {
  const named = replacementUuid(bundle, block, keccak256);
  const params = { txs: bundle.transactions, blockNumber: toQuantity(block), replacementUuid: named };
  // The hash of a bundle that was taken is not nothing.
  return attemptOf(ask("eth_sendBundle", params, signal), (hash) => hash !== null);
};

const cancelOne: Call = ({ ask, keccak256 }, bundle, block, signal) => {
  const params = { replacementUuid: replacementUuid(bundle, block, keccak256) };
  return attemptOf(ask("eth_cancelBundle", params, signal), () => true);
};

/** The answer for several target blocks: one acceptance is enough to land; any doubt outweighs a refusal. */
function combine(attempts: readonly Attempt[]): Attempt {
  const of = (result: Attempt["answer"]["result"]): Attempt | undefined =>
    attempts.find(({ answer }) => answer.result === result);
  return of("accepted") ?? of("error") ?? of("timeout") ?? of("refused") ?? sound("refused", "empty bundle");
}

const simulated = z.object({
  results: z.array(
    z.object({ gasUsed: z.number().int(), error: z.string().optional(), revert: z.string().optional() }),
  ),
});

/** What the relay's `eth_callBundle` says of the bundle on top of the block before its first target. */
async function callBundle(
  { ask, tell }: Relay,
  { transactions, targetBlocks }: Bundle,
  signal: StopSignal,
): Promise<BundleSimulation> {
  const [block] = targetBlocks;
  if (block === undefined) return { type: "unavailable", reason: "no target block" };
  const params = {
    txs: transactions,
    blockNumber: toQuantity(block),
    stateBlockNumber: toQuantity(block - 1),
  };
  try {
    const answer = await ask("eth_callBundle", params, signal);
    if (answer.type === "error") return { type: "unavailable", reason: answer.message };
    const result = simulated.safeParse(answer.type === "result" ? answer.result : null);
    if (!result.success) return { type: "unavailable", reason: "garbage" };
    const { results } = result.data;
    const failed = results.find(({ error, revert }) => error !== undefined || revert !== undefined);
    if (failed !== undefined) return { type: "revert", reason: tell(failed.revert ?? "error") };
    return { type: "ok", gasUsed: results.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n) };
  } catch (error) {
    return { type: "unavailable", reason: failure(error).answer.detail };
  }
}

/** A Flashbots-compatible relay (`eth_sendBundle` with a signed header). One request for each target block. */
export function createFlashbotsChannel(options: FlashbotsChannelOptions): Channel {
  const guard = createGuard(options.guard ?? CHANNEL_GUARD);
  const relay = openRelay(options);
  const forEachTarget = async (bundle: Bundle, signal: StopSignal, call: Call): Promise<Attempt> =>
    combine(await Promise.all(bundle.targetBlocks.map((block) => call(relay, bundle, block, signal))));
  return {
    name: options.name,
    promises: RELAY_PROMISES,
    connect: () => relay.place.connect(),
    close: () => relay.place.close(),
    send: (bundle, { deadlineMs }) =>
      guard.run(deadlineMs, (signal) => forEachTarget(bundle, signal, sendOne)),
    cancel: (bundle, { deadlineMs }) =>
      guard.run(deadlineMs, (signal) => forEachTarget(bundle, signal, cancelOne)),
    simulate: (bundle, { deadlineMs }) => callBundle(relay, bundle, AbortSignal.timeout(deadlineMs)),
    counts: () => guard.counts(),
  };
}
