import { EventEmitter, once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { lowerHelpers } from "../../src/app/helperThreads.ts";
import { summarise } from "../harness/stats.ts";
import { generatePreset } from "../market/generate.ts";
import { createBenchDaemon } from "./pendingDaemon.ts";
import { numberOfFlood } from "./pendingFloodFrames.ts";
import { restingMarket } from "./pendingMarket.ts";
import { startNode } from "./pendingNode.ts";
import { readPreset } from "./presetArgument.ts";

/**
 * Feed and engine below a flood: `pendingFloodProcess.ts PRESET SEED PER_SECOND SECONDS SLOW_MICROS`; its figures as JSON
 * on stdout. `SLOW_MICROS`: so long each transaction keeps its consumer busy besides the engine.
 */
const [presetName = "", seedText = "7", rate = "5000", length = "60", slow = "0"] = process.argv.slice(2);
const [perSecond, seconds, slowMicros] = [Number(rate), Number(length), Number(slow)];
const [preset, seed] = [readPreset(presetName), Number(seedText)];

export interface FloodFigures {
  readonly market: string;
  /** Frames written, and by the feed's counts what became of them. */
  readonly frames: number;
  readonly seconds: number;
  readonly told: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly unusable: number;
  readonly shed: number;
  /** Whether none was delivered behind a later one. */
  readonly inOrder: boolean;
  /** Transactions between the last one delivered and the last of all: few, where the oldest are shed. */
  readonly behind: number;
  readonly blocks: number;
  readonly opened: number;
  /** Milliseconds. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Megabytes: when all that is kept is full, and at the end. */
  readonly rssFrom: number;
  readonly rssTo: number;
  readonly heapTo: number;
  /** Of one core. */
  readonly cpuShare: number;
}

const MEGABYTE = 1e6;
const RESOLUTION_MS = 1;
/** Seconds until what is kept is full: hashes, transactions, compiled code. */
const FILL_SECONDS = Math.min(10, seconds / 3);
const LAST_SAMPLES = 5;
const QUIET_MS = 20;
const MOST_WAIT_MS = 20_000;

lowerHelpers();
const market = restingMarket(generatePreset(preset, seed));
const node = await startNode({ type: "flood", preset, seed, perSecond, seconds });
let [blocks, lastNumber] = [0, -1];
let inOrder = true;
const synced = new EventEmitter();
const loaded = once(synced, "synced");

function keepBusy(): void {
  const end = performance.now() + slowMicros / 1000;
  while (performance.now() < end);
}

const daemon = createBenchDaemon({
  market,
  node,
  ledger: null,
  onEvent: (event) => {
    if (event.type === "synced") synced.emit("synced");
    if (event.type === "committed") blocks++;
    if (event.type !== "pending") return;
    const number = numberOfFlood(event.transaction.hash);
    inOrder &&= number > lastNumber;
    lastNumber = number;
    if (slowMicros > 0) keepBusy();
  },
});
const stop = new AbortController();
const running = daemon.run(stop.signal);
await Promise.race([loaded, running]);

const rss: number[] = [];
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const started = performance.now();
let rssFrom = Number.NaN;
const sampling = setInterval(() => {
  const used = process.memoryUsage.rss() / MEGABYTE;
  if (performance.now() - started >= 1000 * FILL_SECONDS && Number.isNaN(rssFrom)) rssFrom = used;
  rss.push(used);
}, 250);
const cpuBefore = process.cpuUsage();
delay.enable();
const played = await node.play();
const isThrough = (): boolean => {
  const { told, delivered, duplicates, unusable, shed } = daemon.feed.stats().pending;
  return lastNumber >= played.lastNumber && delivered + duplicates + unusable + shed === told;
};
// What was written last may still be on its way.
for (const end = performance.now() + MOST_WAIT_MS; !isThrough() && performance.now() < end;)
  await pause(QUIET_MS);
delay.disable();
clearInterval(sampling);
const cpu = process.cpuUsage(cpuBefore);
const { told, delivered, duplicates, unusable, shed } = daemon.feed.stats().pending;
const figures: FloodFigures = {
  market: market.name,
  frames: played.frames,
  seconds: played.seconds,
  told,
  delivered,
  duplicates,
  unusable,
  shed,
  inOrder,
  behind: played.lastNumber - lastNumber,
  blocks,
  opened: daemon.opened(),
  delay: {
    p50: delay.percentile(50) / 1e6,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  },
  rssFrom,
  rssTo: summarise(rss.slice(-LAST_SAMPLES)).max,
  heapTo: process.memoryUsage().heapUsed / MEGABYTE,
  cpuShare: (cpu.user + cpu.system) / 1e6 / played.seconds,
};
stop.abort();
await running;
node.stop();
console.log(JSON.stringify(figures));
