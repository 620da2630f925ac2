import { isMissingMethod } from "../chain/missingMethod.ts";
import type { BlockRef, EmittedLog, PendingTransaction } from "../chain/types.ts";
import { createBoundedQueue } from "../lib/boundedQueue.ts";
import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { createTokenBucket } from "../lib/tokenBucket.ts";
import type { Asking } from "./headers.ts";
import { parseSimulatedLogs, parseTracedLogs } from "./foreseenLogs.ts";
import type { Heads } from "./heads.ts";
import { RpcError } from "./rpcError.ts";
import type { Timeline } from "./timeline.ts";

/** How a node tells what a transaction would do; `none`: it does not. */
export type ForesightMethod = "eth_simulateV1" | "debug_traceCall" | "none";

export interface ForesightOptions {
  /** Simulations a second, on average; a second's worth may come at once. */
  readonly perSecond: number;
  readonly atOnce: number;
  /** Transactions that wait; the oldest are shed first. */
  readonly queueLength: number;
  readonly timeoutMs: number;
}

export const foresightDefaults = { perSecond: 20, atOnce: 4, queueLength: 64, timeoutMs: 500 } as const;

export interface ForesightStats {
  readonly method: ForesightMethod;
  readonly answered: number;
  /** No answer, or none that can be read. */
  readonly failed: number;
  /** Too many, too late, or nobody to ask. */
  readonly dropped: number;
}

/** Simulations of what cannot be read, beside everything else: each ends in a `foreseen` event, or in none. */
export interface Foresight {
  ask(transaction: PendingTransaction, parent: BlockRef): void;
  /** Finds out what this node offers, and asks it from now on; until the signal aborts. */
  use(node: Asking, signal: AbortSignal): Promise<void>;
  stats(): ForesightStats;
}

interface ForesightParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly heads: Pick<Heads, "tip">;
  readonly timeline: Pick<Timeline, "emit">;
}

interface Question {
  readonly transaction: PendingTransaction;
  readonly parent: BlockRef;
}

interface Oracle {
  readonly method: ForesightMethod;
  /** Null: it reverts. Rejects as requests do, and with `TypeError` when the answer cannot be read. */
  logs(question: Question, timeoutMs: number): Promise<readonly EmittedLog[] | null>;
}

export function createForesight(options: ForesightOptions, parts: ForesightParts): Foresight {
  const { clock, heads, timeline } = parts;
  const waiting = createBoundedQueue<Question>(options.queueLength);
  const counts = { answered: 0, failed: 0, dropped: 0 };
  let oracle: Oracle | null = null;
  let underway = 0;
  const bucket = createTokenBucket(options.perSecond, options.perSecond, () => clock.monotonic());

  const answer = async (by: Oracle, question: Question): Promise<void> => {
    underway++;
    try {
      const logs = await by.logs(question, options.timeoutMs);
      counts.answered++;
      const { transaction, parent } = question;
      timeline.emit({ type: "foreseen", time: clock.now(), hash: transaction.hash, parent, logs });
    } catch (error) {
      if (!isNodeTrouble(error)) throw error;
      counts.failed++;
    } finally {
      underway--;
      pump();
    }
  };
  const pump = (): void => {
    while (underway < options.atOnce) {
      const next = waiting.shift();
      if (next === undefined) return;
      // What stands on an older block is asked for again by whoever still wants to know.
      if (oracle === null || heads.tip?.hash !== next.parent.hash || bucket.take(1) > 0) counts.dropped++;
      else void answer(oracle, next);
    }
  };

  return {
    ask: (transaction, parent) => {
      waiting.push({ transaction, parent });
      pump();
    },
    use: async (node, signal) => {
      oracle = await findOracle(node, options.timeoutMs);
      parts.log.info({ method: oracle?.method ?? "none" }, "foresight of opaque transactions");
      signal.addEventListener("abort", () => (oracle = null), { once: true });
      if (signal.aborted) oracle = null;
    },
    stats: () => ({ method: oracle?.method ?? "none", ...counts, dropped: counts.dropped + waiting.shed }),
  };
}

const isNodeTrouble = (error: unknown): boolean =>
  error instanceof RetryableError || error instanceof RpcError || error instanceof TypeError;

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

const callOf = ({ from, to, input, value, gas }: PendingTransaction): Record<string, string | null> => ({
  from,
  to,
  input,
  value: hex(value),
  gas: hex(gas),
});

const simulating = (node: Asking): Oracle => ({
  method: "eth_simulateV1",
  logs: async ({ transaction, parent }, timeoutMs) => {
    const payload = { blockStateCalls: [{ calls: [callOf(transaction)] }], validation: false };
    return parseSimulatedLogs(
      await node.request("eth_simulateV1", [payload, { blockHash: parent.hash }], { timeoutMs }),
    );
  },
});

const tracing = (node: Asking): Oracle => ({
  method: "debug_traceCall",
  logs: async ({ transaction, parent }, timeoutMs) => {
    const tracer = { tracer: "callTracer", tracerConfig: { withLog: true } };
    const params = [callOf(transaction), { blockHash: parent.hash }, tracer];
    return parseTracedLogs(await node.request("debug_traceCall", params, { timeoutMs }));
  },
});

/** A node that lacks a method says so; any other complaint about the empty question means that it is there. */
async function offers(node: Asking, method: string, timeoutMs: number): Promise<boolean> {
  try {
    await node.request(method, [], { timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof RpcError) return !isMissingMethod(error);
    if (error instanceof RetryableError) return false;
    throw error;
  }
}

async function findOracle(node: Asking, timeoutMs: number): Promise<Oracle | null> {
  for (const oracle of [simulating(node), tracing(node)])
    if (await offers(node, oracle.method, timeoutMs)) return oracle;
  return null;
}
