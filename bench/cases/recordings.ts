import type { Opportunity } from "../../src/search/opportunity.ts";
import { MOST_RANKED } from "../../src/search/scan/scan.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow, multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { summarise } from "../harness/stats.ts";
import { countCycles } from "../market/counts.ts";
import { enlivenRecorded } from "../market/recorded.ts";
import type { RecordedMarket } from "../market/recorded.ts";
import { createFilter, followByList, followByScan, measureStory, storyOf } from "./recordedMarket.ts";
import type { Followed, Story } from "./recordedMarket.ts";

/** Invented blocks of a snapshot, and pools that change in each. */
const BLOCKS = 150;
const QUICK_BLOCKS = 20;
const CHANGES = 12;
/** Of them, compared with the plain search as far as time goes; and timed against it. */
const CHECKED_BLOCKS = 60;
const LEAST_CHECKED = 12;
const TIMED_BLOCKS = 10;
/** The plain search lists four hops where they are no more than this. */
const MOST_LISTED = 400_000;
/** Of the profit: what the daemon's sizes may lack of the plain search's. */
const MAY_LACK = 1e-6;

function tell(context: BenchContext, market: RecordedMarket): Story {
  if (market.blocks.length > 0) return { ...storyOf(market, market.blocks), isReal: true };
  const living = enlivenRecorded(market, context.seed);
  const count = context.quick ? QUICK_BLOCKS : BLOCKS;
  return storyOf(
    market,
    Array.from({ length: count }, () => living.nextBlock(CHANGES)),
  );
}

interface Comparison {
  /** Cycles worth the least profit that the scan lacks, over all blocks. */
  missed: number;
  found: number;
  /** Blocks whose best is worth less. */
  worse: number;
  incomplete: number;
  /** Blocks in which four hops give less than the plain search had. */
  less: number;
}

/** What an answer is worth with the loss that sizes may have: a millionth, or one raw unit of a token on the way. */
function leastFloat({ hops, profit, profitNativeFloat }: Opportunity): number {
  const [first = 1n, ...rest] = hops.map(({ amountIn }) => amountIn);
  const units = rest.reduce((most, amount) => Math.max(most, Number(first) / Number(amount) + 1), 1);
  return profitNativeFloat * (1 - Math.max(MAY_LACK, units / Number(profit)));
}

function look({ market }: Story, { plain, scan, four }: Searches, result: Comparison): void {
  const minProfit = Number(market.minProfit);
  const expected = plain.answer().opportunities.filter((one) => leastFloat(one) >= minProfit);
  const { opportunities, complete, unlisted } = scan.answer();
  const ids = new Set(opportunities.map(({ cycle }) => cycle.id));
  // A list that was cut says so; what it lacks is not worth more than its last.
  const last = unlisted.length > 0 ? (opportunities.at(-1)?.profitNativeFloat ?? 0) : 0;
  result.found += expected.length;
  for (const one of expected) if (!ids.has(one.cycle.id) && leastFloat(one) > last) result.missed++;
  if (!complete) result.incomplete++;
  const [best] = expected;
  const least = best === undefined ? 0 : leastFloat(best);
  if ((opportunities[0]?.profitNativeFloat ?? 0) < least) result.worse++;
  if ((four.answer().opportunities[0]?.profitNativeFloat ?? 0) < least) result.less++;
}

interface Searches {
  /** Of the plain search and of `scan`; `four` looks at four. */
  readonly maxHops: number;
  readonly plain: Followed;
  readonly scan: Followed;
  readonly four: Followed;
}

/** Follows the story once with all three; the first answers are those of the whole market. */
function check(context: BenchContext, story: Story, searches: Searches, end: number): void {
  const { name } = story.market;
  const { plain, scan, four, maxHops } = searches;
  const result: Comparison = { missed: 0, found: 0, worse: 0, incomplete: 0, less: 0 };
  look(story, searches, result);
  let checked = 0;
  for (const { changes } of story.blocks.slice(0, CHECKED_BLOCKS)) {
    if (checked >= LEAST_CHECKED && performance.now() > end) break;
    checked++;
    for (const { take } of new Set([plain, scan, four])) take(changes);
    look(story, searches, result);
  }
  const { missed, found, worse, incomplete, less } = result;
  context.check(
    `${name}: nothing of the plain search's is missed, ${maxHops} hops`,
    missed === 0 && incomplete === 0,
    `${missed} of ${found}, ${incomplete} blocks incomplete`,
  );
  context.check(`${name}: the best is the plain search's`, worse === 0, `worse in ${worse} blocks`);
  context.check(`${name}: with four hops it is no less`, less === 0, `less in ${less} blocks`);
  context.note(
    `${name}: ${found} cycles worth the least profit before and in ${checked} blocks, by the plain search with ${maxHops} hops`,
  );
}

