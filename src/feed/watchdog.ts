import type { BlockHeader } from "../chain/types.ts";
import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { pause } from "./pause.ts";
import { latestHeader, type Asking } from "./headers.ts";
import type { Heads } from "./heads.ts";
import type { HeadTarget } from "./headTarget.ts";
import type { Pendings } from "./pendings.ts";
import type { Timeline } from "./timeline.ts";

export interface WatchdogOptions {
  /** No head for so long: the node is asked. */
  readonly headSilenceMs: number;
  readonly probeMs: number;
  readonly checkEveryMs: number;
}

interface WatchdogParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly heads: Heads;
  readonly target: HeadTarget;
  readonly timeline: Timeline;
  readonly pendings: Pendings;
  /** Frames read so far. */
  readonly framesRead: () => number;
}

/**
 * Tells apart what silence means: the node is frozen (it does not answer: another connection), its head
 * subscription is dead (it has newer blocks: another connection), or the chain itself rests (nothing is wrong with
 * the connection, yet old prices are no prices: `gap`).
 */
export interface Watchdog {
  readonly starved: boolean;
  /** Ends when the signal aborts; rejects with `RetryableError` when the connection is no good. */
  run(node: Asking, signal: AbortSignal): Promise<void>;
}

const SECOND = 1000;
/** Behind a flood of transactions an answer may be late; a silence of this many times the limit is none of that. */
const FLOOD_PATIENCE = 4;

export function createWatchdog(options: WatchdogOptions, parts: WatchdogParts): Watchdog {
  const { clock, heads, target, timeline, log } = parts;
  let starved = false;
  let rateCheckedAt = clock.monotonic();

  const ask = async (node: Asking): Promise<BlockHeader | null> => {
    const read = parts.framesRead();
    try {
      return await latestHeader(node, options.probeMs);
    } catch (error) {
      const flooded = parts.framesRead() > read;
      const patient = clock.monotonic() - target.stats.lastHeadAt < FLOOD_PATIENCE * options.headSilenceMs;
      if (flooded && patient && error instanceof RetryableError && error.code === "timeout") return null;
      throw error;
    }
  };
  const probe = async (node: Asking): Promise<void> => {
    const seen = target.stats.heads;
    const latest = await ask(node);
    const silent = target.stats.heads === seen;
    if (silent && latest !== null && heads.tip !== null && latest.number > heads.tip.number)
      throw new RetryableError("deaf_heads", "the node has newer blocks than it announces");
  };

  const checkRate = (): void => {
    if (clock.monotonic() - rateCheckedAt < SECOND) return;
    rateCheckedAt = clock.monotonic();
    const verdict = parts.pendings.checkRate();
    if (verdict.starved && !starved) log.warn({ ...verdict }, "pending transactions have dried up");
    if (!verdict.starved && starved) log.info({ ...verdict }, "pending transactions flow again");
    starved = verdict.starved;
  };

  return {
    get starved() {
      return starved;
    },
    run: async (node, signal) => {
      let quietSince = clock.monotonic();
      while (!signal.aborted) {
        await pause(options.checkEveryMs, signal);
        checkRate();
        if (heads.tip !== null && timeline.isStale(heads.tip)) timeline.gap("stale: no new block");
        quietSince = Math.max(quietSince, target.stats.lastHeadAt);
        if (signal.aborted || clock.monotonic() - quietSince < options.headSilenceMs) continue;
        await probe(node);
        quietSince = clock.monotonic();
      }
    },
  };
}
