import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createControl, type Control } from "../../src/control/control.ts";
import { controlSchema, type ControlOptions } from "../../src/control/options.ts";
import type { LineLimits } from "../../src/control/lineServer.ts";
import type { ControlPorts } from "../../src/control/ports.ts";
import type { Decision } from "../../src/engine/decisions.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { systemClock, type Clock } from "../../src/lib/clock.ts";
import { silentLog, type Log } from "../../src/lib/log.ts";
import { address, committed, header, UNIT, USDC, v2Pool, v2State, WETH, WPOL } from "./marketFixture.ts";
import { seedStage, tokenOf, type StageEntry } from "./seedMarket.ts";

/** The control room over a real engine with a small market, on sockets in a folder of its own. */
export interface ControlStage {
  readonly control: Control;
  readonly engine: Engine;
  /** Events that the room asked for. */
  readonly asked: readonly EngineEvent[];
  /** What the owner's methods did, in words. */
  readonly owner: readonly string[];
  readonly dir: string;
  /** One event of the feed through engine and room. */
  readonly step: (event: EngineEvent) => readonly Decision[];
  /** The next block, without logs. */
  readonly block: () => readonly Decision[];
  stop(): Promise<void>;
}

export interface StageOptions {
  readonly options?: Partial<ControlOptions>;
  readonly limits?: Partial<LineLimits>;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly ports?: Partial<ControlPorts>;
  readonly entries?: readonly StageEntry[];
  readonly minProfit?: bigint;
}

/** WPOL > USDC > WETH > WPOL gains where `gain` is above 1.01; both pairs of WPOL have a second pool. */
export const triangle = (gain = 1.2): readonly StageEntry[] => {
  const depth = 1_000_000n * UNIT;
  const more = (depth * BigInt(Math.round(gain * 1000))) / 1000n;
  return [
    { pool: v2Pool(1, WPOL, USDC), state: v2State(depth, depth) },
    { pool: v2Pool(2, USDC, WETH), state: v2State(depth, depth) },
    { pool: v2Pool(3, WPOL, WETH), state: v2State(more, depth) },
    { pool: v2Pool(4, WPOL, USDC), state: v2State(depth, depth) },
    { pool: v2Pool(5, WPOL, WETH), state: v2State(depth, depth) },
  ];
};

export const TOKENS = [tokenOf(WPOL, "WPOL"), tokenOf(USDC, "USDC"), tokenOf(WETH, "WETH")];
export const DEXES = ["dex1", "dex2", "dex3", "dex4", "dex5"];

export function controlStage(settings: StageOptions = {}): ControlStage {
  const { clock = systemClock, log = silentLog } = settings;
  const stage = seedStage({
    tokens: TOKENS,
    dexes: DEXES,
    bases: [WPOL, USDC],
    usd: [USDC],
    entries: settings.entries ?? triangle(),
    ...(settings.minProfit !== undefined && { minProfit: settings.minProfit }),
  });
  const owner: string[] = [];
  const step = (event: EngineEvent): readonly Decision[] => {
    const decisions = stage.engine.step(event);
    control.listener.onStep(event, decisions);
    return decisions;
  };
  const asked: EngineEvent[] = [];
  const ports: ControlPorts = {
    ...stage.ports,
    take: (event) => {
      asked.push(event);
      return step(event);
    },
    status: () => ({
      version: "1.2.3",
      mode: "dry-run",
      chain: 137,
      phase: "live",
      block: stage.engine.market.head?.number ?? null,
      block_age_ms: 1,
      pools: stage.engine.market.pools.size,
      open_opportunities: stage.engine.status.openOpportunities,
      in_flight: stage.engine.status.inFlight,
      paused: null,
      halted: null,
    }),
    metrics: () => Promise.resolve("turbo_mev_head_block 2\n"),
    why: (id) => ({ id, profit: 10n ** 20n }),
    owner: {
      pause: (reason) => void owner.push(`pause ${reason}`),
      resume: (reason) => void owner.push(`resume ${reason}`),
      halt: (reason) => void owner.push(`halt ${reason}`),
      reload: () => Promise.resolve({ taken: ["profit"], needsRestart: [] }),
      lower: (limits) => void owner.push(`lower ${Object.keys(limits).join()}`),
      approve: (pool) => void owner.push(`approve ${pool}`),
    },
    ...settings.ports,
  };
  const root = mkdtempSync(join(tmpdir(), "turbo-mev-"));
  const dir = join(root, "run");
  const { dir: _, ...defaults } = controlSchema.parse({});
  const options = { ...defaults, dir, version: "1.2.3", publicChannel: false, ...settings.options };
  const limits = {
    lineBytes: 65_536,
    connections: 16,
    idleMs: 300_000,
    writeBytes: 1_048_576,
    ...settings.limits,
  };
  const control = createControl(options, ports, { clock, log, limits, checkResults: true });
  return {
    control,
    engine: stage.engine,
    asked,
    owner,
    dir,
    step,
    block: () => step(committed(header((stage.engine.market.head?.number ?? 0) + 1), [])),
    stop: async () => {
      await control.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The cycle of the market, as a brain names it. */
export const CYCLE = { path: ["WPOL", "USDC", "WETH", "WPOL"], dexes: ["dex1", "dex2", "dex3"] } as const;
export const BACKWARDS = { pools: [address(5), address(2), address(4)], start: WPOL } as const;

/** A client that reads lines. */
export interface LineClient {
  readonly socket: Socket;
  send(text: string | Buffer): void;
  /** The next line, parsed. Rejects when the connection is closed first. */
  next(): Promise<unknown>;
  /** Sends a request and waits for the next line. */
  ask(method: string, params?: unknown, id?: unknown): Promise<unknown>;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
}

export async function lineClient(path: string): Promise<LineClient> {
  const socket = connect({ path });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const lines: unknown[] = [];
  const waiting: { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }[] =
    [];
  let rest = "";
  let open = true;
  socket.on("error", () => undefined);
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const waiter = waiting.shift();
      if (waiter === undefined) lines.push(JSON.parse(part));
      else waiter.resolve(JSON.parse(part));
    }
  });
  const closed = new Promise<void>((resolve) =>
    socket.once("close", () => {
      open = false;
      for (const { reject } of waiting.splice(0)) reject(new Error("closed"));
      resolve();
    }),
  );
  const next = async (): Promise<unknown> =>
    await new Promise((resolve, reject) => {
      if (lines.length > 0) resolve(lines.shift());
      else if (open) waiting.push({ resolve, reject });
      else reject(new Error("closed"));
    });
  return {
    socket,
    closed,
    next,
    send: (text) => void socket.write(text),
    ask: async (method, params = {}, id = 1) => {
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
      return await next();
    },
  };
}
