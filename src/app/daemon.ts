import type { ChainRegistry } from "../chain/registry.ts";
import type { Address } from "../chain/types.ts";
import type { Decision, SubmitDecision } from "../engine/decisions.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { Execution } from "../execution/execution.ts";
import type { Feed } from "../feed/feed.ts";
import { createRecorder, type Recorder } from "../feed/recorder.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { openLedger, type Ledger } from "../ledger/ledger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createBackrunClock, type BackrunClock } from "./backrunClock.ts";
import type { Config } from "./config.ts";
import { createDecisionHash, type DecisionHash } from "./decisionHash.ts";
import { engineOptionsOf } from "./engineOptions.ts";
import { buildExecution } from "./executionParts.ts";
import { buildFeed } from "./feedParts.ts";
import { createHintRecords, type HintRecords } from "./hintRecords.ts";
import { lockInstance } from "./instanceLock.ts";
import { createMeters, writeMetrics, type Meters } from "./meters.ts";
import { recordsOf } from "./ledgerRecords.ts";
import { resolveMarket, type ResolvedMarket } from "./resolveMarket.ts";
import type { ServiceManager } from "./serviceManager.ts";

export interface DaemonParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly service: ServiceManager;
  readonly version: string;
}

/** Longest one step may search before it answers with what it has. */
const STEP_BUDGET_MS = 250;
/** Longest wait for the ledger's last batch when stopped. */
const CLOSE_MS = 800;
/** How often the metrics file is written anew. */
const METRICS_MS = 5000;
/** How often a silent feed is asked for its excuse. */
const EXCUSE_MS = 1000;

/**
 * Runs until `signal` aborts; then stops its parts in reverse, within two seconds and with nothing lost. Throws
 * `PlainError` with the exit code that says what to do.
 */
export async function runDaemon(
  config: Config,
  registry: ChainRegistry,
  parts: DaemonParts,
  signal: AbortSignal,
): Promise<void> {
  const blueprint = { config, registry, market: resolveMarket(config.market, registry), parts };
  const lock = lockInstance(config.ledger.path);
  try {
    await runWithLedger(blueprint, signal);
  } finally {
    lock.release();
  }
}

