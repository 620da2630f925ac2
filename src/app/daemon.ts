import type { ChainRegistry } from "../chain/registry.ts";
import { openLedger } from "../ledger/ledger.ts";
import { pollBusily } from "./busyPoll.ts";
import type { Config } from "./config.ts";
import { buildDoors } from "./controlParts.ts";
import { lowerHelpers } from "./helperThreads.ts";
import { lockInstance } from "./instanceLock.ts";
import { writeMetrics } from "./meters.ts";
import { resolveMarket } from "./resolveMarket.ts";
import { metricsOf } from "./readings.ts";
import { furnish, type Blueprint, type DaemonParts, type Room } from "./room.ts";

export type { DaemonParts } from "./room.ts";

/**
 * Longest wait for the ledger's last batch when stopped. It takes milliseconds; but a disk that stands still for a
 * second is no reason to lose records. Less than what `config/` gives a service to end.
 */
const CLOSE_MS = 10_000;
/** How often the metrics file is written anew. */
const METRICS_MS = 5000;
/** How often a silent feed is asked for its excuse. */
const EXCUSE_MS = 1000;

/**
 * Runs until `signal` aborts; then stops its parts in reverse, with nothing lost: within two seconds, where the
 * ledger's disk does not stand still for longer. Throws `PlainError` with the exit code that says what to do.
 */
export async function runDaemon(
  config: Config,
  registry: ChainRegistry,
  parts: DaemonParts,
  signal: AbortSignal,
): Promise<void> {
  const blueprint = { config, registry, market: resolveMarket(config.market, registry), parts };
  const lock = lockInstance(config.ledger.path);
  // Before the ledger starts its writer, which is no helper: what it writes is waited for.
  parts.log.debug({ threads: lowerHelpers() }, "helper threads give way");
  try {
    await runWithLedger(blueprint, signal);
  } finally {
    lock.release();
  }
}

async function runWithLedger(blueprint: Blueprint, signal: AbortSignal): Promise<void> {
  const { config, registry, parts } = blueprint;
  const { log, clock } = parts;
  const ledger = openLedger({
    path: config.ledger.path,
    run: {
      mode: config.mode,
      chainId: config.chain,
      nativeSymbol: registry.native.symbol,
      version: parts.version,
      time: clock.now(),
    },
    onHalt: (reason) => log.error({ reason }, "ledger halted, nothing is sent"),
    onResume: () => log.info({}, "ledger writes again"),
  });
  try {
    const room = furnish(blueprint, ledger);
    const doors = buildDoors(room);
    const excuse = setInterval(() => excuseSilence(room), EXCUSE_MS);
    const metering = setInterval(() => void exportMetrics(room), METRICS_MS);
    const rest = config.busy_poll ? pollBusily() : null;
    try {
      await doors.start();
      await room.feed.run(signal);
    } finally {
      clearInterval(excuse);
      clearInterval(metering);
      rest?.();
      parts.service.stopping();
      await doors.stop();
      await room.execution?.stop();
      room.books.settle();
      await room.recorder?.close();
    }
    const { pendingSeen, cycles } = room.engine.status;
    const decisions = room.decisionHash?.digest() ?? null;
    const facts = { pendingSeen, cycles, decisions };
    ledger.record({ type: "event", time: clock.now(), kind: "stopped", facts });
  } finally {
    await ledger.close(clock.now(), AbortSignal.timeout(CLOSE_MS));
  }
}

/** While the node is away or the chain rests there is nothing to scan: no reason to be started again. */
function excuseSilence({ feed, parts }: Room): void {
  if (feed.stats().phase !== "live") parts.service.alive();
}

/** To the file that the configuration names, if it names one. Never rejects. */
async function exportMetrics(room: Room): Promise<void> {
  const { config, parts } = room;
  if (config.metrics.file !== "") await writeMetrics(config.metrics.file, await metricsOf(room), parts.log);
}
