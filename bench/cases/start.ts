import { Worker } from "node:worker_threads";
import type { Address } from "../../src/chain/types.ts";
import { MOST_RANKED } from "../../src/search/scan/scan.ts";
import { createSearch } from "../../src/search/search.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow, multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { summarise } from "../harness/stats.ts";
import { countCycles } from "../market/counts.ts";
import type { LivingMarket } from "../market/types.ts";
import { createMarketScan } from "./marketScan.ts";
import type { Start, StartFigures, StartOrder } from "./startWorker.ts";

const PRESET = "21k mixed";
const QUICK_PRESET = "300 mixed";
const STARTS = 6;
const MEGABYTE = 1e6;
/** Blocks, and pools changed in each, before the check. */
const BLOCKS = 4;
const BLOCK_CHANGES = 300;
const LIST = "list of all cycles up to 3 hops, with its index";

const runWorker = (order: StartOrder): Promise<StartFigures> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./startWorker.ts", import.meta.url), { workerData: order });
    worker.once("message", (figures: StartFigures) => resolve(figures));
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the worker ended without an answer")));
  });

const median = <T>(items: readonly T[], of: (item: T) => number): number => summarise(items.map(of)).p50;

const timeOf = ({ indexMs, loadMs }: Start): number => indexMs + loadMs;
const partsOf = ({ indexMs, loadMs }: Start): string =>
  `index ${indexMs.toFixed(0)} ms; states, references, quotes, first search ${loadMs.toFixed(0)} ms`;

function timeRows(name: string, { starts, lists }: StartFigures): readonly Row[] {
  const [cold, ...warm] = starts;
  const [coldList, ...warmLists] = lists;
  if (cold === undefined || coldList === undefined) return [];
  const [middle = cold] = warm.toSorted((a, b) => timeOf(a) - timeOf(b)).slice(warm.length >> 1);
  return [
    lessRow({
      name: `${name}, cold code`,
      unit: "ms",
      value: timeOf(cold),
      reference: LIST,
      referenceValue: coldList.ms,
      bar: "value <= 500",
      note: `${partsOf(cold)}; once, in a new thread`,
    }),
    lessRow({
      name: `${name}, warm code`,
      unit: "ms",
      value: timeOf(middle),
      reference: LIST,
      referenceValue: median(warmLists, ({ ms }) => ms),
      note: `${partsOf(middle)}; as when the list of pools changes; median of ${warm.length}`,
    }),
  ];
}

function sizeRows(name: string, { starts, lists }: StartFigures): readonly Row[] {
  const heap = median(starts, ({ heapBytes, bufferBytes }) => heapBytes + bufferBytes) / MEGABYTE;
  const layout = median(starts, ({ layoutBytes }) => layoutBytes) / MEGABYTE;
  return [
    lessRow({
      name: `${name}: memory kept`,
      unit: "MB",
      value: heap + layout,
      reference: LIST,
      referenceValue: median(lists, ({ bytes }) => bytes) / MEGABYTE,
      bar: "value <= 64",
      note: `linear memory ${layout.toFixed(1)}; heap and ArrayBuffers ${heap.toFixed(1)}, as memoryUsage() grew between two collections; the states are the market's`,
    }),
    multipleRow({
      name: `${name}: directed cycles covered, 2 to 4 hops`,
      unit: "cycles",
      value: median(starts, ({ cycles }) => cycles),
      reference: LIST,
      referenceValue: median(lists, ({ cycles }) => cycles),
    }),
  ];
}

/**
 * The first search against the plain one, which lists its cycles: three hops, four where few pools make them few. The
 * market is that after some blocks, when something is dislocated.
 */
function checkFirstSearch(context: BenchContext, market: LivingMarket): void {
  const { pools, bases } = market;
  const changes = Math.min(BLOCK_CHANGES, pools.length);
  for (let block = 0; block < BLOCKS; block++) market.nextBlock(changes);
  const states = pools.map((_, i) => market.stateOf(i));
  const maxHops = context.quick ? 4 : 3;
  const [wrappedNative = "0x"] = bases;
  const plain = createSearch({ bases, maxHops, wrappedNative, isTaxed: () => false });
  plain.addPools(pools);
  const ids = new Map(pools.map(({ address }, i) => [address, i]));
  const stateOf = (pool: Address) => states[ids.get(pool) ?? -1] ?? null;
  const { opportunities } = plain.run({ view: { stateOf }, changed: "all", atRest: false });
  const worth = opportunities.filter(
    ({ profitNativeFloat }) => profitNativeFloat >= Number(market.minProfit),
  );
  const made = createMarketScan(market, maxHops);
  const exact = made.load(states);
  const { ranked } = made.scan;
  const [best, found] = [worth[0]?.profitNativeFloat ?? 0, ranked.count > 0 ? ranked.worthFloat(0) : 0];
  // What the scan ranks is the closed form's, which no integer size passes and which integers come near.
  const same = worth.length === 0 ? ranked.count === 0 : Math.abs(found / best - 1) < 1e-3;
  context.check(
    `the first search finds the best of the plain one, ${maxHops} hops`,
    exact && same && ranked.count >= Math.min(worth.length, MOST_RANKED),
    `${found} of ${best}, ${ranked.count} cycles of ${worth.length}`,
  );
  context.note(
    `the check's market: ${worth.length} cycles of up to ${maxHops} hops are worth the least profit`,
  );
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const market = context.market(PRESET);
  const { twoHop, threeHop, fourHop } = countCycles(market);
  const preset = context.quick ? QUICK_PRESET : PRESET;
  const figures = await runWorker({ preset, seed: context.seed, times: STARTS });
  const [all, listed] = [twoHop + threeHop + fourHop, twoHop + threeHop];
  context.check(
    "every cycle of 2 to 4 hops is covered",
    figures.starts.every(({ cycles }) => cycles === all),
    `${figures.starts[0]?.cycles} of ${all}`,
  );
  context.check(
    "the plain list holds those of 2 and 3",
    figures.lists.every(({ cycles }) => cycles === listed),
    `${figures.lists[0]?.cycles} of ${listed}`,
  );
  checkFirstSearch(context, market);
  const name = `start, ${market.name}`;
  return [...timeRows(name, figures), ...sizeRows(name, figures)];
}

export const startCase: BenchCase = {
  name: "start",
  about: "from a list of pools with their states to a search that covers every cycle",
  budgetMs: 11_000,
  run: measure,
};
