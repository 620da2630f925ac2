import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import { createBooks } from "../../src/app/books.ts";
import { JOURNAL_DEPTH } from "../../src/app/engineOptions.ts";
import { recordsOf } from "../../src/app/ledgerRecords.ts";
import type { Hash } from "../../src/chain/types.ts";
import type { Decision, SubmitDecision } from "../../src/engine/decisions.ts";
import { createEngine } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { Execution } from "../../src/execution/execution.ts";
import { buildExecution, type ExecutionRoomParts } from "../../src/app/executionParts.ts";
import { createFeed, feedDefaults, type Feed, type FeedParts } from "../../src/feed/feed.ts";
import type { PoolLoader } from "../../src/feed/poolLoader.ts";
import { createRpcSocket, rpcSocketDefaults } from "../../src/feed/rpcSocket.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { onHandedOver } from "./handedOver.ts";
import { benchConfig, benchEngineOptions, POLYGON, syncedEvent, type BenchNode } from "./pendingEngine.ts";
import type { RestingMarket } from "./pendingMarket.ts";

export type Stage = Parameters<ExecutionRoomParts["onTiming"]>[0];

/** What is told of a plan behind a pending transaction; milliseconds on `systemClock.monotonic`. */
export interface PlanTimes {
  readonly trigger: Hash;
  /** The trigger's frame. */
  readonly receivedAt: number;
  readonly decidedAt: number;
  readonly stages: Map<Stage, number>;
  /** When its bundle was in the relay's socket; null: not yet. */
  handedAt: number | null;
}

export interface BenchDaemon {
  run(signal: AbortSignal): Promise<void>;
  readonly feed: Feed;
  /** By intent. */
  readonly plans: ReadonlyMap<string, Readonly<PlanTimes>>;
  /** How predictions held, and fates, by name; those of a second plan behind one trigger as `second …`. */
  readonly verdicts: ReadonlyMap<string, number>;
  readonly fates: ReadonlyMap<string, number>;
  /** Pending transactions behind which something was judged. */
  opened(): number;
}

export interface BenchDaemonOptions {
  readonly market: RestingMarket;
  readonly node: BenchNode;
  /** Null: decisions are made and nothing is sent. */
  readonly ledger: Ledger | null;
  readonly onEvent?: (event: EngineEvent) => void;
}

/** Whatever the time, the chain counts as fresh. */
const NEVER_STALE_MS = Number.MAX_SAFE_INTEGER;

const count = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

/**
 * The daemon's socket, feed, engine, execution and ledger, wired as `app/daemon` does, on a market whose pools are not
 * read from the chain.
 */
export function createBenchDaemon({ market, node, ledger, onEvent }: BenchDaemonOptions): BenchDaemon {
  const config = benchConfig(node);
  const clock = systemClock;
  const registry = { ...POLYGON, tokens: new Map(market.tokens.map((token) => [token.address, token])) };
  const options = benchEngineOptions(market, config);
  const engine = createEngine({ ...options, submits: ledger !== null });
  const socket = createRpcSocket(
    { ...rpcSocketDefaults, url: node.ws },
    { clock, log: silentLog, random: Math.random },
  );
  const plans = new Map<string, PlanTimes>();
  const [verdicts, fates] = [new Map<string, number>(), new Map<string, number>()];
  const books = createBooks();
  /** Plans that were to take the place of a first one behind the same trigger. */
  const second = new Set<string>();
  let execution: Execution | null = null;
  /** Whose bytes go to the relay next, or went last. */
  let leaving: PlanTimes | undefined;
  onHandedOver(node.relay, () => {
    if (leaving !== undefined) leaving.handedAt ??= clock.monotonic();
  });
  let opened = 0;

  const send = (decision: SubmitDecision, receivedAt: number): void => {
    const { intentId, plan } = decision;
    if (plan.trigger.type === "pending")
      plans.set(intentId, {
        trigger: plan.trigger.hash,
        receivedAt,
        decidedAt: clock.monotonic(),
        stages: new Map(),
        handedAt: null,
      });
    void execution?.submit(decision);
  };
  const keep = (decision: Decision, time: number): void => {
    if (decision.type === "prediction") {
      count(verdicts, decision.verdict);
      ledger?.record({ type: "prediction", time, prediction: decision });
    }
    if (decision.type !== "judged") return;
    const { judged, trigger, block } = decision;
    ledger?.record({ type: "judged", time, judged, trigger, block });
  };
  const take = (event: EngineEvent): void => {
    books.settle();
    const started = clock.monotonic();
    if (event.type === "committed") execution?.onBlock(event.block);
    if (event.type === "pending") execution?.onPending(event.transaction);
    if (event.type === "outcome")
      count(fates, second.has(event.intentId) ? `second ${event.fate}` : event.fate);
    const receivedAt = feed.receivedAt();
    const decisions = engine.step(event);
    if (event.type === "further")
      for (const decision of decisions) if (decision.type === "submit") second.add(decision.intentId);
    if (event.type === "pending" && decisions.length > 0) opened++;
    const micros = Math.round((clock.monotonic() - started) * 1000);
    for (const decision of decisions) if (decision.type === "submit") send(decision, receivedAt);
    const write = (): void => {
      for (const decision of decisions) keep(decision, event.time);
      if (ledger !== null) for (const record of recordsOf(event, registry, micros)) ledger.record(record);
      onEvent?.(event);
    };
    books.keep(write, decisions.some(({ type }) => type === "submit") ? "later" : "now");
    for (const decision of decisions)
      if (decision.type === "further")
        books.keep(() => {
          if (feed.head()?.hash === decision.parent.hash) take({ ...decision, time: clock.now() });
        }, "later");
  };
  const open = async (journal: Ledger["journal"]): Promise<void> => {
    execution = await buildExecution(config, POLYGON, {
      rpc: { request: socket.request },
      journal,
      clock,
      log: silentLog,
      feePpmOf: (pool) => engine.market.stateOf(pool)?.feePpm ?? 0,
      stopped: () => null,
      onOutcome: take,
      onTiming: (stage, micros, intentId) => {
        const plan = plans.get(intentId);
        plan?.stages.set(stage, micros);
        if (stage === "sent") leaving = plan;
      },
    });
    await execution?.recover();
  };
  const loader: PoolLoader = {
    load: async () => {
      if (ledger !== null && execution === null) await open(ledger.journal);
      return syncedEvent(market).pools;
    },
    read: () => Promise.resolve([]),
    nextFees: () => Promise.resolve([]),
  };
  const feed = openFeed({ socket, loader, clock, log: silentLog, onEvent: take });
  return {
    run: async (signal) => {
      await feed.run(signal);
      await execution?.stop();
    },
    feed,
    plans,
    verdicts,
    fates,
    opened: () => opened,
  };
}

const openFeed = (parts: FeedParts): Feed =>
  createFeed(
    {
      ...feedDefaults,
      chainId: POLYGON.chainId,
      topics: Object.values(POOL_TOPICS),
      journalDepth: JOURNAL_DEPTH,
      staleAfterMs: NEVER_STALE_MS,
    },
    parts,
  );