/** What the parts are made from. */
interface Blueprint {
  readonly config: Config;
  readonly registry: ChainRegistry;
  readonly market: ResolvedMarket;
  readonly parts: DaemonParts;
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
    const excuse = setInterval(() => excuseSilence(room), EXCUSE_MS);
    const metering = setInterval(() => void exportMetrics(room), METRICS_MS);
    try {
      await room.feed.run(signal);
    } finally {
      clearInterval(excuse);
      clearInterval(metering);
      parts.service.stopping();
      await room.execution?.stop();
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

/** The wired parts; `execution` comes with the first connection and stays null in `observe`. */
interface Room {
  readonly config: Config;
  readonly registry: ChainRegistry;
  readonly parts: DaemonParts;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly feed: Feed;
  readonly recorder: Recorder | null;
  /** Kept only while recording: to compare the run with its replay. */
  readonly decisionHash: DecisionHash | null;
  readonly meters: Meters;
  readonly backrunClock: BackrunClock;
  readonly hintRecords: HintRecords;
  execution: Execution | null;
  ready: boolean;
}

/** While the node is away or the chain rests there is nothing to scan: no reason to be started again. */
function excuseSilence({ feed, parts }: Room): void {
  if (feed.stats().phase !== "live") parts.service.alive();
}

/** To the file that the configuration names, if it names one. Never rejects. */
async function exportMetrics({
  config,
  meters,
  feed,
  engine,
  execution,
  ledger,
  parts,
}: Room): Promise<void> {
  if (config.metrics.file === "") return;
  const text = await meters.read({
    feed: feed.stats(),
    taintedPools: engine.market.tainted.size,
    ledgerBacklog: ledger.backlog(),
    halted: ledger.halted() !== null,
    channels: execution?.status().channels ?? {},
  });
  await writeMetrics(config.metrics.file, text, parts.log);
}

function furnish({ config, registry, market, parts }: Blueprint, ledger: Ledger): Room {
  const { clock, log } = parts;
  const engine = createEngine(engineOptionsOf(config, registry, market));
  const meters = createMeters(createMetrics({ version: parts.version }));
  const recorder =
    config.recorder.path === ""
      ? null
      : createRecorder({ folder: config.recorder.path, chainId: config.chain }, { clock, log });
  const feed = buildFeed(config, registry, market, {
    clock,
    log,
    onEvent: (event) => {
      take(room, event);
    },
    beforeFirstLoad: async (socket) => {
      room.execution = await buildExecution(config, registry, {
        rpc: { request: socket.request },
        journal: ledger.journal,
        clock,
        log,
        feePpmOf: (pool) => feePpmOf(engine, pool),
        onOutcome: (event) => {
          take(room, event);
        },
        onTiming: (stage, micros, intentId) => {
          meters.stage(stage, micros);
          log.debug({ stage, micros, intentId }, "execution stage");
          if (stage === "sent") noteSent(room, intentId);
        },
      });
      await room.execution?.recover();
    },
  });
  const room: Room = {
    config,
    registry,
    parts,
    ledger,
    engine,
    feed,
    recorder,
    decisionHash: recorder === null ? null : createDecisionHash(),
    meters,
    backrunClock: createBackrunClock(clock),
    hintRecords: createHintRecords(),
    execution: null,
    ready: false,
  };
  return room;
}

function feePpmOf({ market }: Engine, pool: Address): number {
  const state = market.stateOf(pool);
  if (state === null) throw new Error(`pool ${pool} has no state`);
  return state.feePpm;
}

/** One event through the engine; its decisions go where they belong. */
function take(room: Room, event: EngineEvent): void {
  const { clock, service, log } = room.parts;
  const started = clock.monotonic();
  room.recorder?.write(event);
  if (event.type === "committed") room.execution?.onBlock(event.block);
  if (event.type === "reverted") room.execution?.onReverted(event.block);
  if (event.type === "pending") room.execution?.onPending(event.transaction);
  const receivedAt = room.feed.receivedAt();
  const decisions = room.engine.step(event, () => clock.monotonic() - started > STEP_BUDGET_MS);
  const micros = Math.round((clock.monotonic() - started) * 1000);
  // Before anything is sent: a refusal comes back as the next event while this one is still carried out.
  room.decisionHash?.add(decisions);
  room.backrunClock.decided(event, receivedAt, decisions);
  // What is to be sent goes first; the books are written after it is on its way.
  for (const decision of decisions) if (decision.type === "submit") send(room, decision);
  for (const decision of decisions) carryOut(room, decision, event.time);
  for (const record of recordsOf(event, room.registry, micros)) room.ledger.record(record);
  for (const record of room.hintRecords.of(event, decisions)) room.ledger.record(record);
  room.meters.event(event, micros, decisions.length);
  tell(room, event, micros);
  service.alive();
  if (!room.ready && event.type === "committed" && event.atHead) {
    room.ready = true;
    const { cycles } = room.engine.status;
    log.info({ block: event.block.number, pools: room.engine.market.pools.size, cycles }, "ready");
    service.ready(`${room.config.mode} on ${room.registry.name}, block ${event.block.number}`);
  }
}

function noteSent({ backrunClock, ledger, meters, parts }: Room, intentId: string): void {
  const sent = backrunClock.sent(intentId);
  if (sent === null) return;
  if (sent.micros !== null) meters.backrun(sent.micros);
  ledger.record({ type: "backrun", time: parts.clock.now(), ...sent });
}

/** A halted ledger could not say afterwards why we traded: nothing is sent, and the engine is told. */
function send(room: Room, decision: SubmitDecision): void {
  const { ledger, execution, parts } = room;
  const halted = ledger.halted();
  if (halted === null) {
    void execution?.submit(decision);
    return;
  }
  take(room, {
    type: "outcome",
    time: parts.clock.now(),
    intentId: decision.intentId,
    fate: "rejected",
    reason: `halted: ${halted}`,
    block: null,
    transactionHash: null,
  });
}

function carryOut({ ledger, feed, meters, parts }: Room, decision: Decision, time: number): void {
  meters.decision(decision);
  switch (decision.type) {
    case "judged": {
      const { judged, trigger, block } = decision;
      ledger.record({ type: "judged", time, judged, trigger, block });
      return;
    }
    case "quarantine": {
      const { cycleId, reason, block } = decision;
      ledger.record({ type: "quarantine", time, cycleId, reason, block });
      return;
    }
    case "prediction":
      ledger.record({ type: "prediction", time, prediction: decision });
      return;
    case "foresee":
      feed.foresee(decision.transaction, decision.parent);
      return;
    case "repair":
      feed.repair(decision.pools);
      return;
    case "resync":
      parts.log.warn({ reason: decision.reason }, "loading everything anew");
      feed.resync(decision.reason);
      return;
    case "submit":
    case "hint":
    case "hint_trial":
  }
}

function tell({ engine, parts: { log } }: Room, event: EngineEvent, micros: number): void {
  if (event.type === "outcome") {
    const { intentId, fate, reason, block } = event;
    log.info({ intentId, fate, reason, block }, "outcome");
  }
  if (event.type === "committed") {
    const { lastLooked: looked, openOpportunities: open } = engine.status;
    log.debug({ block: event.block.number, logs: event.logs.length, looked, open, micros }, "block");
  }
}
