import { isMissingMethod } from "../chain/missingMethod.ts";
import { blockOverrides, toQuantity } from "../chain/quantity.ts";
import type {
  Address,
  BlockHeader,
  BlockRef,
  EmittedLog,
  Hash,
  Hex,
  PendingTransaction,
} from "../chain/types.ts";
import { createBoundedQueue } from "../lib/boundedQueue.ts";
import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { createTokenBucket } from "../lib/tokenBucket.ts";
import { latestHeader, type Asking } from "./headers.ts";
import { pause } from "./pause.ts";
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
  /** Seconds from a block to the next, as expected. */
  readonly blockSeconds: number;
  /** A node that gave no clear answer to the question what it can do is asked again after so long, then twice as long. */
  readonly probeAgainMs: number;
}

export const foresightDefaults = {
  perSecond: 20,
  atOnce: 4,
  queueLength: 64,
  timeoutMs: 500,
  blockSeconds: 2,
  probeAgainMs: 5000,
} as const;

const MOST_PROBE_MS = 600_000;

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

type Call = Pick<PendingTransaction, "from" | "to" | "input" | "value" | "gas">;

/** Where a call is run: on whose state, in which block, and with what changed; the last two as geth names them. */
interface Place {
  readonly state: { readonly blockHash: Hash };
  readonly changes: {
    readonly blockOverrides: ReturnType<typeof blockOverrides>;
    readonly stateOverrides?: Readonly<Record<Address, { readonly code: Hex }>>;
  };
}

interface Oracle {
  readonly method: ForesightMethod;
  /** Null: it reverts. Rejects as requests do, and with `TypeError` when the answer cannot be read. */
  logs(call: Call, place: Place, timeoutMs?: number): Promise<readonly EmittedLog[] | null>;
}

interface Question {
  readonly transaction: PendingTransaction;
  readonly parent: BlockRef;
}

export function createForesight(options: ForesightOptions, parts: ForesightParts): Foresight {
  const { clock, heads, timeline } = parts;
  const waiting = createBoundedQueue<Question>(options.queueLength);
  const counts = { answered: 0, failed: 0, dropped: 0 };
  let oracle: Oracle | null = null;
  let underway = 0;
  const bucket = createTokenBucket(options.perSecond, options.perSecond, () => clock.monotonic());

  const answer = async (by: Oracle, { transaction, parent }: Question, tip: BlockHeader): Promise<void> => {
    underway++;
    try {
      const logs = await by.logs(transaction, nextOf(tip, options.blockSeconds), options.timeoutMs);
      counts.answered++;
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
      const { tip } = heads;
      // What stands on an older block is asked for again by whoever still wants to know.
      if (oracle === null || tip?.hash !== next.parent.hash || bucket.take(1) > 0) counts.dropped++;
      else void answer(oracle, next, tip);
    }
  };

  return {
    ask: (transaction, parent) => {
      waiting.push({ transaction, parent });
      pump();
    },
    use: async (node, signal) => {
      let found = await findOracle(node);
      for (let ms = options.probeAgainMs; found === "unclear"; ms = Math.min(2 * ms, MOST_PROBE_MS)) {
        parts.log.debug({ againInMs: ms }, "what the node simulates is not clear");
        await pause(ms, signal);
        if (signal.aborted) return;
        found = await findOracle(node);
      }
      oracle = found;
      parts.log.info({ method: oracle?.method ?? "none" }, "foresight of opaque transactions");
      signal.addEventListener("abort", () => (oracle = null), { once: true });
      if (signal.aborted) oracle = null;
    },
    stats: () => ({ method: oracle?.method ?? "none", ...counts, dropped: counts.dropped + waiting.shed }),
  };
}

const isNodeTrouble = (error: unknown): boolean =>
  error instanceof RetryableError || error instanceof RpcError || error instanceof TypeError;

/** The block on top of this one: there a pending transaction is mined, with that block's deadlines and fees. */
const nextOf = ({ hash, number, timestamp }: BlockHeader, blockSeconds: number): Place => ({
  state: { blockHash: hash },
  changes: { blockOverrides: blockOverrides(number + 1, timestamp + blockSeconds) },
});

const callOf = ({ from, to, input, value, gas }: Call): Record<string, string | null> => ({
  from,
  to,
  input,
  value: toQuantity(value),
  gas: toQuantity(gas),
});

const optionsOf = (timeoutMs: number | undefined) => (timeoutMs === undefined ? {} : { timeoutMs });

const simulating = (node: Asking): Oracle => ({
  method: "eth_simulateV1",
  logs: async (call, { state, changes }, timeoutMs) => {
    const block = { ...changes, calls: [callOf(call)] };
    const params = [{ blockStateCalls: [block], validation: false }, state];
    return parseSimulatedLogs(await node.request("eth_simulateV1", params, optionsOf(timeoutMs)));
  },
});

const tracing = (node: Asking): Oracle => ({
  method: "debug_traceCall",
  logs: async (call, { state, changes }, timeoutMs) => {
    const tracer = { tracer: "callTracer", tracerConfig: { withLog: true }, ...changes };
    return parseTracedLogs(
      await node.request("debug_traceCall", [callOf(call), state, tracer], optionsOf(timeoutMs)),
    );
  },
});

const NOBODY: Address = `0x${"0".repeat(40)}`;
/** An address without a contract, and code that logs the time of its block: TIMESTAMP PUSH1 0 PUSH1 0 LOG1. */
const CLOCK: Address = `0x${"c10c".repeat(10)}`;
const TELL_TIME: Hex = "0x4260006000a1";
/** Seconds after the newest block: no block that the node has or makes is of that time. */
const ODD_SECONDS = 4_242;

type Verdict = "yes" | "no" | "unclear";

/** JSON-RPC's for parameters that are not taken. */
const INVALID_PARAMS = -32602;

/** Whether the node said that it lacks the method, or does not take the block. */
const isRefusal = (error: unknown): boolean =>
  error instanceof RpcError && (error.code === INVALID_PARAMS || isMissingMethod(error));

/**
 * Whether a node simulates in the block that it is told to: it is asked, as it will be, what time it is. One that lacks
 * the method, refuses the block or passes over it would answer for another moment, if at all: it is not used.
 */
async function obeys(oracle: Oracle, tip: BlockHeader): Promise<Verdict> {
  const { state, changes } = nextOf(tip, ODD_SECONDS);
  const call: Call = { from: NOBODY, to: CLOCK, input: "0x", value: 0n, gas: 100_000n };
  const place = { state, changes: { ...changes, stateOverrides: { [CLOCK]: { code: TELL_TIME } } } };
  const time = `0x${changes.blockOverrides.time.slice(2).padStart(64, "0")}`;
  try {
    const logs = (await oracle.logs(call, place)) ?? [];
    return logs.some(({ topics }) => topics[0] === time) ? "yes" : "no";
  } catch (error) {
    if (!isNodeTrouble(error)) throw error;
    return isRefusal(error) ? "no" : "unclear";
  }
}

/** Null: the node offers nothing. `unclear`: it may, and had other troubles. */
async function findOracle(node: Asking): Promise<Oracle | "unclear" | null> {
  let isClear = true;
  try {
    const tip = await latestHeader(node);
    for (const oracle of [simulating(node), tracing(node)]) {
      const verdict = await obeys(oracle, tip);
      if (verdict === "yes") return oracle;
      isClear &&= verdict === "no";
    }
  } catch (error) {
    if (!isNodeTrouble(error)) throw error;
    return "unclear";
  }
  return isClear ? null : "unclear";
}
