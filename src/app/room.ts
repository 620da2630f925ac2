import type { ChainRegistry } from "../chain/registry.ts";
import type { Address } from "../chain/types.ts";
import type { ControlListener } from "../control/ports.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import type { Execution } from "../execution/execution.ts";
import type { Feed } from "../feed/feed.ts";
import { createRecorder, type Recorder } from "../feed/recorder.ts";
import type { RpcRequest } from "../feed/rpcConnection.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createBackrunClock, type BackrunClock } from "./backrunClock.ts";
import { createBooks, type Books } from "./books.ts";
import type { Config } from "./config.ts";
import { createDecisionHash, type DecisionHash } from "./decisionHash.ts";
import { engineOptionsOf } from "./engineOptions.ts";
import { buildExecution } from "./executionParts.ts";
import { buildFeed } from "./feedParts.ts";
import { createHintRecords, type HintRecords } from "./hintRecords.ts";
import { createMeters, type Meters } from "./meters.ts";
import { createOwner, type Owner } from "./owner.ts";
import type { ResolvedMarket } from "./resolveMarket.ts";
import type { ServiceManager } from "./serviceManager.ts";
import { noteSent, stoppedBy, take } from "./steps.ts";

export interface DaemonParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly service: ServiceManager;
  readonly version: string;
  /** Where runtime folders are told. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads the configuration again. Throws `PlainError` as at the start. */
  readonly loadConfig: () => Config;
  readonly setLogLevel: (level: Config["log"]["level"]) => void;
}

/** What the parts are made from. */
export interface Blueprint {
  readonly config: Config;
  readonly registry: ChainRegistry;
  readonly market: ResolvedMarket;
  readonly parts: DaemonParts;
}

/** The wired parts; `execution` comes with the first connection and stays null in `observe`. */
export interface Room {
  readonly config: Config;
  readonly registry: ChainRegistry;
  readonly market: ResolvedMarket;
  readonly parts: DaemonParts;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly feed: Feed;
  readonly recorder: Recorder | null;
  /** Kept only while recording: to compare the run with its replay. */
  readonly decisionHash: DecisionHash | null;
  readonly meters: Meters;
  readonly backrunClock: BackrunClock;
  readonly books: Books;
  readonly hintRecords: HintRecords;
  readonly owner: Owner;
  /** Are told of every step, last of all. */
  readonly listeners: ControlListener[];
  execution: Execution | null;
  ready: boolean;
}

export function furnish({ config, registry, market, parts }: Blueprint, ledger: Ledger): Room {
  const { clock, log } = parts;
  const engine = createEngine(engineOptionsOf(config, registry, market));
  const meters = createMeters(createMetrics({ version: parts.version }));
  const recorder =
    config.recorder.path === ""
      ? null
      : createRecorder({ folder: config.recorder.path, chainId: config.chain }, { clock, log });
  const { feed, letIn } = buildFeed(config, registry, market, {
    clock,
    log,
    onEvent: (event) => {
      take(room, event);
    },
    beforeFirstLoad: async ({ request }) => {
      room.execution = await buildExecution(config, registry, executionParts(room, request));
      // The owner may have spoken before the node did.
      room.execution?.limit(owner.limits());
      await room.execution?.recover();
    },
  });
  const owner = createOwner(config, {
    ...parts,
    journal: ledger.journal,
    limit: (limits) => {
      take(room, { type: "limits", time: clock.now(), ...limits });
      room.execution?.limit(limits);
    },
    letIn: (pool) => {
      letIn(pool);
      feed.resync("a pool was let in");
    },
  });
  const room: Room = {
    config,
    registry,
    market,
    parts,
    ledger,
    engine,
    feed,
    recorder,
    decisionHash: recorder === null ? null : createDecisionHash(),
    meters,
    backrunClock: createBackrunClock(clock),
    books: createBooks(),
    hintRecords: createHintRecords(),
    owner,
    listeners: [],
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

function executionParts(room: Room, request: RpcRequest): Parameters<typeof buildExecution>[2] {
  const { engine, ledger, meters, parts } = room;
  const { clock, log } = parts;
  return {
    rpc: { request },
    journal: ledger.journal,
    clock,
    log,
    feePpmOf: (pool) => feePpmOf(engine, pool),
    stopped: () => stoppedBy(room),
    onOutcome: (event) => {
      take(room, event);
    },
    onTiming: (stage, micros, intentId) => {
      meters.stage(stage, micros);
      log.debug({ stage, micros, intentId }, "execution stage");
      if (stage === "sent") noteSent(room, intentId);
    },
  };
}
