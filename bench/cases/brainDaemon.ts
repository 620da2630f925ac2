import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lowerHelpers } from "../../src/app/helperThreads.ts";
import { createControl, type Control } from "../../src/control/control.ts";
import { controlSchema, type ControlConfig } from "../../src/control/options.ts";
import type { ControlPorts } from "../../src/control/ports.ts";
import type { Decision } from "../../src/engine/decisions.ts";
import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { refOf } from "../../src/engine/judging.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { LivingMarket } from "../market/types.ts";
import { benchEngineOptions, benchHeader, blockWith, POLYGON, syncedEvent } from "./pendingEngine.ts";
import { chainLog, logOf } from "./pendingMarket.ts";

/** Engine and control room of a daemon, in this process, on sockets in a folder of their own. */
export interface BrainDaemon {
  readonly engine: Engine;
  readonly control: Control;
  /** `hints.sock` */
  readonly socket: string;
  /** The next block of the market, with so many pools changed; answers the microseconds of the engine's step alone. */
  nextBlock(): number;
  stop(): Promise<void>;
}

/** No limit stands in the way. */
export const RAISED = {
  hints_per_second: 10_000_000,
  hints_burst: 10_000_000,
  routes_per_second: 10_000_000,
} as const satisfies Partial<ControlConfig>;

const CHANGES = 20;

export async function openDaemon(
  market: LivingMarket,
  limits: Partial<ControlConfig> = {},
): Promise<BrainDaemon> {
  lowerHelpers();
  const engine = createEngine(benchEngineOptions(market));
  const take = (event: EngineEvent): readonly Decision[] => {
    const decisions = engine.step(event);
    control.listener.onStep(event, decisions);
    // Every plan misses its block: nothing stays in flight.
    for (const decision of decisions) if (decision.type === "submit") take(missed(decision.intentId));
    return decisions;
  };
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-"));
  const dir = join(folder, "run");
  const { dir: _, ...defaults } = controlSchema.parse({});
  const options = { ...defaults, ...limits, dir, version: "0.0.0", publicChannel: false };
  const control = createControl(options, portsOf(market, engine, take), {
    clock: systemClock,
    log: silentLog,
  });
  let after = 0;
  take(syncedEvent(market));
  take(blockWith(++after));
  await control.start();
  return {
    engine,
    control,
    socket: join(dir, "hints.sock"),
    nextBlock: () => {
      const block = benchHeader(++after);
      const logs = market.nextBlock(CHANGES).changes.map(({ pool, state }, index) =>
        chainLog(market.pools[pool]?.address ?? "0x", logOf(state), {
          block,
          transaction: block.hash,
          index,
        }),
      );
      const event = blockWith(after, logs);
      const began = performance.now();
      const decisions = engine.step(event);
      const micros = (performance.now() - began) * 1000;
      control.listener.onStep(event, decisions);
      for (const decision of decisions) if (decision.type === "submit") take(missed(decision.intentId));
      // What it holds is told behind it.
      take({ type: "mined", time: 0, block: refOf(block), transactions: [] });
      return micros;
    },
    stop: async () => {
      await control.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const missed = (intentId: string): EngineEvent => ({
  type: "outcome",
  time: 0,
  intentId,
  fate: "missed",
  reason: "",
  block: null,
  transactionHash: null,
});

const nothing = (): void => undefined;

function portsOf(market: LivingMarket, engine: Engine, take: ControlPorts["take"]): ControlPorts {
  return {
    market: engine.market,
    tokens: new Map(market.tokens.map((token) => [token.address, token])),
    dexes: [...new Set(market.pools.map(({ dex }) => dex))],
    usd: POLYGON.usd,
    valuer: () => engine.valuer(),
    take,
    status: () => ({
      version: "0.0.0",
      mode: "live",
      chain: 137,
      phase: "live",
      block: engine.market.head?.number ?? null,
      block_age_ms: 0,
      pools: engine.market.pools.size,
      open_opportunities: engine.status.openOpportunities,
      in_flight: engine.status.inFlight,
      paused: null,
      halted: null,
    }),
    metrics: () => Promise.resolve(""),
    why: () => null,
    owner: {
      pause: nothing,
      resume: nothing,
      halt: nothing,
      reload: () => Promise.resolve({ taken: [], needsRestart: [] }),
      lower: nothing,
      approve: nothing,
    },
  };
}
