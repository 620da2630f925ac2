import type { Address, BlockHeader, Hash } from "../chain/types.ts";
import type { FeedEvent, NextFee, SyncedEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { ProvenLogs } from "./blockLogs.ts";
import type { Heads } from "./heads.ts";

/**
 * Where the feed stands towards its reader: `starting` before the first `synced`, `live` when the last block told
 * is the chain's newest, `gap` after the thread was lost.
 */
export type FeedPhase = "starting" | "live" | "gap";

/** The one way out. The chain that we hold and the events that we told never differ. */
export interface Timeline {
  readonly phase: FeedPhase;
  readonly stats: Readonly<TimelineStats>;
  sync(block: BlockHeader, pools: SyncedEvent["pools"]): void;
  /** Undoes the blocks above, newest first. */
  rewindTo(ancestor: Hash): void;
  commit(block: BlockHeader, found: ProvenLogs & { readonly fees: readonly NextFee[] }, seen: Sighting): void;
  /** Said once, however often the thread is lost before it is found again. */
  gap(reason: string): void;
  emit(event: FeedEvent): void;
  /** Too old to act on: the header's own time is further back than the operator allows. */
  isStale(block: BlockHeader): boolean;
}

/** `newest`: nothing above it was announced. `time`: of its announcement, or of now for a block that was fetched. */
export interface Sighting {
  readonly newest: boolean;
  readonly time: number;
}

interface TimelineStats {
  gaps: number;
  syncs: number;
  blocks: number;
  logs: number;
  backfilled: number;
  reverted: number;
  /** Pools named as tainted, summed over blocks. */
  taints: number;
}

interface TimelineParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly heads: Heads;
  readonly onEvent: (event: FeedEvent) => void;
}

export function createTimeline(options: { readonly staleAfterMs: number }, parts: TimelineParts): Timeline {
  const { clock, heads, log, onEvent } = parts;
  const stats: TimelineStats = {
    gaps: 0,
    syncs: 0,
    blocks: 0,
    logs: 0,
    backfilled: 0,
    reverted: 0,
    taints: 0,
  };
  let phase: FeedPhase = "starting";

  const isStale = (block: BlockHeader): boolean =>
    clock.now() - block.timestamp * 1000 > options.staleAfterMs;

  const gap = (reason: string): void => {
    if (phase !== "live") return;
    phase = "gap";
    stats.gaps++;
    // Being stopped is nothing to warn of.
    log[reason === "stopped" ? "info" : "warn"]({ reason }, "the feed lost the thread");
    onEvent({ type: "gap", time: clock.now(), reason });
  };

  return {
    get phase() {
      return phase;
    },
    stats,
    isStale,
    gap,
    emit: onEvent,
    sync: (block, pools) => {
      heads.reset(block);
      stats.syncs++;
      phase = "live";
      log.info({ block: block.number, pools: pools.length }, "pools loaded");
      onEvent({ type: "synced", time: clock.now(), block, pools });
    },
    rewindTo: (ancestor) => {
      for (const { number, hash } of heads.rewindTo(ancestor)) {
        stats.reverted++;
        onEvent({ type: "reverted", time: clock.now(), block: { number, hash } });
      }
    },
    commit: (block, { logs, tainted, fees }, { newest, time }) => {
      heads.push(block);
      count(stats, { logs: logs.length, tainted, newest });
      const stale = isStale(block);
      const atHead = newest && !stale;
      if (atHead) phase = "live";
      onEvent({ type: "committed", time, block, logs, tainted, fees, atHead });
      if (newest && stale) gap("stale: the newest block of the node is too old");
    },
  };
}

function count(
  stats: TimelineStats,
  { logs, tainted, newest }: { logs: number; tainted: readonly Address[]; newest: boolean },
): void {
  stats.blocks++;
  stats.logs += logs;
  stats.taints += tainted.length;
  if (!newest) stats.backfilled++;
}
