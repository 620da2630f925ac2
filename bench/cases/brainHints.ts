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
const STEP_EVERY_MS = 2;
/** Taken in turns, so that a slow moment of the machine is in no column alone. */
const FLOODS = 5;
/** Blocks before those that are counted; the same ones with the flood and without. */
const WARM_BLOCKS = 60;
const [BLOCKS, QUICK_BLOCKS] = [200, 10] as const;
/** The flood before and behind the steps that are counted, and what they take at most. */
const [SETTLE_MS, QUICK_SETTLE_MS] = [300, 120] as const;
const MOST_STEP_MS = 4;

/** Microseconds of the engine's steps, with everything else of the process in between. */
async function steps(daemon: BrainDaemon, blocks: number): Promise<readonly number[]> {
  const micros: number[] = [];
  for (let i = 0; i < blocks; i++) {
    micros.push(daemon.nextBlock());
    await pause(STEP_EVERY_MS);
  }
  return micros;
}

/** The same blocks through a daemon of their own. */
interface Passage {
  readonly micros: readonly number[];
  readonly counts: PushCounts | null;
  readonly live: number;
}

/** At the default limits; a quick run is over before their burst is used up. */
async function pass(
  context: BenchContext,
  preset: PresetName,
  hints: readonly BenchHint[] | null,
): Promise<Passage> {
  const [blocks, settleMs] = context.quick ? [QUICK_BLOCKS, QUICK_SETTLE_MS] : [BLOCKS, SETTLE_MS];
  const daemon = await openDaemon(context.market(preset), context.quick ? { hints_burst: 1_000 } : {});
  try {
    await steps(daemon, WARM_BLOCKS);
    const flooding =
      hints &&
      runPusher({
        socket: daemon.socket,
        connections: FLOOD_CONNECTIONS,
        batches: batchesOf(hints),
        seconds: (2 * settleMs + blocks * MOST_STEP_MS) / 1000,
        perSecond: FLOOD_REQUESTS,
      });
    await pause(settleMs);
    // Not collected before: else the garbage collector would come at the same blocks in each passage.
    const micros = await steps(daemon, blocks);
    const live = daemon.engine.status.hints;
    return { micros, counts: await flooding, live };
  } finally {
    await daemon.stop();
  }
}

/** Each block's median over the passages: what it takes when no garbage is collected and nobody else runs. */
const eachBlock = (passages: readonly Passage[]): readonly number[] =>
  (passages[0]?.micros ?? []).map(
    (_, block) => summarise(passages.map(({ micros }) => micros[block] ?? Number.NaN)).p50,
  );

/** What 100,000 hints a second do to the engine's own steps. */
export async function floodRows(
  context: BenchContext,
  preset: PresetName,
  routes: readonly BrainRoute[],
): Promise<readonly Row[]> {
  const hints = Array.from({ length: 10_000 }, (_, i) => routes[i % routes.length]).flatMap((route, i) =>
    route === undefined ? [] : hintOf(route, `f${i}`, 5_000),
  );
  const [calm, flooded]: [Passage[], Passage[]] = [[], []];
  for (let i = 0; i < (context.quick ? 1 : FLOODS); i++) {
    calm.push(await pass(context, preset, null));
    flooded.push(await pass(context, preset, hints));
  }
  const [without, within] = [calm, flooded].map((some) => summarise(some.flatMap(({ micros }) => micros)));
  if (without === undefined || within === undefined) return [];
  const [quietly, busily] = [summarise(eachBlock(calm)), summarise(eachBlock(flooded))];
  const sum = (of: (counts: PushCounts) => number): number =>
    flooded.reduce((total, { counts }) => total + (counts === null ? 0 : of(counts)), 0);
  const [sent, seconds] = [sum((counts) => counts.sent), sum((counts) => counts.seconds)];
  const refused = sum((counts) => counts.rateLimited);
  context.check(
    "each request of the flood has its answer, most of them -32005",
    sum((counts) => counts.answered) === sent && sum((counts) => counts.otherErrors) === 0 && refused > 0,
    JSON.stringify(flooded.map(({ counts }) => counts)),
  );
  const perSecondOf = (count: number): string => (count / seconds).toFixed(0);
  const live = flooded.at(-1)?.live ?? 0;
  return [
    multipleRow({
      name: "engine step under a flood of hints, 4 connections: p99",
      unit: "us",
      value: within.p99,
      reference: "its p99 without, over the same blocks",
      referenceValue: without.p99,
      bar: "ratio <= 1.1",
      note: `${perSecondOf(sent * BATCH)} hints/s offered, ${perSecondOf(sum((counts) => counts.accepted))} accepted, ${refused} requests refused, ${live} of three hops live at the end; ${within.count} steps; each block's median of ${flooded.length}: p50 ${busily.p50.toFixed(0)} against ${quietly.p50.toFixed(0)}, p99 ${busily.p99.toFixed(0)} against ${quietly.p99.toFixed(0)}`,
    }),
  ];
}
