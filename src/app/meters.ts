import { rename, writeFile } from "node:fs/promises";
import type { Decision } from "../engine/decisions.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { ChannelCounts } from "../execution/channels/channel.ts";
import type { Stage } from "../execution/context.ts";
import type { FeedStats } from "../feed/feedStats.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What a reading looks at, at the moment it is taken. */
export interface MeterSources {
  readonly feed: FeedStats;
  readonly taintedPools: number;
  /** Pending transactions of which nothing was foretold, so far. */
  readonly tooFar: number;
  readonly ledgerBacklog: number;
  readonly halted: boolean;
  /** By channel: how many attempts to send ended how. */
  readonly channels: Readonly<Record<string, ChannelCounts>>;
}

/** Turns events and decisions into metrics; kept off every decision's way, after its answer is out. */
export interface Meters {
  /** `micros`: how long the engine took for it; `decisions`: how many it led to. */
  event(event: EngineEvent, micros: number, decisions: number): void;
  decision(decision: Decision): void;
  stage(stage: Stage, micros: number): void;
  /** From a trigger's frame to the bundle behind it on its way. */
  backrun(micros: number): void;
  /** Takes the gauges' readings and gives all metrics in Prometheus' text form. */
  read(sources: MeterSources): Promise<string>;
}

const STAGES = { simulated: "simulate", journaled: "journal", signed: "sign", answered: "submit" } as const;

export function createMeters(metrics: Metrics): Meters {
  let before: FeedStats | null = null;
  let channels: MeterSources["channels"] = {};
  let undone = 0;
  let tooFar = 0;
  return {
    event: (event, micros, decisions) => {
      if (event.type === "reverted") undone++;
      else if (undone > 0) {
        metrics.reorgDepthBlocks.observe(undone);
        undone = 0;
      }
      if (event.type === "committed") {
        metrics.headBlock.set(event.block.number);
        if (event.atHead) metrics.observeStage("block_to_decision", micros);
      }
      if (event.type === "pending" && decisions > 0) metrics.observeStage("pending_to_decision", micros);
      if (event.type === "outcome") metrics.fatesTotal.inc({ fate: event.fate });
    },
    decision: (decision) => {
      if (decision.type === "judged") metrics.opportunitiesTotal.inc({ outcome: decision.judged.code });
      if (decision.type === "prediction") metrics.predictionsTotal.inc({ verdict: decision.verdict });
    },
    stage: (stage, micros) => {
      if (stage !== "sent") metrics.observeStage(STAGES[stage], micros);
    },
    backrun: (micros) => metrics.observeStage("pending_to_submit", micros),
    read: async (sources) => {
      const { feed } = sources;
      metrics.headAgeSeconds.set(feed.lastHeadAgeMs / 1000);
      metrics.taintedPools.set(sources.taintedPools);
      metrics.ledgerBacklogRecords.set(sources.ledgerBacklog);
      metrics.halted.set(sources.halted ? 1 : 0);
      metrics.pendingTransactionsTotal.inc(feed.pending.told - (before?.pending.told ?? 0));
      metrics.pendingDroppedTotal.inc({ reason: "shed" }, feed.pending.shed - (before?.pending.shed ?? 0));
      metrics.pendingDroppedTotal.inc({ reason: "too_far" }, sources.tooFar - tooFar);
      tooFar = sources.tooFar;
      countForesight(metrics, before, feed);
      metrics.logGapsTotal.inc(feed.logs.unproven - (before?.logs.unproven ?? 0));
      countFrames(metrics, before, feed);
      metrics.reconnectsTotal.inc(feed.socket.reconnects - (before?.socket.reconnects ?? 0));
      before = feed;
      countSubmissions(metrics, channels, sources.channels);
      channels = sources.channels;
      return await metrics.registry.metrics();
    },
  };
}

function countFrames(metrics: Metrics, before: FeedStats | null, { logs }: FeedStats): void {
  metrics.logFramesTotal.inc({ decoder: "fast" }, logs.framesFast - (before?.logs.framesFast ?? 0));
  metrics.logFramesTotal.inc({ decoder: "general" }, logs.framesGeneral - (before?.logs.framesGeneral ?? 0));
}

function countForesight(metrics: Metrics, before: FeedStats | null, { foresight }: FeedStats): void {
  for (const result of ["answered", "failed", "dropped"] as const)
    metrics.foresightTotal.inc({ result }, foresight[result] - (before?.foresight[result] ?? 0));
}

function countSubmissions(
  metrics: Metrics,
  before: MeterSources["channels"],
  now: MeterSources["channels"],
): void {
  for (const [channel, counts] of Object.entries(now)) {
    for (const [result, count] of Object.entries(counts)) {
      const former = new Map(Object.entries(before[channel] ?? {})).get(result) ?? 0;
      metrics.submissionsTotal.inc({ channel, result }, count - former);
    }
  }
}

/** Replaces a file as a whole, for node_exporter's textfile collector; a full disk is told, and nothing else. */
export async function writeMetrics(path: string, text: string, log: Log): Promise<void> {
  const fresh = `${path}.tmp`;
  try {
    await writeFile(fresh, text);
    await rename(fresh, path);
  } catch (err) {
    log.warn({ err, path }, "metrics not written");
  }
}
