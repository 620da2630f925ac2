import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { compareMedians, measureSteps } from "../harness/steps.ts";
import type { Stepper, StepTiming } from "../harness/steps.ts";
import type { Change, LivingMarket } from "../market/types.ts";
import { createBellmanFord } from "../references/bellmanFord.ts";
import type { NegativeCycle } from "../references/bellmanFord.ts";
import type { PoolUpdate } from "../references/decodePeers.ts";
import { createNaiveRescan } from "../references/naiveRescan.ts";
import { createPeerState } from "../references/peerState.ts";
import type { PeerState } from "../references/peerState.ts";
import { ternary } from "../references/ternary.ts";
import { legsOf, nativeValueFloat } from "../references/threeHopPipeline.ts";
import type { ThreeHopParts } from "../references/threeHopPipeline.ts";
import { listThreeHops } from "../references/threeHops.ts";
import type { ThreeHopList } from "../references/threeHops.ts";
import { createMarketScan } from "./marketScan.ts";

/** Pools that change in a block. */
const CHANGES = 20;
const WARM_UP = 20;
const BLOCKS = 200;
const QUICK_BLOCKS = 20;
/** Cycles that the naive rescan sizes in each block, spread over its list. */
const SAMPLE = 160;
const QUICK_SAMPLE = 40;
/** Of the worth: what the best may lack of the naive rescan's. */
const MAY_LACK = 1e-6;
/** Spot rates multiplied in another order. */
const ROUNDING = 1e-9;

interface Story {
  readonly market: LivingMarket;
  readonly list: ThreeHopList;
  readonly blocks: readonly Block[];
}

/** The same changes as each side takes them. */
interface Block {
  readonly changes: readonly Change[];
  readonly updates: readonly PoolUpdate[];
}

function updateOf({ pool, state }: Change): PoolUpdate {
  if (state.kind === "v2") {
    const { reserve0, reserve1 } = state;
    return { pool, change: { kind: "sync", reserve0, reserve1 } };
  }
  const { sqrtPriceX96, liquidity, tick } = state;
  return { pool, change: { kind: "swap", sqrtPriceX96, liquidity, tick } };
}

function tell(context: BenchContext): Story {
  const market = context.market("10k");
  const blocks = Array.from({ length: WARM_UP + (context.quick ? QUICK_BLOCKS : BLOCKS) }, () => {
    const { changes } = market.nextBlock(CHANGES);
    return { changes, updates: changes.map(updateOf) };
  });
  return { market, list: listThreeHops(market.pools, market.bases), blocks };
}

interface Ours {
  readonly stepper: Stepper;
  /** By block: wei of native, an estimate; 0 when nothing is worth the least profit. */
  readonly worthFloat: Float64Array;
  /** By block: 1 when the answer is the best there is. */
  readonly exact: Uint8Array;
}

function followOurs({ market, blocks }: Story): Ours {
  const made = createMarketScan(market);
  const { scan } = made;
  const request = { ...made.request, limit: 1 };
  made.load(market.states);
  const [worthFloat, exact] = [new Float64Array(blocks.length), new Uint8Array(blocks.length)];
  const step = (i: number): void => {
    exact[i] = scan.search(made.take(blocks[i]?.changes ?? []), request) ? 1 : 0;
    worthFloat[i] = scan.ranked.count > 0 ? scan.ranked.worthFloat(0) : 0;
  };
  return { stepper: { name: "ours", step }, worthFloat, exact };
}

/** What updates cost is extrapolated too: a thousandth of it. */
function followNaive({ market, list, blocks }: Story, cycles: number): Stepper {
  const naive = createNaiveRescan(market, list);
  const step = (i: number): void => {
    for (const update of blocks[i]?.updates ?? []) naive.apply(update);
    naive.sample(cycles);
  };
  return { name: "naive", step };
}

interface Ford {
  readonly stepper: Stepper;
  /** By block. */
  readonly found: (NegativeCycle | null)[];
}

function followFord({ market, blocks }: Story): Ford {
  const ford = createBellmanFord(market.pools);
  const state = createPeerState(market);
  const set = (pool: number) =>
    ford.setRates(pool, state.rates[2 * pool] ?? 0, state.rates[2 * pool + 1] ?? 0);
  for (let pool = 0; pool < market.pools.length; pool++) set(pool);
  const found: (NegativeCycle | null)[] = [];
  const step = (i: number): void => {
    for (const update of blocks[i]?.updates ?? []) {
      state.apply(update);
      set(update.pool);
    }
    found[i] = ford.find();
  };
  return { stepper: { name: "Bellman-Ford", step }, found };
}

/**
 * Worth of the best three-hop cycle through an updated pool, by the naive rescan's own sizes: all such cycles, not a
 * sample. Those that lose at size zero are passed over: no size of theirs pays.
 */
