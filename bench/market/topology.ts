import type { Address, Pool, PoolKind, Token } from "../../src/chain/types.ts";
import { createRandom, createWeightedDraw, type Random } from "./random.ts";

/** A token with its fair price, which the pools of the market stand near. */
export interface PricedToken {
  readonly token: Token;
  readonly usd: number;
  /** Zipf weight; the first token's is 1. */
  readonly weight: number;
}

/** A pool before it has a state. */
export interface Site {
  readonly pool: Pool;
  readonly feePpm: number;
  /** 0 for V2. */
  readonly tickSpacing: number;
  readonly first: PricedToken;
  readonly second: PricedToken;
  /** Product of both tokens' weights, and the exchange's share of its kind. */
  readonly popularity: number;
  readonly share: number;
}

export interface MarketSize {
  readonly v2: number;
  readonly v3: number;
  readonly algebra: number;
  readonly tokens: number;
}

/** Bases with their real addresses on Polygon; `share` of the pools that have a base on one side. */
const HUBS = [
  {
    symbol: "WMATIC",
    address: "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270",
    decimals: 18,
    usd: 0.45,
    share: 0.35,
  },
  {
    symbol: "USDC",
    address: "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359",
    decimals: 6,
    usd: 1,
    share: 0.25,
  },
  {
    symbol: "WETH",
    address: "0x7ceb23fd6bc0add59e62ac25578270cff1b9f619",
    decimals: 18,
    usd: 3000,
    share: 0.2,
  },
  {
    symbol: "USDT",
    address: "0xc2132d05d31c914a87c6611c10748aeb04b58e8f",
    decimals: 6,
    usd: 1,
    share: 0.12,
  },
  {
    symbol: "DAI",
    address: "0x8f3cf7ad23cd3cadbd9735aff958023239c6a063",
    decimals: 18,
    usd: 1,
    share: 0.08,
  },
] as const;

/** Dollars of the wrapped native token. */
export const NATIVE_USD = HUBS[0].usd;

interface Venue {
  readonly dex: string;
  readonly kind: PoolKind;
  readonly feePpm: number;
  readonly tickSpacing: number;
  readonly share: number;
}

const v2 = (dex: string, feePpm: number, share: number): Venue => ({
  dex,
  kind: "v2",
  feePpm,
  tickSpacing: 0,
  share,
});
const v3 = (dex: string, feePpm: number, tickSpacing: number, share: number): Venue => ({
  dex,
  kind: "v3",
  feePpm,
  tickSpacing,
  share,
});

const V2_VENUES: readonly Venue[] = [
  v2("quickswap_v2", 3000, 0.3),
  v2("sushiswap_v2", 3000, 0.22),
  v2("uniswap_v2", 3000, 0.16),
  v2("apeswap_v2", 2000, 0.13),
  v2("pancakeswap_v2", 2500, 0.11),
  v2("mmfinance_v2", 1700, 0.08),
];

const V3_VENUES: readonly Venue[] = [
  v3("uniswap_v3", 100, 1, 0.12),
  v3("uniswap_v3", 500, 10, 0.28),
  v3("uniswap_v3", 3000, 60, 0.28),
  v3("uniswap_v3", 10_000, 200, 0.08),
  v3("sushiswap_v3", 100, 1, 0.04),
  v3("sushiswap_v3", 500, 10, 0.1),
  v3("sushiswap_v3", 3000, 60, 0.1),
];

/** One pool a pair; its fee is drawn, for the pool sets it itself. */
const ALGEBRA_VENUES: readonly Venue[] = [
  { dex: "quickswap_v3", kind: "algebra", feePpm: 0, tickSpacing: 60, share: 1 },
];

/*
 * These four give the counts of cycles that ../README.md lists: how often a pool has a base on one side, how steep
 * the other side's Zipf weights are, how steep those of pools without a base, and how often a concentrated pool
 * stands beside a V2 one.
 */
const HUB_SHARE = 0.85;
const ZIPF = 0.8;
const ZIPF_WITHOUT_HUB = 0.6;
const BESIDE_V2 = 0.8;

const zipf = (count: number, exponent: number): number[] =>
  Array.from({ length: count }, (_, i) => (i + 1) ** -exponent);

