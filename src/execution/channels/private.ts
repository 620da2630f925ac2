import type { Bundle } from "../bundle.ts";
import type { Channel, Promises } from "./channel.ts";
import { CHANNEL_GUARD, createGuard, sick, sound, type Attempt, type GuardOptions } from "./guard.ts";
import { HttpFailure, postJson, turnedAway, type Endpoint, type HttpAnswer } from "./httpJson.ts";
import { parseRpcAnswer } from "./rpcAnswer.ts";

export interface PrivateChannelOptions {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Bor's own method, or the ordinary one of an endpoint that keeps what it gets to itself. */
  readonly method: "eth_sendRawTransactionPrivate" | "eth_sendRawTransaction";
  readonly guard?: GuardOptions;
}

/** Bor's private mempool: an ordinary pool that is not gossiped. It may land late and may revert. */
const PROMISES: Promises = { atomic: false, private: true, revertProtection: false };

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
/** JSON-RPC's own (invalid request, no such method, invalid parameters), and EIP-1474's (rejected, limit exceeded). */
const REFUSAL_CODES = new Set<number | null>([-32600, -32601, -32602, -32003, -32005]);

/** What an answer of the endpoint means for the transaction with that hash. */
function judgePrivateAnswer({ status, text }: HttpAnswer, hash: string): Attempt {
  if (turnedAway(status)) return sick("refused", `http ${status}`);
  const answer = parseRpcAnswer(text);
  if (answer.type === "error") {
    const { message, code } = answer;
    if (KNOWN.test(message) || PARTIAL.test(message)) return sound("accepted", message);
    const surely = REFUSAL_CODES.has(code) || REFUSAL.test(message);
    return surely ? sound("refused", message) : sick("error", message);
  }
  if (status >= 300) return sick("error", `http ${status}`);
  if (answer.type === "garbage") return sick("error", "garbage");
  if (String(answer.result).toLowerCase() !== hash) return sick("error", "answer names another transaction");
  return sound("accepted", "");
}

/** Ours is the last of the bundle; a trigger before it is public already and does not travel here. */
async function transmit(
  options: PrivateChannelOptions,
  bundle: Bundle,
  signal: AbortSignal,
): Promise<Attempt> {
  const raw = bundle.transactions.at(-1);
  const hash = bundle.hashes.at(-1);
  if (raw === undefined || hash === undefined) return sound("refused", "empty bundle");
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: options.method, params: [raw] });
  try {
    return judgePrivateAnswer(await postJson(options.endpoint, body, signal), hash);
  } catch (error) {
    if (error instanceof HttpFailure) return sick(error.sent ? "error" : "refused", error.message);
    throw error;
  }
}

/** Sends single transactions to one private endpoint. */
export function createPrivateChannel(options: PrivateChannelOptions): Channel {
  const guard = createGuard(options.guard ?? CHANNEL_GUARD);
  return {
    name: options.name,
    promises: PROMISES,
    send: (bundle, { deadlineMs }) => guard.run(deadlineMs, (signal) => transmit(options, bundle, signal)),
    counts: () => guard.counts(),
  };
}
