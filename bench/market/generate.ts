import { enliven } from "./living.ts";
import { createRandom } from "./random.ts";
import { gasBandFloat, makeAnchor, makeState } from "./states.ts";
import { HUB_COUNT, makeSites, makeTokens, NATIVE_USD } from "./topology.ts";
import type { LivingMarket } from "./types.ts";

export interface GenerateOptions {
  readonly seed: number;
  readonly v2: number;
  readonly v3?: number;
  readonly algebra?: number;
  /** Default: two tokens for five pools, at most 2,000. */
  readonly tokens?: number;
  /** Dollars; default 0.05. */
  readonly minProfitUsd?: number;
}

/** Sizes of the markets that the benchmark knows. */
export const PRESETS = {
  "300 mixed": { v2: 200, v3: 70, algebra: 30 },
  "1k": { v2: 1000 },
  "1k mixed": { v2: 900, v3: 75, algebra: 25 },
  "5k": { v2: 5000 },
  "10k": { v2: 10_000 },
  "11k mixed": { v2: 10_000, v3: 900, algebra: 100 },
  "20k": { v2: 20_000 },
  "21k mixed": { v2: 20_000, v3: 900, algebra: 100 },
} as const satisfies Readonly<Record<string, Omit<GenerateOptions, "seed">>>;

export type PresetName = keyof typeof PRESETS;

const MOST_TOKENS = 2000;
const MIN_PROFIT_USD = 0.05;
/** Pools trade in proportion to this power of their tokens' popularity. */
const TRADE_POWER = 0.6;

/** Wei of the wrapped native token. */
export const weiOfUsd = (usd: number): bigint => BigInt(Math.round((usd / NATIVE_USD) * 1e9)) * 10n ** 9n;

const grouped = (count: number): string => count.toLocaleString("en-US");

/**
 * A seeded market like Polygon's: 2,000 tokens with Zipf degrees around five bases, six exchanges, pools off their
 * fair price by as much as fee and gas leave alone. The same options give the same market and the same blocks.
 */
export function generateMarket(options: GenerateOptions): LivingMarket {
  const { seed, v2, v3 = 0, algebra = 0, minProfitUsd = MIN_PROFIT_USD } = options;
  const count = v2 + v3 + algebra;
  const tokens = makeTokens(options.tokens ?? Math.min(MOST_TOKENS, Math.ceil(count * 0.4)), seed);
  const sites = makeSites(tokens, { v2, v3, algebra, tokens: tokens.length }, seed);
  const random = createRandom(seed, "states");
  const anchors = sites.map((site) => makeAnchor(site, random));
  const states = sites.map((site, i) => {
    const anchor = anchors[i] ?? { fairLogFloat: 0, bandFloat: gasBandFloat(1), depthUsdFloat: 1 };
    return makeState(site, anchor, random);
  });
  const concentrated = v3 + algebra;
  const market = {
    name: `${grouped(v2)} V2${concentrated > 0 ? ` + ${grouped(concentrated)} concentrated` : ""}`,
    bases: tokens.slice(0, HUB_COUNT).map(({ token }) => token.address),
    tokens: tokens.map(({ token }) => token),
    pools: sites.map(({ pool }) => pool),
    states,
    minProfit: weiOfUsd(minProfitUsd),
  };
  return enliven(market, {
    seed,
    fairLog: Float64Array.from(anchors, ({ fairLogFloat }) => fairLogFloat),
    band: Float64Array.from(anchors, ({ bandFloat }) => bandFloat),
    weight: Float64Array.from(sites, ({ popularity, share }) => (popularity * share) ** TRADE_POWER),
  });
}

export const generatePreset = (name: PresetName, seed: number): LivingMarket =>
  generateMarket({ seed, ...PRESETS[name] });