/** Decimals, how many of the tokens have them, and between which powers of ten their price in dollars lies. */
const TOKEN_KINDS = [
  { decimals: 18, share: 0.84, low: -3.5, high: 2 },
  { decimals: 6, share: 0.09, low: -2, high: 1 },
  { decimals: 8, share: 0.07, low: -1, high: 4 },
] as const;

/** The bases first, then tokens of falling weight. */
export function makeTokens(count: number, seed: number): readonly PricedToken[] {
  const random = createRandom(seed, "tokens");
  const drawKind = createWeightedDraw(TOKEN_KINDS.map(({ share }) => share));
  return zipf(count, ZIPF).map((weight, i): PricedToken => {
    const hub = HUBS[i];
    if (hub !== undefined) {
      const { symbol, address, decimals, usd } = hub;
      return { token: { address, symbol, decimals, taxed: false }, usd, weight };
    }
    const { decimals, low, high } = TOKEN_KINDS[drawKind(random)] ?? TOKEN_KINDS[0];
    const address: Address = `0x${random.hex(20)}`;
    const usd = 10 ** random.between(low, high);
    return { token: { address, symbol: `T${i}`, decimals, taxed: false }, usd, weight };
  });
}

/** How many bases a market has. */
export const HUB_COUNT = HUBS.length;

/** Draws exchanges for pairs until there are enough pools: one pool a pair, exchange and fee tier. */
export function makeSites(tokens: readonly PricedToken[], size: MarketSize, seed: number): readonly Site[] {
  const random = createRandom(seed, "topology");
  const drawPair = createPairDraw(tokens.length);
  const sites: Site[] = [];
  const taken = new Set<string>();
  const fill = (count: number, venues: readonly Venue[], pair: () => readonly [number, number]): void => {
    const drawVenue = createWeightedDraw(venues.map(({ share }) => share));
    for (let made = 0, tries = 0; made < count; tries++) {
      if (tries > 400 * count + 10_000) throw new RangeError(`no room for ${count} pools of these tokens`);
      const [one, other] = pair();
      const which = drawVenue(random);
      const key = `${Math.min(one, other)}:${Math.max(one, other)}:${venues[0]?.kind}:${which}`;
      if (one === other || taken.has(key)) continue;
      taken.add(key);
      made++;
      const venue = venues[which];
      const [a, b] = [tokens[one], tokens[other]];
      if (venue !== undefined && a !== undefined && b !== undefined) sites.push(siteOf(venue, a, b, random));
    }
  };
  const numbers = new Map(tokens.map(({ token }, i) => [token, i]));
  const free = (): readonly [number, number] => drawPair(random);
  fill(size.v2, V2_VENUES, free);
  const v2Sites = sites.length;
  const beside = (): readonly [number, number] => {
    const site = random.next() < BESIDE_V2 ? sites[random.below(v2Sites)] : undefined;
    if (site === undefined) return free();
    return [numbers.get(site.first.token) ?? 0, numbers.get(site.second.token) ?? 0];
  };
  fill(size.v3, V3_VENUES, beside);
  fill(size.algebra, ALGEBRA_VENUES, beside);
  return sites;
}

function createPairDraw(tokens: number): (random: Random) => readonly [number, number] {
  const drawHub = createWeightedDraw(HUBS.map(({ share }) => share));
  const drawToken = createWeightedDraw(zipf(tokens, ZIPF));
  const drawWithoutHub = createWeightedDraw(zipf(tokens, ZIPF_WITHOUT_HUB));
  return (random) =>
    random.next() < HUB_SHARE
      ? [drawHub(random), drawToken(random)]
      : [drawWithoutHub(random), drawWithoutHub(random)];
}

function siteOf(venue: Venue, a: PricedToken, b: PricedToken, random: Random): Site {
  const { dex, kind, tickSpacing, share } = venue;
  const [first, second] = a.token.address < b.token.address ? [a, b] : [b, a];
  return {
    pool: {
      address: `0x${random.hex(20)}`,
      kind,
      dex,
      token0: first.token.address,
      token1: second.token.address,
    },
    feePpm: kind === "algebra" ? 100 + random.below(2901) : venue.feePpm,
    tickSpacing,
    first,
    second,
    popularity: a.weight * b.weight,
    share,
  };
}
