import { lastStretch } from "../../src/amm/stretch.ts";
import { amountOut } from "../../src/amm/swap.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { measureRounds } from "../harness/rounds.ts";
import { lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { createRandom, rawNear } from "../market/random.ts";
import type { Random } from "../market/random.ts";
import type { BenchMarket } from "../market/types.ts";
import { createSdkQuote, createSdkV2Quote, sdkKnows } from "../references/sdkPeers.ts";
import type { SdkHopInput } from "../references/sdkPeers.ts";
import { listThreeHops } from "../references/threeHops.ts";
import { awaitingTurns, takingTurns } from "./contenders.ts";

const QUOTES = 64;
/** Draws before a sample is left as short as it is. */
const MOST_DRAWS = 200_000;
/** Inputs, as powers of ten of what the first pool holds near its price: as many small ones as large ones. */
const LEAST_POWER = -5;
const MOST_POWER = -1;

interface Quote {
  readonly hops: readonly SdkHopInput[];
  readonly amountIn: bigint;
}

/** Draws the edges of a route: `2 * pool + direction`. */
type Draw = () => readonly number[];

/** A hop through a pool that the SDKs know; null for another. */
type HopAt = (edge: number) => SdkHopInput | null;

function createHopAt({ pools, states, tokens }: BenchMarket): HopAt {
  const byAddress = new Map(tokens.map((token) => [token.address, token]));
  return (edge) => {
    const [pool, state] = [pools[edge >> 1], states[edge >> 1] ?? null];
    if (pool === undefined || state === null || !sdkKnows(state)) return null;
    const [token0, token1] = [byAddress.get(pool.token0), byAddress.get(pool.token1)];
    if (token0 === undefined || token1 === undefined) return null;
    return { pool, state, zeroForOne: (edge & 1) === 0, tokens: [token0, token1] };
  };
}

/** Raw units of the token that goes in: the reserve, or that of a V2 pool with as much liquidity at the price. */
function depthFloat({ state, zeroForOne }: SdkHopInput): number {
  if (state.kind === "v2") return Number(zeroForOne ? state.reserve0 : state.reserve1);
  const price = Number(state.sqrtPriceX96) / 2 ** 96;
  return zeroForOne ? Number(state.liquidity) / price : Number(state.liquidity) * price;
}

/** By our exact integers; 0n where a pool cannot take all of its input or gives nothing. */
function ourQuote({ hops, amountIn }: Quote): bigint {
  let amount = amountIn;
  for (const { state, zeroForOne } of hops) amount = amountOut(state, zeroForOne, amount);
  return amount;
}

/** Quotes that give something: the V3 SDK throws or never ends where a pool cannot take all. */
function drawQuotes(hopAt: HopAt, draw: Draw, random: Random): readonly Quote[] {
  const quotes: Quote[] = [];
  for (let i = 0; i < MOST_DRAWS && quotes.length < QUOTES; i++) {
    const edges = draw();
    const hops = edges.map(hopAt).filter((hop) => hop !== null);
    const [first] = hops;
    if (first === undefined || hops.length < edges.length) continue;
    const share = 10 ** random.between(LEAST_POWER, MOST_POWER);
    const quote = { hops, amountIn: rawNear(share * depthFloat(first), random) };
    if (ourQuote(quote) > 0n) quotes.push(quote);
  }
  return quotes;
}

const PRIME = 1_000_003n;
const digits = (amount: bigint): number => Number(amount % PRIME);

const ourTurns = (quotes: readonly Quote[]) =>
  takingTurns("ours", quotes, (quote) => digits(ourQuote(quote)));

interface Sample {
  readonly name: string;
  readonly quotes: readonly Quote[];
  readonly budgetMs: number;
}

function checkSample(context: BenchContext, { name, quotes }: Sample, theirs: readonly bigint[]): void {
  const different = quotes.filter((quote, i) => ourQuote(quote) !== theirs[i]).length;
  context.check(
    `${name}: the SDK's outputs are ours`,
    different === 0 && quotes.length > 0,
    `${different} of ${quotes.length} differ`,
  );
}

async function v2Row(context: BenchContext, sample: Sample): Promise<Row> {
  const { name, quotes, budgetMs } = sample;
  const asked = quotes.map(({ hops, amountIn }) => ({ quote: createSdkV2Quote(hops), amountIn }));
  checkSample(
    context,
    sample,
    asked.map(({ quote, amountIn }) => quote(amountIn)),
  );
  const peer = takingTurns("SDK", asked, ({ quote, amountIn }) => digits(quote(amountIn)));
  const [ours, sdk] = await measureRounds([ourTurns(quotes), peer], { budgetMs });
  return lessRow({
    name,
    unit: "us",
    value: ours?.micros.p50 ?? NaN,
    reference: "@uniswap/v2-sdk",
    referenceValue: sdk?.micros.p50 ?? NaN,
    note: `${quotes.length} quotes in turn; its pairs are built beforehand, and each quote makes the pair after it`,
  });
}

async function v3Row(context: BenchContext, sample: Sample): Promise<Row> {
  const { name, quotes, budgetMs } = sample;
  const asked = quotes.map(({ hops, amountIn }) => ({ quote: createSdkQuote(hops), amountIn }));
  checkSample(context, sample, await Promise.all(asked.map(({ quote, amountIn }) => quote(amountIn))));
  const peer = awaitingTurns("SDK", asked, async ({ quote, amountIn }) => digits(await quote(amountIn)));
  const [ours, sdk] = await measureRounds([ourTurns(quotes), peer], { budgetMs });
  return lessRow({
    name,
    unit: "us",
    value: ours?.micros.p50 ?? NaN,
    reference: "@uniswap/v3-sdk, awaited",
    referenceValue: sdk?.micros.p50 ?? NaN,
    note: `${quotes.length} quotes in turn, ${quotes.filter(crosses).length} of them beyond the first tick; its pools are built beforehand`,
  });
}

const crosses = ({ hops, amountIn }: Quote): boolean =>
  hops.some(
    ({ state, zeroForOne }) => state.kind === "v3" && lastStretch(state, zeroForOne, amountIn) !== null,
  );

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const market = context.market("1k mixed");
  const { pools, bases } = market;
  const hopAt = createHopAt(market);
  const random = createRandom(context.seed, "sdk");
  const { count, edges } = listThreeHops(pools, bases);
  const edgesOf = (kind: "v2" | "v3") =>
    pools.flatMap((pool, i) => (pool.kind === kind ? [2 * i, 2 * i + 1] : []));
  const one = (kind: "v2" | "v3"): Draw => {
    const all = edgesOf(kind);
    return () => [all[random.below(all.length)] ?? 0];
  };
  const three = (): readonly number[] => {
    const at = 3 * random.below(count);
    const cycle = edges.subarray(at, at + 3);
    return cycle.every((edge) => pools[edge >> 1]?.kind === "v2") ? [...cycle] : [];
  };
  const sampleOf = (name: string, draw: Draw) => ({
    name: `${name}, ${market.name}`,
    quotes: drawQuotes(hopAt, draw, random),
  });
  const samples = [
    sampleOf("V2 quote, 1 hop", one("v2")),
    sampleOf("V2 quote, 3 hops", three),
    sampleOf("V3 quote, 1 hop", one("v3")),
  ];
  const budgetMs = context.timeLeftMs() / samples.length;
  const rows: Row[] = [];
  for (const [i, sample] of samples.entries())
    rows.push(await (i < 2 ? v2Row : v3Row)(context, { ...sample, budgetMs }));
  return rows;
}

export const sdkCase: BenchCase = {
  name: "amm.sdk",
  about: "exact output of a given input, by our integers and by Uniswap's own packages",
  budgetMs: 4000,
  run: measure,
};
