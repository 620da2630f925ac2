import type { Clock } from "../lib/clock.ts";
import type { BlockLogs } from "./blockLogs.ts";
import type { Foresight, ForesightStats } from "./foresight.ts";
import type { HeadTarget } from "./headTarget.ts";
import type { LogListener } from "./logListener.ts";
import type { NoticedLogs } from "./noticedLogs.ts";
import type { Pendings } from "./pendings.ts";
import type { Repairs } from "./repairs.ts";
import type { RpcSocket, RpcSocketStats } from "./rpcSocket.ts";
import type { FeedPhase, Timeline } from "./timeline.ts";
import type { Watchdog } from "./watchdog.ts";

/** Counts since the start; what a scrape turns into metrics. */
export interface FeedStats {
  readonly phase: FeedPhase;
  readonly socket: RpcSocketStats;
  /** Announcements. */
  readonly heads: { readonly told: number; readonly unreadable: number; readonly duplicates: number };
  readonly lastHeadAgeMs: number;
  readonly blocks: { readonly committed: number; readonly backfilled: number; readonly reverted: number };
  readonly gaps: number;
  readonly syncs: number;
  readonly logs: {
    /** Notifications and answers read in place, and those that took the general decoder. */
    readonly framesFast: number;
    readonly framesGeneral: number;
    readonly committed: number;
    /** Committed logs that the subscription did not tell. */
    readonly lost: number;
    /** Blocks in a row of which it told nothing. */
    readonly deafBlocks: number;
    readonly provenByBloom: number;
    readonly provenByAnswer: number;
    readonly unproven: number;
    readonly refusedAnswers: number;
    readonly contradicted: number;
    /** Pools named as tainted, summed over blocks. */
    readonly taints: number;
  };
  readonly pending: {
    readonly told: number;
    readonly duplicates: number;
    readonly unusable: number;
    readonly delivered: number;
    readonly shed: number;
    readonly starved: boolean;
  };
  readonly foresight: ForesightStats;
  readonly repairsWaiting: number;
}

interface Sources {
  readonly socket: RpcSocket;
  readonly clock: Clock;
  readonly target: HeadTarget;
  readonly timeline: Timeline;
  readonly blockLogs: BlockLogs;
  readonly listener: LogListener;
  readonly noticed: NoticedLogs;
  readonly pendings: Pendings;
  readonly foresight: Foresight;
  readonly repairs: Repairs;
  readonly watchdog: Watchdog;
}

export function feedStats(sources: Sources): FeedStats {
  const { clock, noticed } = sources;
  const { heads, unreadable, duplicates, lastHeadAt } = sources.target.stats;
  const { gaps, syncs, blocks, logs, backfilled, reverted, taints } = sources.timeline.stats;
  const { byBloom, byAnswer, unproven, refused, contradicted } = sources.blockLogs.stats;
  const notifications = sources.listener.stats;
  const { answers } = sources.blockLogs;
  return {
    phase: sources.timeline.phase,
    socket: sources.socket.stats(),
    heads: { told: heads, unreadable, duplicates },
    lastHeadAgeMs: clock.monotonic() - lastHeadAt,
    blocks: { committed: blocks, backfilled, reverted },
    gaps,
    syncs,
    logs: {
      framesFast: notifications.fast + answers.fast,
      framesGeneral: notifications.general + answers.general,
      committed: logs,
      lost: noticed.lost,
      deafBlocks: noticed.deafBlocks,
      provenByBloom: byBloom,
      provenByAnswer: byAnswer,
      unproven,
      refusedAnswers: refused,
      contradicted,
      taints,
    },
    pending: {
      ...sources.pendings.stats,
      shed: sources.pendings.shed,
      starved: sources.watchdog.starved,
    },
    foresight: sources.foresight.stats(),
    repairsWaiting: sources.repairs.waiting,
  };
}
