import { loadPrimitives } from "../../src/execution/primitives.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow } from "../harness/rows.ts";
import type { Bar, Row } from "../harness/rows.ts";
import { compareMedians, measureSteps } from "../harness/steps.ts";
import type { StepTiming, Stepper } from "../harness/steps.ts";
import type { BenchBlock, LivingMarket } from "../market/types.ts";
import { createStock3 } from "../references/stock3.ts";
import { createStrong3 } from "../references/strong3.ts";
import type { PeerAnswer, ThreeHopPipeline } from "../references/threeHopPipeline.ts";
import { listThreeHops } from "../references/threeHops.ts";
import { createOurDecoder } from "./ourDecoder.ts";
import { createOurPipeline } from "./ourPipeline.ts";
import type { OurPipeline } from "./ourPipeline.ts";
import { WALLET } from "./plans.ts";

/** Blocks of each size. */
const BLOCKS = 300;
/** First blocks, not counted: so many until the engine has compiled what is hot. Small ones, for the slow peers' sake. */
const WARM_UP = 200;
const WARM_UP_CHANGES = 20;
/** Blocks of one contender before the next has its turn: enough to find its own data in the caches again. */
const CHUNK = 100;
/** Further blocks, each of which finds the caches empty, as after two seconds of other work. */
const FLUSHED = 40;

interface Bars {
  readonly whole: Bar;
  readonly stretch: Bar;
  readonly exact?: Bar;
  readonly exactStretch?: Bar;
  readonly strong?: Bar;
}

const SIZES: readonly { readonly k: number; readonly share: number; readonly bars: Bars }[] = [
  {
    k: 20,
    share: 0.3,
    bars: {
      whole: "ratio >= 100",
      stretch: "ratio >= 300",
      exact: "ratio >= 35",
      exactStretch: "ratio >= 120",
      strong: "ratio >= 10",
    },
  },
  {
    k: 100,
    share: 0.5,
    bars: {
      whole: "ratio >= 350",
      stretch: "ratio >= 800",
      exact: "ratio >= 120",
      exactStretch: "ratio >= 400",
    },
  },
  { k: 300, share: 1, bars: { whole: "ratio >= 700", stretch: "ratio >= 1500" } },
];

/** A contender's answers by block. */
interface Followed {
  readonly stepper: Stepper;
  /** Wei of native that it would earn; 0 where it signs nothing. */
  readonly worth: Float64Array;
}

function followOurs(name: string, ours: OurPipeline, frames: Frames): Followed {
  const worth = new Float64Array(frames.length);
  const step = (i: number): void => void (worth[i] = ours.run(frames[i] ?? []).worthFloat);
  return { stepper: { name, step }, worth };
}

function followPeer(name: string, peer: ThreeHopPipeline, frames: Frames): Followed {
  const worth = new Float64Array(frames.length);
  const note = (i: number, { raw, best }: PeerAnswer): void => {
    worth[i] = raw === null ? 0 : (best?.valueFloat ?? 0);
  };
  return { stepper: { name, step: async (i) => note(i, await peer.run(frames[i] ?? [])) }, worth };
}

type Frames = readonly (readonly Buffer[])[];

const framesOf = (blocks: readonly BenchBlock[]): Frames =>
  blocks.map(({ changes }) => changes.map(({ frame }) => frame));

interface Contenders {
  readonly atOnce: Followed;
  readonly exact: Followed;
  readonly stock: Followed;
  readonly strongEach: Followed;
  readonly strongBest: Followed;
  readonly refused: () => number;
}

async function contend(market: LivingMarket, frames: Frames): Promise<Contenders> {
  const wallet = WALLET;
  const primitives = await loadPrimitives(silentLog);
  const list = listThreeHops(market.pools, market.bases);
  const decode = createOurDecoder(market.pools);
  const [fast, exact] = [true, false].map((atOnce) =>
    createOurPipeline(market, { wallet, primitives, atOnce }),
  );
  if (fast === undefined || exact === undefined) throw new Error("unreachable");
  const strong = (exactCheck: "each" | "best"): ThreeHopPipeline =>
    createStrong3(market, { wallet, decode, exactCheck }, list);
  return {
    atOnce: followOurs("ours", fast, frames),
    exact: followOurs("ours, exact best", exact, frames),
    stock: followPeer("STOCK3", createStock3(market, wallet, list), frames),
    strongEach: followPeer("STRONG3", strong("each"), frames),
    strongBest: followPeer("STRONG3, one exact check", strong("best"), frames),
    refused: () => fast.refused + exact.refused,
  };
}

const sum = (worth: Float64Array, from: number, to: number): number =>
  worth.subarray(from, to).reduce((total, one) => total + one, 0);

