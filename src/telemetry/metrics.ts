import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

type Stage =
  | "block_to_decision"
  | "pending_to_decision"
  | "pending_to_submit"
  | "simulate"
  | "journal"
  | "sign"
  | "submit";

const STAGE_BUCKETS = [
  25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1,
];

/** All metrics of the daemon, in base units. Labels have few values: never an address, a hash or an id. */
export interface Metrics extends ProcessMetrics {
  readonly registry: Registry;
  readonly buildInfo: Gauge<"version" | "node">;
  readonly headBlock: Gauge;
  readonly headAgeSeconds: Gauge;
  readonly stageDurationSeconds: Histogram<"stage">;
  readonly pendingTransactionsTotal: Counter;
  readonly pendingDroppedTotal: Counter<"reason">;
  readonly foresightTotal: Counter<"result">;
  readonly logGapsTotal: Counter;
  readonly logFramesTotal: Counter<"decoder">;
  readonly taintedPools: Gauge;
  readonly reconnectsTotal: Counter;
  readonly reorgDepthBlocks: Histogram;
  readonly opportunitiesTotal: Counter<"outcome">;
  readonly predictionsTotal: Counter<"verdict">;
  readonly submissionsTotal: Counter<"channel" | "result">;
  readonly fatesTotal: Counter<"fate">;
  readonly halted: Gauge;
  readonly ledgerBacklogRecords: Gauge;
  /** Records a stage's duration, measured in microseconds. */
  readonly observeStage: (stage: Stage, micros: number) => void;
}

/** A registry of its own: two of them live in one process without meeting. */
export function createMetrics(build: { readonly version: string }): Metrics {
  const registry = new Registry();
  const make = makers(registry);
  const stageDurationSeconds = make.histogram(
    "stage_duration_seconds",
    "Time that a stage took",
    STAGE_BUCKETS,
    "stage",
  );
  const buildInfo = make.gauge("build_info", "Always 1; what is running", "version", "node");
  buildInfo.set({ version: build.version, node: process.version }, 1);
  return {
    registry,
    buildInfo,
    ...feedMetrics(make),
    ...tradeMetrics(make),
    ...stateMetrics(make),
    ...watchProcess(registry),
    stageDurationSeconds,
    observeStage: (stage, micros) => stageDurationSeconds.observe({ stage }, micros / 1e6),
  };
}

interface Makers {
  readonly gauge: <L extends string = never>(name: string, help: string, ...labels: L[]) => Gauge<L>;
  readonly counter: <L extends string = never>(name: string, help: string, ...labels: L[]) => Counter<L>;
  readonly histogram: <L extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    ...labels: L[]
  ) => Histogram<L>;
}

const PREFIX = "turbo_mev_";

function makers(registry: Registry): Makers {
  const registers = [registry];
  return {
    gauge: (name, help, ...labelNames) => new Gauge({ name: PREFIX + name, help, labelNames, registers }),
    counter: (name, help, ...labelNames) => new Counter({ name: PREFIX + name, help, labelNames, registers }),
    histogram: (name, help, buckets, ...labelNames) =>
      new Histogram({ name: PREFIX + name, help, buckets, labelNames, registers }),
  };
}

const feedMetrics = ({ gauge, counter, histogram }: Makers) => ({
  headBlock: gauge("head_block", "Number of the last block taken in"),
  headAgeSeconds: gauge("head_age_seconds", "Age of the last block by its own timestamp"),
  pendingTransactionsTotal: counter("pending_transactions_total", "Pending transactions received"),
  pendingDroppedTotal: counter(
    "pending_dropped_total",
    "Pending transactions dropped: shed unread, or too_far to be foretold",
    "reason",
  ),
  foresightTotal: counter("foresight_total", "Simulations of what cannot be read, by their end", "result"),
  logGapsTotal: counter("log_gaps_total", "Blocks whose logs could not be proven complete at once"),
  logFramesTotal: counter("log_frames_total", "Frames with logs by the decoder that read them", "decoder"),
  taintedPools: gauge("tainted_pools", "Pools whose state is in doubt: nothing is sent on them"),
  reconnectsTotal: counter("reconnects_total", "Times the node's connection was made again"),
  reorgDepthBlocks: histogram(
    "reorg_depth_blocks",
    "Blocks undone by a reorganisation",
    [1, 2, 3, 5, 8, 16, 64, 256],
  ),
});

const tradeMetrics = ({ counter }: Makers) => ({
  opportunitiesTotal: counter("opportunities_total", "Opportunities by how they ended", "outcome"),
  predictionsTotal: counter(
    "predictions_total",
    "Predictions for pending transactions by how they held when mined",
    "verdict",
  ),
  submissionsTotal: counter("submissions_total", "Attempts to hand over a transaction", "channel", "result"),
  fatesTotal: counter("fates_total", "Intents by their final fate", "fate"),
});

const stateMetrics = ({ gauge }: Makers) => ({
  halted: gauge("halted", "1 while nothing may be sent"),
  ledgerBacklogRecords: gauge("ledger_backlog_records", "Records that wait to be written"),
});

interface ProcessMetrics {
  readonly eventLoopLagSeconds: Gauge;
  readonly residentMemoryBytes: Gauge;
  /** Ends the event loop's measurement. */
  readonly stop: () => void;
}

/** Both are read when they are asked for; the lag is what goes beyond the timer's own resolution. */
function watchProcess(registry: Registry): ProcessMetrics {
  const resolution = 10;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const registers = [registry];
  return {
    eventLoopLagSeconds: new Gauge({
      name: `${PREFIX}eventloop_lag_seconds`,
      help: "99th percentile of the event loop's lag since the last scrape",
      registers,
      collect() {
        this.set(Math.max(0, delay.percentile(99) / 1e9 - resolution / 1e3));
        delay.reset();
      },
    }),
    residentMemoryBytes: new Gauge({
      name: `${PREFIX}resident_memory_bytes`,
      help: "Resident memory of the process",
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    }),
    stop: () => void delay.disable(),
  };
}
