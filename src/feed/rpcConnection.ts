import { WebSocket, type RawData } from "ws";
import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import { maskSecrets } from "../lib/maskSecrets.ts";
import { RpcError } from "./rpcError.ts";
import { parseRpcMessage, type RpcFailure, type RpcMessage } from "./rpcMessage.ts";

export interface RequestOptions {
  readonly timeoutMs?: number;
  /**
   * Sees the frame of a good answer first; its result begins at byte `at`. True: it is read, and the request resolves
   * with undefined. The buffer is the socket's, and not to be kept.
   */
  readonly takeAnswer?: (frame: Buffer, at: number) => boolean;
}

/**
 * Rejects with `RpcError` when the node answers with an error, with `RetryableError` (codes `disconnected`,
 * `timeout`) when it does not answer.
 */
export type RpcRequest = (
  method: string,
  params: readonly unknown[],
  options?: RequestOptions,
) => Promise<unknown>;

/** The life of one socket; what comes after it is another connection. */
export interface RpcConnection {
  readonly request: RpcRequest;
  /**
   * The handler is called for each notification from the very first, in the order of the wire, with the moment when its
   * frame came in (monotonic milliseconds); those that `frames` takes go past it.
   */
  subscribe(params: readonly unknown[], onResult: OnResult, frames?: FrameReader): Promise<string>;
  /** Its handler is not called again, whatever the node does. */
  unsubscribe(subscription: string): Promise<void>;
  close(reason: string): void;
  /** Why it ended. */
  readonly closed: Promise<string>;
}

type OnResult = (result: unknown, heardAt: number) => void;

/** Reads a subscription's notifications as they come from the socket. A connection has one: the last to subscribe. */
export interface FrameReader {
  /** Frames of this subscription will come. */
  follow(subscription: string): void;
  /** False: not a frame for this reader. The buffer is the socket's, and not to be kept. */
  take(frame: Buffer): boolean;
}

export interface RpcConnectionOptions {
  readonly url: string;
  readonly requestTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly pingEveryMs: number;
  /** No byte for so long, pongs included: the other side is gone. */
  readonly silenceMs: number;
  readonly maxPayloadBytes: number;
}

/** Counted over all connections of a socket. */
export interface RpcCounts {
  messages: number;
  malformed: number;
  timeouts: number;
}

export interface RpcConnectionParts {
  readonly clock: Clock;
  readonly counts: RpcCounts;
}

interface Waiting {
  readonly method: string;
  readonly takeAnswer: RequestOptions["takeAnswer"];
  readonly timer: NodeJS.Timeout;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const ignore = (_reason: string): void => undefined;

type State = {
  readonly socket: WebSocket;
  readonly waiting: Map<number, Waiting>;
  readonly handlers: Map<string, OnResult>;
  readonly parts: RpcConnectionParts;
  readonly mask: (text: string) => string;
  frames: { readonly subscription: string; readonly reader: FrameReader } | null;
  lastHeard: number;
  lastId: number;
  ended: string | null;
};

/** Resolves when the socket is open; rejects with `RetryableError` when it cannot be opened. */
export async function openConnection(
  options: RpcConnectionOptions,
  parts: RpcConnectionParts,
  signal: AbortSignal,
): Promise<RpcConnection> {
  const socket = new WebSocket(options.url, {
    maxPayload: options.maxPayloadBytes,
    handshakeTimeout: options.handshakeTimeoutMs,
    perMessageDeflate: false,
  });
  const state: State = {
    socket,
    waiting: new Map(),
    handlers: new Map(),
    parts,
    mask: maskSecrets(options.url),
    frames: null,
    lastHeard: parts.clock.monotonic(),
    lastId: 0,
    ended: null,
  };
  let settle = ignore;
  const closed = new Promise<string>((resolve) => (settle = resolve));
  const close = (reason: string): void => {
    if (state.ended !== null) return;
    end(state, reason);
    settle(reason);
  };
  const stop = (): void => close("stopped");
  const opened = new Promise<void>((resolve) => socket.once("open", resolve));
  wire(state, close);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const failed = await Promise.race([opened, closed]);
  if (failed !== undefined) {
    signal.removeEventListener("abort", stop);
    throw new RetryableError("disconnected", `no connection to the node: ${failed}`);
  }
  const heartbeat = startHeartbeat(state, options, close);
  void closed.then(() => {
    clearInterval(heartbeat);
    signal.removeEventListener("abort", stop);
  });
  return {
    request: (method, params, request) =>
      ask(state, method, params, { timeoutMs: options.requestTimeoutMs, ...request }),
    subscribe: (params, onResult, frames) =>
      subscribe(state, params, { onResult, frames, timeoutMs: options.requestTimeoutMs }),
    unsubscribe: async (subscription) => {
      state.handlers.delete(subscription);
      if (state.frames?.subscription === subscription) state.frames = null;
      await ask(state, "eth_unsubscribe", [subscription], { timeoutMs: options.requestTimeoutMs });
    },
    close,
    closed,
  };
}

function wire(state: State, close: (reason: string) => void): void {
  const { socket, parts } = state;
  const heard = (): void => void (state.lastHeard = parts.clock.monotonic());
  socket.on("error", (error) => close(error.message));
  socket.on("close", (code) => close(`closed by the node (${code})`));
  socket.on("pong", heard);
  socket.on("ping", heard);
  socket.on("message", (data) => {
    if (state.ended !== null) return;
    heard();
    receive(state, data);
  });
}

function end(state: State, reason: string): void {
  state.ended = reason;
  state.socket.terminate();
  for (const { method, timer, reject } of state.waiting.values()) {
    clearTimeout(timer);
    reject(new RetryableError("disconnected", `${method}: connection lost: ${reason}`));
  }
  state.waiting.clear();
  state.handlers.clear();
  state.frames = null;
}

/** A tick that comes late ourselves (a long stall, a suspended machine) proves nothing about the node. */
function startHeartbeat(
  state: State,
  { pingEveryMs, silenceMs }: RpcConnectionOptions,
  close: (reason: string) => void,
): NodeJS.Timeout {
  const { clock } = state.parts;
  let lastTick = clock.monotonic();
  return setInterval(() => {
    const now = clock.monotonic();
    const onTime = now - lastTick < 2 * pingEveryMs;
    lastTick = now;
    if (onTime && now - state.lastHeard > silenceMs) close(`no byte for ${silenceMs} ms`);
    else if (state.ended === null) state.socket.ping();
  }, pingEveryMs);
}

interface AskOptions extends Pick<RequestOptions, "takeAnswer"> {
  readonly timeoutMs: number;
  readonly onAnswer?: (result: unknown) => void;
}

async function ask(
  state: State,
  method: string,
  params: readonly unknown[],
  { timeoutMs, takeAnswer, onAnswer }: AskOptions,
): Promise<unknown> {
  if (state.ended !== null)
    throw new RetryableError("disconnected", `${method}: connection lost: ${state.ended}`);
  const id = ++state.lastId;
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      state.waiting.delete(id);
      state.parts.counts.timeouts++;
      reject(new RetryableError("timeout", `${method}: no answer in ${timeoutMs} ms`));
    }, timeoutMs);
    const settle = (result: unknown): void => {
      onAnswer?.(result);
      resolve(result);
    };
    state.waiting.set(id, { method, takeAnswer, timer, resolve: settle, reject });
    state.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  });
}