/** The plain search with four hops where they are few. */
function createSearches(story: Story): Searches {
  const { twoHop, threeHop, fourHop } = countCycles(story.market);
  const maxHops = twoHop + threeHop + fourHop <= MOST_LISTED ? 4 : 3;
  const four = followByScan(story, 4);
  const scan = maxHops === 4 ? four : followByScan(story, maxHops);
  return { maxHops, plain: followByList(story, maxHops), four, scan };
}

/** All searches stand at the start again afterwards. */
function timeSearches({ market, blocks, back }: Story, { four, plain }: Searches, budgetMs: number): Row {
  const few = storyOf(market, blocks.slice(0, TIMED_BLOCKS));
  const [searched = [], listed = []] = measureStory(few, [four, plain], { budgetMs });
  for (const { take } of [four, plain]) take(back);
  const [ours, theirs] = [summarise(searched), summarise(listed)];
  return lessRow({
    name: `${market.name}: whole search, 4 hops, exact sizes`,
    unit: "ms",
    value: ours.p50 / 1000,
    reference: plain.name,
    referenceValue: theirs.p50 / 1000,
    note: `medians of ${ours.count} blocks; the best ${MOST_RANKED} of each`,
  });
}

/** The filter alone: what other searches leave behind for the collector is not its. */
function timeFilter(context: BenchContext, story: Story, budgetMs: number): readonly Row[] {
  const filter = createFilter(story);
  const { flush } = context;
  const [filtered = []] = measureStory(story, [filter], { budgetMs: budgetMs / 2 });
  const [flushed = []] = measureStory(story, [filter], { budgetMs: budgetMs / 2, warmUps: 0, flush });
  const { name, pools } = story.market;
  return [filtered, flushed].map((micros, i) => {
    const { p50, p90, p99, count } = summarise(micros);
    const row = {
      name: `${name}: filter of a block, ${i === 0 ? "p99" : "flushed, p90"}`,
      unit: "ms",
      value: (i === 0 ? p99 : p90) / 1000,
      reference: "its p50",
      referenceValue: p50 / 1000,
    };
    if (i > 0) return multipleRow({ ...row, note: `${count} blocks` });
    const note = `${pools.length} pools, ${blocksText(story)}, ${count} in all; states, quotes and kernel (${filter.kernel})`;
    return multipleRow({ ...row, bar: "value <= 0.1", note });
  });
}

function blocksText({ blocks, isReal }: Story): string {
  const sizes = blocks.map(({ changes }) => changes.length);
  const sort = isReal ? "real blocks" : "blocks of invented trades";
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const pools = least === most ? `${most}` : `${least} to ${most}`;
  return `${blocks.length} ${sort} that change ${pools} pools, again and again`;
}

function measureMarket(context: BenchContext, market: RecordedMarket, budgetMs: number): readonly Row[] {
  const end = performance.now() + budgetMs;
  const story = tell(context, market);
  const rows = [...timeFilter(context, story, 0.3 * budgetMs)];
  const searches = createSearches(story);
  rows.push(timeSearches(story, searches, 0.2 * budgetMs));
  check(context, story, searches, end);
  return rows;
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const markets = await context.recorded();
  if (markets === null) {
    context.note("../shared/data is not here: nothing to measure");
    return [];
  }
  const rows: Row[] = [];
  const budgetMs = context.timeLeftMs() / markets.length;
  for (const market of markets) rows.push(...measureMarket(context, market, budgetMs));
  return rows;
}

export const recordingsCase: BenchCase = {
  name: "recordings",
  about: "real markets: recorded blocks as they were, snapshots with invented trades",
  budgetMs: 8_000,
  run: measure,
};