function naiveBestFloat(parts: ThreeHopParts, updates: readonly PoolUpdate[]): number {
  const { list, state } = parts;
  let bestFloat = 0;
  for (const { pool } of updates) {
    for (const cycle of list.cyclesOfPool.subarray(list.firstOfPool[pool], list.firstOfPool[pool + 1])) {
      if (productFloat(state, list.edges.subarray(3 * cycle, 3 * cycle + 3)) < 1 - ROUNDING) continue;
      const size = ternary(legsOf(parts, cycle));
      if (size !== null) bestFloat = Math.max(bestFloat, nativeValueFloat(parts, cycle, Number(size.profit)));
    }
  }
  return bestFloat;
}

function productFloat({ rates }: PeerState, edges: Iterable<number>): number {
  let product = 1;
  for (const edge of edges) product *= rates[edge] ?? 0;
  return product;
}

/** Whether each edge begins with the token that the one before it gives. */
function isClosed({ pools }: LivingMarket, edges: readonly number[]): boolean {
  const [into, outOf] = [0, 1].map((side) =>
    edges.map((edge) => pools[edge >> 1]?.[(edge & 1) === side ? "token0" : "token1"]),
  );
  return edges.length > 1 && edges.every((_, i) => into?.[i] === outOf?.at(i - 1));
}

/** Follows these blocks, which all have answered, once more as far as time goes; the warm-up in any case. */
function checkAnswers(context: BenchContext, { market, list, blocks }: Story, ours: Ours, ford: Ford): void {
  const parts: ThreeHopParts = { market, list, state: createPeerState(market) };
  const minProfit = Number(market.minProfit);
  let [less, compared, open] = [0, 0, 0];
  const end = context.timeLeftMs() + performance.now();
  let done = 0;
  for (const [i, { updates }] of blocks.entries()) {
    if (i >= WARM_UP && performance.now() > end) break;
    done++;
    for (const update of updates) parts.state.apply(update);
    const leastFloat = naiveBestFloat(parts, updates) * (1 - MAY_LACK);
    if (leastFloat >= minProfit) {
      compared++;
      if ((ours.worthFloat[i] ?? 0) < leastFloat) less++;
    }
    const cycle = ford.found[i] ?? null;
    if (cycle === null) continue;
    if (!(productFloat(parts.state, cycle.edges) > 1) || !isClosed(market, cycle.edges)) open++;
  }
  context.check("our best is never worth less than the naive rescan's", less === 0, `less in ${less} blocks`);
  context.check("Bellman-Ford's cycles close, with products above 1", open === 0, `${open} do not`);
  const inexact = ours.exact.subarray(0, blocks.length).filter((exact) => exact === 0).length;
  context.check("our answer is the exact best in every block", inexact === 0, `not in ${inexact}`);
  context.note(
    `${done} blocks looked through again: in ${compared} a three-hop cycle through a changed pool is worth the least profit`,
  );
}

interface Timings {
  readonly ours: StepTiming;
  readonly naive: StepTiming;
  readonly ford: StepTiming;
}

function rowsOf(
  { market, list }: Story,
  { ours, naive, ford }: Timings,
  cycles: number,
  found: Ford["found"],
): Row[] {
  const base = {
    name: `search of a block, k = ${CHANGES}, ${market.name}, 2 to 4 hops, exact best`,
    unit: "ms",
  };
  const [byNaive, byFord] = [compareMedians(ours, naive), compareMedians(ours, ford)];
  const sized = Math.min(cycles, list.count);
  const lengths = found.flatMap((cycle) => (cycle === null ? [] : [cycle.edges.length]));
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const lengthText = lengths.length === 0 ? "" : `, of ${least === most ? most : `${least} to ${most}`} hops`;
  return [
    lessRow({
      ...base,
      value: byNaive.value / 1000,
      reference: "naive rescan: bigint ternary, 3 hops",
      referenceValue: ((byNaive.referenceValue / 1000) * list.count) / sized,
      note: `medians of ${byNaive.steps} blocks, updates included; the rescan extrapolated from ${sized} of ${list.count} cycles in each`,
    }),
    lessRow({
      ...base,
      value: byFord.value / 1000,
      reference: "Bellman-Ford: one cycle, float",
      referenceValue: byFord.referenceValue / 1000,
      note: `medians of ${byFord.steps} blocks; it ranks and sizes nothing: any one negative cycle, in ${lengths.length} of ${found.length} blocks${lengthText}`,
    }),
  ];
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const story = tell(context);
  const cycles = context.quick ? QUICK_SAMPLE : SAMPLE;
  const [own, ford] = [followOurs(story), followFord(story)];
  const steppers = [own.stepper, followNaive(story, cycles), ford.stepper];
  const [ours, naive, bellmanFord] = await measureSteps(steppers, {
    steps: story.blocks.length - WARM_UP,
    warmUp: WARM_UP,
    budgetMs: 0.8 * context.timeLeftMs(),
  });
  if (!ours || !naive || !bellmanFord) throw new Error("unreachable");
  const answered = WARM_UP + Math.min(ours.done, bellmanFord.done);
  checkAnswers(context, { ...story, blocks: story.blocks.slice(0, answered) }, own, ford);
  return rowsOf(story, { ours, naive, ford: bellmanFord }, cycles, ford.found);
}

export const searchCase: BenchCase = {
  name: "search",
  about: "one block's changes in, the ranked exact best out: no frames, no transaction",
  budgetMs: 8000,
  run: measure,
};
