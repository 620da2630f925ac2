import { setImmediate as turn } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { countCycles } from "../../src/search/scan/count.ts";
import { listCycles } from "../../src/search/cycles.ts";
import { buildGraph } from "../../src/search/graph.ts";
import { createCollector } from "../harness/collections.ts";
import { generatePreset } from "../market/generate.ts";
import type { PresetName } from "../market/generate.ts";
import type { LivingMarket } from "../market/types.ts";
import { createMarketScan } from "./marketScan.ts";

/*
 * Runs in a worker: its code is as cold as a daemon's that was just started, whatever ran before in the process, and
 * its heap holds nothing else.
 */

export interface StartOrder {
  readonly preset: PresetName;
  readonly seed: number;
  readonly times: number;
}

/** One start; milliseconds and bytes. */
export interface Start {
  /** From the list of pools to index, records and layout. */
  readonly indexMs: number;
  /** States into the table, reference prices, quotes and the first search over everything. */
  readonly loadMs: number;
  /** What it keeps: JavaScript heap, ArrayBuffers, the layout's linear memory. */
  readonly heapBytes: number;
  readonly bufferBytes: number;
  readonly layoutBytes: number;
  /** Directed cycles of 2 to 4 hops that it searches. */
  readonly cycles: number;
}

/** The plain list of all cycles up to three hops. */
export interface Listing {
  readonly ms: number;
  readonly bytes: number;
  readonly cycles: number;
}

/** A start and a listing take turns; the first of each have cold code. */
export interface StartFigures {
  readonly starts: readonly Start[];
  readonly lists: readonly Listing[];
}

const collect = createCollector();

/**
 * Bytes of this thread's heap and of its ArrayBuffers, garbage collected; a WebAssembly memory is in neither. What
 * dead ArrayBuffers held is given back between collections, in turns of the event loop.
 */
async function held(): Promise<{ readonly heap: number; readonly buffers: number }> {
  for (let i = 0; i < 3; i++) {
    collect();
    await turn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

async function start(market: LivingMarket): Promise<Start> {
  const before = await held();
  const begin = performance.now();
  const made = createMarketScan(market);
  const indexed = performance.now();
  made.load(market.states);
  const loaded = performance.now();
  const after = await held();
  const { layout } = made.scan.parts.index;
  return {
    indexMs: indexed - begin,
    loadMs: loaded - indexed,
    heapBytes: after.heap - before.heap,
    bufferBytes: after.buffers - before.buffers,
    layoutBytes: layout.memory.buffer.byteLength,
    cycles: countCycles(layout),
  };
}

function list({ pools, bases }: LivingMarket): Listing {
  collect();
  const begin = performance.now();
  const { edges, firstOfPool, cyclesOfPool, count } = listCycles(buildGraph(pools), { bases, maxHops: 3 });
  const ms = performance.now() - begin;
  return { ms, bytes: edges.byteLength + firstOfPool.byteLength + cyclesOfPool.byteLength, cycles: count };
}

const order: StartOrder = workerData;
const market = generatePreset(order.preset, order.seed);
const starts: Start[] = [];
const lists: Listing[] = [];
for (let time = 0; time < order.times; time++) {
  starts.push(await start(market));
  lists.push(list(market));
}
const figures: StartFigures = { starts, lists };
const port = parentPort;
if (port !== null) port.postMessage(figures);
