import { z } from "zod";
import type { Hash, Hex } from "../../chain/types.ts";
import type { Bundle } from "../bundle.ts";
import type { StopSignal } from "../deadline.ts";
import type { Channel, Probe, Promises, SendOptions } from "./channel.ts";
import { CHANNEL_GUARD, createGuard, sick, sound, type Attempt, type GuardOptions } from "./guard.ts";
import {
  HttpFailure,
  maskOf,
  openJsonPlace,
  turnedAway,
  type Endpoint,
  type HttpAnswer,
} from "./httpJson.ts";
import { parseRpcAnswer } from "./rpcAnswer.ts";

/** One place that takes single raw transactions. */
export interface PlaceOptions {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly guard?: GuardOptions;
}

/** The parameters of a call, or why there will be none. */
export type Terms = { readonly params: unknown } | { readonly refused: string };

/** How such a place is called, and what it promises. */
export interface Wire {
  readonly method: string;
  readonly promises: Promises;
  termsOf(raw: Hex, bundle: Bundle, options: SendOptions): Terms | Promise<Terms>;
  /** Parameters that no place takes for a transaction; null: it charges for every call. */
  readonly probe: unknown;
}

/** A typed transaction that ends after its type. */
export const NO_TRANSACTION: Hex = "0x00";

/** The transaction is there already: what we wanted. */
const KNOWN = /already known|already imported|known transaction|already exists/i;
/** Bor's relay reached some producers and goes on trying: it may well land. */
const PARTIAL = /submission failed partially/i;
/**
 * Refusals by Bor's pool and interface, and by whoever stands in front of them. Any other error (a time-out behind
 * the endpoint, "internal error") leaves open whether a producer has the transaction.
 */
const REFUSAL =
  /nonce too|underpriced|insufficient funds|less than block base fee|gas limit|intrinsic gas|exceeds the configured cap|higher than|pool is full|invalid sender|not supported|rate limit|too many requests/i;
const NO_SUCH_METHOD = -32601;
/**
 * JSON-RPC's own (invalid request, no such method, invalid parameters), and EIP-1474's (rejected, limit exceeded), which
 * are also PIP-15's for a condition that is not met and for too many of them.
 */
const REFUSAL_CODES = new Set<number | null>([-32600, NO_SUCH_METHOD, -32602, -32003, -32005]);

/** The hash in an answer: a text, or bloXroute's `{tx_hash}` without 0x. Null: there is none. */
const hashSchema = z
  .union([z.string(), z.object({ tx_hash: z.string() }).transform(({ tx_hash: text }) => text)])
  .transform((text) => text.toLowerCase().replace(/^(0x)?/, "0x"))
  .catch("");

type Mask = (text: string) => string;

/** What an answer means for the transaction with that hash. */
function judge({ status, text }: HttpAnswer, hash: Hash, mask: Mask): Attempt {
  if (turnedAway(status)) return sick("refused", `http ${status}`);
  const answer = parseRpcAnswer(text, mask);
  if (answer.type === "error") {
    const { message, code } = answer;
    if (KNOWN.test(message) || PARTIAL.test(message)) return sound("accepted", message);
    const surely = REFUSAL_CODES.has(code) || REFUSAL.test(message);
    return surely ? sound("refused", message) : sick("error", message);
  }
  if (status >= 300) return sick("error", `http ${status}`);
  if (answer.type === "garbage") return sick("error", "garbage");
  if (hashSchema.parse(answer.result) !== hash) return sick("error", "answer names another transaction");
  return sound("accepted", "");
}

const bodyOf = (method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });

/** What the answer to a probe says; only a place that says so lacks the method. */
function judgeProbe({ status, text }: HttpAnswer, method: string): Probe {
  const answer = parseRpcAnswer(text);
  if (answer.type === "error" && answer.code === NO_SUCH_METHOD) return { type: "missing", method };
  if (turnedAway(status)) return { type: "unavailable", reason: `http ${status}` };
  return answer.type === "garbage" ? { type: "unavailable", reason: "garbage" } : { type: "ok" };
}

/** Sends our transaction of each bundle, which is its last, to one place; a trigger before it does not travel. */
export function createRawTransactionChannel(place: PlaceOptions, wire: Wire): Channel {
  const { name, endpoint } = place;
  const { method, promises } = wire;
  const guard = createGuard(place.guard ?? CHANNEL_GUARD);
  const mask = maskOf(endpoint);
  const wired = openJsonPlace(endpoint);
  const transmit = async (bundle: Bundle, options: SendOptions, signal: StopSignal): Promise<Attempt> => {
    const raw = bundle.transactions.at(-1);
    const hash = bundle.hashes.at(-1);
    if (raw === undefined || hash === undefined) return sound("refused", "empty bundle");
    const terms = await wire.termsOf(raw, bundle, options);
    if ("refused" in terms) return sound("refused", terms.refused);
    try {
      return judge(await wired.post(bodyOf(method, terms.params), signal), hash, mask);
    } catch (error) {
      if (error instanceof HttpFailure) return sick(error.sent ? "error" : "refused", error.message);
      throw error;
    }
  };
  const probe = async (deadlineMs: number): Promise<Probe> => {
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      return judgeProbe(await wired.post(bodyOf(method, wire.probe), signal), method);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const reason = signal.aborted ? `no answer in ${deadlineMs} ms` : error.message;
      return { type: "unavailable", reason };
    }
  };
  return {
    name,
    promises,
    connect: () => wired.connect(),
    close: () => wired.close(),
    send: (bundle, options) => guard.run(options.deadlineMs, (signal) => transmit(bundle, options, signal)),
    ...(wire.probe === null ? {} : { probe: ({ deadlineMs }) => probe(deadlineMs) }),
    counts: () => guard.counts(),
  };
}