interface Subscribing {
  readonly onResult: OnResult;
  readonly frames: FrameReader | undefined;
  readonly timeoutMs: number;
}

/** The handler is set while the answer is read: the first notification may stand in the same packet. */
async function subscribe(
  state: State,
  params: readonly unknown[],
  { onResult, frames, timeoutMs }: Subscribing,
): Promise<string> {
  const onAnswer = (id: unknown): void => {
    if (typeof id !== "string") return;
    state.handlers.set(id, onResult);
    if (frames === undefined) return;
    frames.follow(id);
    state.frames = { subscription: id, reader: frames };
  };
  const id = await ask(state, "eth_subscribe", params, { timeoutMs, onAnswer });
  if (typeof id !== "string")
    throw new RetryableError("bad_answer", `eth_subscribe ${String(params[0])}: no subscription id`);
  return id;
}

/** `ws` gives one Buffer unless asked for other forms. */
function receive(state: State, data: RawData): void {
  const { counts } = state.parts;
  counts.messages++;
  const isBuffer = Buffer.isBuffer(data);
  if (isBuffer && (state.frames?.reader.take(data) === true || isTaken(state, data))) return;
  const message = parseRpcMessage(isBuffer ? data.toString("utf8") : "");
  if (message === null || !deliver(state, message)) counts.malformed++;
}

const ANSWER = /^\{"jsonrpc":"2\.0","id":(\d{1,15}),"result":/;

/** An answer in the usual form whose asker reads it in place. */
function isTaken({ waiting }: State, frame: Buffer): boolean {
  // The "i" of "id": most frames are notifications.
  if (frame[18] !== 0x69) return false;
  const [head, id] = ANSWER.exec(frame.toString("latin1", 0, 64)) ?? [];
  const asker = head === undefined ? undefined : waiting.get(Number(id));
  if (head === undefined || asker?.takeAnswer?.(frame, head.length) !== true) return false;
  waiting.delete(Number(id));
  clearTimeout(asker.timer);
  asker.resolve(undefined);
  return true;
}

/** False when nobody waits for it. */
function deliver(state: State, message: RpcMessage): boolean {
  if (message.type === "notification") {
    const handler = state.handlers.get(message.subscription);
    handler?.(message.result, state.lastHeard);
    return handler !== undefined;
  }
  const waiting = state.waiting.get(message.id);
  if (waiting === undefined) return false;
  state.waiting.delete(message.id);
  clearTimeout(waiting.timer);
  if (message.type === "answer") waiting.resolve(message.result);
  else waiting.reject(rpcError(state, waiting.method, message));
  return true;
}

const MAX_ERROR_CHARS = 500;

/** Errors are logged, and a node may well repeat the key of its address that it does not like. Data with it is text then. */
function rpcError({ mask }: State, method: string, { code, message, data }: RpcFailure): RpcError {
  const text = JSON.stringify(data) ?? "";
  const masked = mask(text);
  return new RpcError(method, code, mask(message).slice(0, MAX_ERROR_CHARS), masked === text ? data : masked);
}
