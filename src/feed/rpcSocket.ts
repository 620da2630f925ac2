import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { pause } from "./pause.ts";
import {
  openConnection,
  type RpcConnection,
  type RpcConnectionOptions,
  type RpcCounts,
  type RpcRequest,
} from "./rpcConnection.ts";
import { RpcError } from "./rpcError.ts";

export interface RpcSocketOptions extends RpcConnectionOptions {
  /** The first wait before another try; it doubles from try to try. */
  readonly reconnectFirstMs: number;
  readonly reconnectCapMs: number;
}

/** What a node on Polygon with its 1.5 s blocks deserves; `url` is the operator's. */
export const rpcSocketDefaults = {
  requestTimeoutMs: 2000,
  handshakeTimeoutMs: 3000,
  pingEveryMs: 1000,
  silenceMs: 3000,
  maxPayloadBytes: 16 * 1024 * 1024,
  reconnectFirstMs: 100,
  reconnectCapMs: 800,
} as const;

export interface RpcSocketStats extends Readonly<RpcCounts> {
  readonly connected: boolean;
  /** Connections after the first. */
  readonly reconnects: number;
}

/** A WebSocket to one node that comes back. */
export interface RpcSocket {
  /** Goes to the connection of the moment; without one it rejects at once. */
  readonly request: RpcRequest;
  /**
   * Holds the connection until `signal` aborts. `session` is run on each new connection; when it ends by
   * `RetryableError` or `RpcError`, or the connection ends, there will be another. Any other error ends `run`.
   */
  run(session: RpcSession, signal: AbortSignal): Promise<void>;
  stats(): RpcSocketStats;
}

/** `signal` aborts when the connection is over. */
export type RpcSession = (connection: RpcConnection, signal: AbortSignal) => Promise<void>;

interface RpcSocketParts {
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
}

export function createRpcSocket(options: RpcSocketOptions, parts: RpcSocketParts): RpcSocket {
  const counts: RpcCounts = { messages: 0, malformed: 0, timeouts: 0 };
  let current: RpcConnection | null = null;
  let connections = 0;

  const visit = async (session: RpcSession, signal: AbortSignal): Promise<void> => {
    const connection = await openConnection(options, { clock: parts.clock, counts }, signal);
    connections++;
    current = connection;
    parts.log.info({ connections }, "connected to the node");
    try {
      await live(connection, session, signal);
    } finally {
      current = null;
    }
  };

  const run = async (session: RpcSession, signal: AbortSignal): Promise<void> => {
    for (let tries = 0; !signal.aborted; tries++) {
      const since = parts.clock.monotonic();
      try {
        await visit(session, signal);
      } catch (error) {
        if (!(error instanceof RetryableError || error instanceof RpcError)) throw error;
        if (!signal.aborted) parts.log.warn({ err: error, tries }, "connection to the node ended");
      }
      if (parts.clock.monotonic() - since > STEADY_MS) tries = 0;
      await pause(waitBefore(tries, options, parts.random), signal);
    }
  };

  return {
    run,
    request: async (method, params, request) => {
      if (current === null) throw new RetryableError("disconnected", `${method}: not connected to the node`);
      return await current.request(method, params, request);
    },
    stats: () => ({ ...counts, connected: current !== null, reconnects: Math.max(0, connections - 1) }),
  };
}

/** A connection that held for so long was good: the next wait starts small again. */
const STEADY_MS = 5000;

/** Doubling with jitter between half and whole, so that a fleet does not return in one beat. */
function waitBefore(tries: number, options: RpcSocketOptions, random: () => number): number {
  const whole = Math.min(options.reconnectCapMs, options.reconnectFirstMs * 2 ** Math.min(tries, 20));
  return whole * (0.5 + random() / 2);
}

/** Runs the session, ends it with the connection, and closes the connection with it. */
async function live(connection: RpcConnection, session: RpcSession, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const ended = connection.closed.then((reason) => {
    const error = new RetryableError("disconnected", reason);
    over.abort(error);
    return error;
  });
  try {
    await session(connection, over.signal);
  } finally {
    connection.close("session over");
    await ended;
  }
  if (!signal.aborted) throw await ended;
}
