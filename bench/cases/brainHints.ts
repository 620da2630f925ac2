import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { BenchContext } from "../harness/case.ts";
import { multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { summarise } from "../harness/stats.ts";
import type { PresetName } from "../market/generate.ts";
import type { LivingMarket } from "../market/types.ts";
import { runPusher, runPython, type PushCounts } from "./brainClients.ts";
import { openDaemon, type BrainDaemon } from "./brainDaemon.ts";
import type { BrainRoute } from "./brainRoutes.ts";

const BATCH = 100;
const DEPTH = 8;
/** Names that take turns: the second hint of a name replaces the first, so that there is always room for more. */
const NAMES = 5_000;
const PYTHON_NAMES = 2_000;

interface Door {
  readonly market: LivingMarket;
  readonly daemon: BrainDaemon;
  readonly routes: readonly BrainRoute[];
  readonly python: boolean;
}

interface BenchHint {
  readonly id: string;
  readonly path: readonly string[];
  readonly dexes: readonly string[];
  readonly score: number;
  readonly ttl_ms: number;
}

const hintOf = ({ said: { path, dexes } }: BrainRoute, name: string, ttlMs = 60_000): BenchHint => ({
  id: name,
  path,
  dexes,
  score: 0.5,
  ttl_ms: ttlMs,
});

function batchesOf(hints: readonly BenchHint[]): (readonly BenchHint[])[] {
  return Array.from({ length: Math.floor(hints.length / BATCH) }, (_, i) =>
    hints.slice(i * BATCH, (i + 1) * BATCH),
  );
}

const perSecond = ({ accepted, seconds }: PushCounts): number => accepted / seconds;

export async function hintRows(context: BenchContext, door: Door): Promise<readonly Row[]> {
  const { daemon, market, routes, python } = door;
  const seconds = context.quick ? 0.05 : 1;
  const hints = routes.slice(0, NAMES).map((route, i) => hintOf(route, `n${i}`));
  const job = { connections: 1, batches: batchesOf(hints), seconds, depth: DEPTH };
  const ours = await runPusher({ ...job, socket: daemon.socket });
  const plain = await withEcho(`${daemon.socket}.echo`, (socket) => runPusher({ ...job, socket }));
  const name = (client: string): string => `hints accepted from ${client}, ${market.name}`;
  context.check(
    "every hint of the Node client is accepted",
    ours.accepted === ours.answered * BATCH && ours.sent === ours.answered,
    JSON.stringify(ours),
  );
  const row = {
    unit: "1/s",
    reference: "a server that parses and answers, and does nothing",
    referenceValue: perSecond(plain),
    bar: "value >= 50000",
  } as const;
  const rows = [
    multipleRow({
      ...row,
      name: name("Node"),
      value: perSecond(ours),
      note: `batches of ${BATCH}, ${DEPTH} on their way; ${Math.min(NAMES, hints.length)} names, each hint replaces the one of its name`,
    }),
  ];
  if (!python || context.quick) return rows;
  const pushed = hints.slice(0, PYTHON_NAMES).map((hint) => ({ ...hint, id: `p${hint.id}` }));
  const told = await runPython("hints", { socket: daemon.socket, hints: pushed, seconds });
  context.check("every hint of the Python client is accepted", told.accepted === told.count);
  rows.push(
    multipleRow({
      ...row,
      name: name("Python"),
      value: told.perSecond,
      note: `pushes of ${pushed.length}, which the client sends in parts of up to 200; its own encoding and decoding counted`,
    }),
  );
  return rows;
}

/** The floor: JSON in, JSON out. */
async function withEcho<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    createInterface({ input: socket }).on("line", (line) => {
      const { id, params } = JSON.parse(line);
      const verdicts = params.hints.map((hint: { readonly id: string }) => ({
        id: hint.id,
        verdict: "accepted",
      }));
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: { verdicts } })}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    return await use(path);
  } finally {
    server.close();
  }
}

const FLOOD_CONNECTIONS = 4;
/** Requests a second and connection: 100,000 hints a second together. */
const FLOOD_REQUESTS = 250;
const STEP_EVERY_MS = 4;
/** Of the flood, before and behind the steps that are counted. */
const [SETTLE_MS, QUICK_SETTLE_MS] = [300, 120] as const;

/** Steps of the engine for so long, with everything else of the process in between. */
async function steps(daemon: BrainDaemon, seconds: number): Promise<readonly number[]> {
  const micros: number[] = [];
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    micros.push(daemon.nextBlock());
    await pause(STEP_EVERY_MS);
  }
  return micros;
}

/** At the default limits: what 100,000 hints a second do to the engine's own steps. */
export async function floodRows(
  context: BenchContext,
  preset: PresetName,
  routes: readonly BrainRoute[],
): Promise<readonly Row[]> {
  const [seconds, settleMs] = context.quick ? [0.06, QUICK_SETTLE_MS] : [2.5, SETTLE_MS];
  // A quick run is over before the default burst is used up.
  const daemon = await openDaemon(context.market(preset), context.quick ? { hints_burst: 1_000 } : {});
  try {
    const hints = Array.from({ length: 10_000 }, (_, i) => routes[i % routes.length]).flatMap((route, i) =>
      route === undefined ? [] : hintOf(route, `f${i}`, 5_000),
    );
    await steps(daemon, seconds / 2);
    context.collect();
    const without = summarise(await steps(daemon, seconds));
    const flooding = runPusher({
      socket: daemon.socket,
      connections: FLOOD_CONNECTIONS,
      batches: batchesOf(hints),
      seconds: seconds + (2 * settleMs) / 1000,
      perSecond: FLOOD_REQUESTS,
    });
    await pause(settleMs);
    context.collect();
    const within = summarise(await steps(daemon, seconds));
    const counts = await flooding;
    const kept = await daemon.control.dispatch("status", {});
    const after = summarise(await steps(daemon, seconds / 2));
    context.check(
      "each request of the flood has its answer, most of them -32005",
      counts.answered === counts.sent && counts.otherErrors === 0 && counts.rateLimited > 0,
      JSON.stringify(counts),
    );
    const offered = ((counts.sent * BATCH) / counts.seconds).toFixed(0);
    const live = typeof kept === "object" && kept !== null && "hints" in kept ? String(kept.hints) : "?";
    const row = { unit: "us", reference: "its p99 without", referenceValue: without.p99 } as const;
    return [
      multipleRow({
        ...row,
        name: "engine step under a flood of hints, 4 connections: p99",
        value: within.p99,
        bar: "ratio <= 1.1",
        note: `${offered} hints/s offered, ${(counts.accepted / counts.seconds).toFixed(0)} accepted, ${counts.rateLimited} requests refused; ${within.count} steps; p50 ${within.p50.toFixed(0)} against ${without.p50.toFixed(0)}`,
      }),
      multipleRow({
        unit: "us",
        reference: "its p99 with the hints that live, and no flood",
        referenceValue: after.p99,
        name: "the same beside what its hints cost",
        value: within.p99,
        note: `${live} hints live, of three hops: the search prices them, and the review behind each block; p50 ${within.p50.toFixed(0)} against ${after.p50.toFixed(0)}`,
      }),
    ];
  } finally {
    await daemon.stop();
  }
}
