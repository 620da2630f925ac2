import type { DaemonStatus } from "../control/protocol.ts";
import type { Room } from "./room.ts";

/** All metrics as they stand, in Prometheus' text form. */
export async function metricsOf({ meters, feed, engine, ledger, owner, execution }: Room): Promise<string> {
  return await meters.read({
    feed: feed.stats(),
    taintedPools: engine.market.tainted.size,
    tooFar: engine.status.tooFar,
    ledgerBacklog: ledger.backlog(),
    halted: ledger.halted() !== null || owner.standstill() !== null,
    channels: execution?.status().channels ?? {},
  });
}

/** How the daemon stands, for whoever asks. */
export function statusOf({ engine, feed, config, owner, ledger, execution, parts }: Room): DaemonStatus {
  const { head, pools } = engine.market;
  const { openOpportunities, inFlight, pendingSeen } = engine.status;
  return {
    version: parts.version,
    mode: config.mode,
    chain: config.chain,
    phase: feed.stats().phase,
    block: head?.number ?? null,
    block_age_ms: head === null ? null : Math.max(0, parts.clock.now() - head.timestamp * 1000),
    pools: pools.size,
    open_opportunities: openOpportunities,
    in_flight: inFlight,
    paused: owner.paused(),
    halted: owner.halted() ?? ledger.halted(),
    pending_seen: pendingSeen,
    pending: feed.stats().pending,
    channels: execution?.status().channels ?? {},
    calibration: engine.calibration(),
  };
}