async function measureSize(
  context: BenchContext,
  { k, share, bars }: (typeof SIZES)[number],
): Promise<readonly Row[]> {
  const market = context.market("10k");
  const warmUp = context.quick ? 20 : WARM_UP;
  const count = warmUp + (context.quick ? 20 : BLOCKS);
  const blocks = Array.from({ length: count + FLUSHED }, (_, i) =>
    market.nextBlock(i < warmUp ? WARM_UP_CHANGES : k),
  );
  const frames = framesOf(blocks);
  const all = await contend(market, frames);
  const followed = [all.atOnce, all.exact, all.stock, all.strongEach, all.strongBest];
  const timings = await measureSteps(
    followed.map(({ stepper }) => stepper),
    { steps: count - warmUp, warmUp, budgetMs: context.timeLeftMs() * share, chunk: CHUNK },
  );
  context.check(
    `k = ${k}: every frame was read by the byte decoder`,
    all.refused() === 0,
    `${all.refused()} were not`,
  );
  const [atOnce, exact, stock, strongEach, strongBest] = timings;
  if (!atOnce || !exact || !stock || !strongEach || !strongBest) throw new Error("unreachable");
  checkBest(context, k, all, warmUp + stock.done);
  const make = (
    name: string,
    ours: Ours,
    theirs: Theirs,
    bars_: { bar?: Bar | undefined; stretch?: Bar | undefined } = {},
  ): Row =>
    rowOf(`${name}, k = ${k}, ${market.name}`, ours, theirs, { ...bars_, best: all.exact.worth, warmUp });
  const wholeStory = [exact, strongEach].every(({ done }) => done === count - warmUp);
  const name = `the same, exact best, flushed, k = ${k}, ${market.name}`;
  const flushed = wholeStory ? await measureFlushed(context, all, { from: count, name }) : [];
  const whole = "frames to signed body, 2 to 4 hops";
  return [
    make(
      whole,
      { timing: atOnce, ...all.atOnce },
      { timing: stock, title: "STOCK3, 3 hops" },
      { bar: bars.whole, stretch: bars.stretch },
    ),
    make(
      "the same, exact best",
      { timing: exact, ...all.exact },
      { timing: stock, title: "STOCK3, 3 hops" },
      { bar: bars.exact, stretch: bars.exactStretch },
    ),
    make(
      whole,
      { timing: atOnce, ...all.atOnce },
      { timing: strongEach, title: "STRONG3, 3 hops" },
      { bar: bars.strong },
    ),
    make(whole, { timing: atOnce, ...all.atOnce }, { timing: strongBest, title: "STRONG3, one exact check" }),
    ...flushed,
  ];
}

/** Goes on behind the measured blocks, where both have done all of them. */
async function measureFlushed(
  context: BenchContext,
  { exact, strongEach }: Contenders,
  { from, name }: { readonly from: number; readonly name: string },
): Promise<readonly Row[]> {
  const behind = ({ stepper }: Followed): Stepper => ({
    name: stepper.name,
    step: (i) => stepper.step(from + i),
  });
  const [ours, theirs] = await measureSteps([behind(exact), behind(strongEach)], {
    steps: FLUSHED,
    budgetMs: 4000,
    flush: context.flush,
  });
  if (!ours || !theirs) return [];
  const { steps, value, referenceValue } = compareMedians(ours, theirs);
  const reference = "STRONG3, 3 hops, flushed";
  return [
    lessRow({ name, unit: "us", value, reference, referenceValue, note: `medians of ${steps} blocks` }),
  ];
}

interface Ours extends Followed {
  readonly timing: StepTiming;
}

interface Theirs {
  readonly timing: StepTiming;
  readonly title: string;
}

interface RowExtras {
  readonly bar?: Bar | undefined;
  readonly stretch?: Bar | undefined;
  /** The exact best of every block. */
  readonly best: Float64Array;
  /** First blocks that do not count. */
  readonly warmUp: number;
}

function rowOf(name: string, ours: Ours, theirs: Theirs, { bar, stretch, best, warmUp }: RowExtras): Row {
  const { steps, value, referenceValue } = compareMedians(ours.timing, theirs.timing);
  const there = sum(best, warmUp, warmUp + steps);
  const signed = ours.worth.subarray(warmUp, warmUp + steps).filter((worth) => worth > 0).length;
  return lessRow({
    name,
    unit: "us",
    value,
    reference: theirs.title,
    referenceValue,
    ...(there > 0 ? { captured: sum(ours.worth, warmUp, warmUp + steps) / there } : {}),
    ...(bar === undefined ? {} : { bar }),
    ...(stretch === undefined ? {} : { stretch }),
    note: `medians of ${steps} blocks, ${signed} of them signed`,
  });
}

/** All cycles of three hops are among ours: no block may end with less than the peer found. */
function checkBest(
  context: BenchContext,
  k: number,
  { exact, atOnce, stock }: Contenders,
  blocks: number,
): void {
  let [less, above] = [0, 0];
  for (let i = 0; i < blocks; i++) {
    const best = exact.worth[i] ?? 0;
    if ((stock.worth[i] ?? 0) > best * (1 + 1e-6)) less++;
    if ((atOnce.worth[i] ?? 0) > best * (1 + 1e-9)) above++;
  }
  context.check(`k = ${k}: the exact best is never below STOCK3's`, less === 0, `in ${less} blocks it is`);
  context.check(
    `k = ${k}: the answer at once is never above the exact best`,
    above === 0,
    `in ${above} blocks it is`,
  );
}

export const pipelineCase: BenchCase = {
  name: "pipeline",
  about: "log frames of one block in, signed transaction out",
  budgetMs: 70_000,
  run: async (context) => {
    const rows: Row[] = [];
    for (const size of SIZES) rows.push(...(await measureSize(context, size)));
    return rows;
  },
};
