import { AsyncLocalStorage } from "node:async_hooks";
import type { Hex } from "../../chain/types.ts";
import type { Secret } from "../../lib/secret.ts";
import type { Bundle } from "../bundle.ts";
import { toHex } from "../bytes.ts";
import type { Keccak256 } from "../keccak256.ts";
import { portablePrimitives, type Primitives } from "../primitives.ts";
import { RELAY_PROMISES, type BundleSimulation, type Channel } from "./channel.ts";
import { loadFlashbots } from "./ethers.ts";
import { CHANNEL_GUARD, createGuard, sick, sound, type Attempt, type GuardOptions } from "./guard.ts";
import { HttpFailure, postJson, turnedAway, type Endpoint } from "./httpJson.ts";
import { maskSecrets } from "./maskSecrets.ts";
import { createRelayWallet, type RelayWallet } from "./relayWallet.ts";
import { shortText } from "./rpcAnswer.ts";

export interface FlashbotsChannelOptions {
  readonly name: string;
  readonly chainId: number;
  readonly endpoint: Endpoint;
  /** Signs the relay's header, never a transaction; null: a key made for this run. */
  readonly authKey: Secret | null;
  /** What signs it; default: the portable ones. */
  readonly primitives?: Primitives;
  readonly guard?: GuardOptions;
}

type Provider = InstanceType<ReturnType<typeof loadFlashbots>["flashbots"]["FlashbotsBundleProvider"]>;

/** The signal of the call that is under way. */
const underWay = new AsyncLocalStorage<AbortSignal>();

/**
 * The provider of one relay: its requests go through our own HTTP, so that deadline, size cap and redirect rule are the
 * same everywhere, and end with their call's signal. It never polls: the chain's answers come from the feed.
 */
function openProvider(options: FlashbotsChannelOptions, auth: RelayWallet): Provider {
  const { ethers, flashbots } = loadFlashbots();
  const network = new ethers.Network("", BigInt(options.chainId));
  const connection = new ethers.FetchRequest(options.endpoint.url.reveal());
  connection.retryFunc = () => Promise.resolve(false);
  connection.getUrlFunc = async ({ body, headers }) => {
    const signal = underWay.getStore();
    if (signal === undefined) throw new Error("a request without a deadline");
    const text = Buffer.from(body ?? []).toString("utf8");
    const { status, text: answer } = await postJson(options.endpoint, text, signal, headers);
    if (status >= 300) throw new HttpFailure(`http ${status}`, !turnedAway(status));
    return { statusCode: status, statusMessage: "", headers: {}, body: Buffer.from(answer) };
  };
  const unused = new ethers.AbstractProvider(network, { cacheTimeout: -1 });
  return new flashbots.FlashbotsBundleProvider(unused, auth, connection, network);
}

/**
 * Raw transactions as the provider takes them. Afterwards it reads each one again, for whoever waits for it with the
 * provider: two milliseconds in which nothing else is done, for nobody here.
 */
const givenOnly = ({ transactions }: Bundle): Hex[] =>
  Object.assign([...transactions], { map: (): never[] => [] });

interface Relay {
  readonly provider: Provider;
  readonly keccak256: Keccak256;
  /** The relay's own words, made fit to be told. */
  readonly tell: (text: string) => string;
}

/** Names our nonce in one target block at the relay: what comes later for it takes the place of what was there. */
function replacementUuid(bundle: Bundle, block: number, keccak256: Keccak256): string {
  const hex = toHex(keccak256.hash(Buffer.from(`${bundle.slot}:${block}`, "utf8"))).slice(2);
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, variant + hex.slice(17, 20)];
  return [...parts, hex.slice(20, 32)].join("-");
}

/** Any failure of the library or of the wire, as an attempt; its texts may hold the URL and are not passed on. */
const failure = (error: unknown): Attempt => {
  if (!(error instanceof HttpFailure)) return sick("error", "garbage");
  return sick(error.sent ? "error" : "refused", error.message);
};

async function sendOne(relay: Relay, bundle: Bundle, block: number): Promise<Attempt> {
  const { provider, keccak256, tell } = relay;
  try {
    const uuid = { replacementUuid: replacementUuid(bundle, block, keccak256) };
    const answer = await provider.sendRawBundle(givenOnly(bundle), block, uuid);
    return "error" in answer ? sound("refused", tell(answer.error.message)) : sound("accepted", "");
  } catch (error) {
    return failure(error);
  }
}

async function cancelOne(relay: Relay, bundle: Bundle, block: number): Promise<Attempt> {
  const { provider, keccak256, tell } = relay;
  try {
    const answer = await provider.cancelBundles(replacementUuid(bundle, block, keccak256));
    return "error" in answer ? sound("refused", tell(answer.error.message)) : sound("accepted", "");
  } catch (error) {
    return failure(error);
  }
}

/** The answer for several target blocks: one acceptance is enough to land; any doubt outweighs a refusal. */
function combine(attempts: readonly Attempt[]): Attempt {
  const of = (result: Attempt["answer"]["result"]): Attempt | undefined =>
    attempts.find(({ answer }) => answer.result === result);
  return of("accepted") ?? of("error") ?? of("timeout") ?? of("refused") ?? sound("refused", "empty bundle");
}

/** What the relay's `eth_callBundle` says of the bundle on top of the block before its first target. */
async function callBundle({ provider, tell }: Relay, bundle: Bundle): Promise<BundleSimulation> {
  const [block] = bundle.targetBlocks;
  if (block === undefined) return { type: "unavailable", reason: "no target block" };
  try {
    const answer = await provider.simulate([...bundle.transactions], block, block - 1);
    if ("error" in answer) return { type: "unavailable", reason: tell(answer.error.message) };
    const failed = answer.firstRevert;
    if (failed === undefined) return { type: "ok", gasUsed: BigInt(answer.totalGasUsed) };
    return { type: "revert", reason: tell("revert" in failed ? failed.revert : "error") };
  } catch (error) {
    return { type: "unavailable", reason: failure(error).answer.detail };
  }
}

/**
 * A Flashbots-compatible relay (`eth_sendBundle` with a signed header) through Flashbots' own provider. One
 * request for each target block.
 */
export function createFlashbotsChannel(options: FlashbotsChannelOptions): Channel {
  const guard = createGuard(options.guard ?? CHANNEL_GUARD);
  // Loaded and made now: the first send has a deadline to keep.
  const { primitives = portablePrimitives } = options;
  const { keccak256 } = primitives;
  const auth = createRelayWallet(options.authKey, primitives);
  const mask = maskSecrets(options.endpoint);
  const relay: Relay = {
    provider: openProvider(options, auth),
    keccak256,
    tell: (text) => shortText(mask(text)),
  };
  const forEachTarget = async (
    bundle: Bundle,
    signal: AbortSignal,
    call: typeof sendOne,
  ): Promise<Attempt> => {
    const calls = underWay.run(signal, () => bundle.targetBlocks.map((block) => call(relay, bundle, block)));
    return combine(await Promise.all(calls));
  };
  return {
    name: options.name,
    promises: RELAY_PROMISES,
    send: (bundle, { deadlineMs }) =>
      guard.run(deadlineMs, (signal) => forEachTarget(bundle, signal, sendOne)),
    cancel: (bundle, { deadlineMs }) =>
      guard.run(deadlineMs, (signal) => forEachTarget(bundle, signal, cancelOne)),
    simulate: (bundle, { deadlineMs }) =>
      underWay.run(AbortSignal.timeout(deadlineMs), () => callBundle(relay, bundle)),
    counts: () => guard.counts(),
  };
}
