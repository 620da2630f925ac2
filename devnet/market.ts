import type { Address, Token } from "../src/chain/types.ts";
import type { DevRegistry } from "./registry.ts";

/** A token of the local chain with the price, in millionths of a dollar, that its markets are anchored to. */
export interface PricedToken extends Token {
  readonly priceMicroUsd: bigint;
}

const PRICES: Readonly<Record<string, bigint>> = {
  WPOL: 240_000n,
  USDC: 1_000_000n,
  "USDC.e": 1_000_000n,
  USDT0: 1_000_000n,
  DAI: 1_000_000n,
  WETH: 3_150_000_000n,
  WBTC: 94_000_000_000n,
  LINK: 14_500_000n,
  AAVE: 182_000_000n,
  UNI: 7_400_000n,
};

/** The tokens of the product's registry that live on the local chain. */
export const pricedTokens = (registry: DevRegistry): readonly PricedToken[] =>
  Object.entries(PRICES).map(([symbol, priceMicroUsd]) => {
    const found = registry.tokens.find((token) => token.symbol === symbol);
    if (found === undefined) throw new Error(`data/chains/137.json lists no ${symbol}`);
    return { ...found, taxed: false, priceMicroUsd };
  });

/** Raw units worth that many dollars at the anchor price, rounded down. */
export const amountWorth = (token: PricedToken, usd: number): bigint =>
  (BigInt(Math.round(usd * 1e6)) * 10n ** BigInt(token.decimals)) / token.priceMicroUsd;

/** A pool to be made: its exchange, its pair, the dollars on each side; for Uniswap V3 the fee tier. */
export interface Venue {
  readonly dex: string;
  readonly pair: readonly [string, string];
  readonly usd: number;
  readonly fee?: number;
}

const venues = (
  dex: string,
  rows: readonly (readonly [string, string, number, number?])[],
): readonly Venue[] =>
  rows.map(([a, b, thousands, fee]) => ({
    dex,
    pair: [a, b],
    usd: thousands * 1000,
    ...(fee === undefined ? {} : { fee }),
  }));

/** Thousands of dollars on each side. The V2 depths are those of a good day on Polygon; all prices agree. */
export const VENUES: readonly Venue[] = [
  ...venues("quickswap_v2", [
    ["WPOL", "USDC.e", 320],
    ["WPOL", "WETH", 260],
    ["WETH", "USDC.e", 300],
    ["WPOL", "USDC", 220],
    ["WPOL", "USDT0", 160],
    ["WBTC", "WETH", 170],
    ["DAI", "USDC.e", 200],
    ["LINK", "WETH", 90],
    ["AAVE", "WETH", 80],
    ["UNI", "WETH", 60],
  ]),
  ...venues("sushiswap_v2", [
    ["WPOL", "WETH", 150],
    ["WETH", "USDC.e", 210],
    ["WPOL", "USDC.e", 140],
    ["WBTC", "WETH", 160],
    ["USDC.e", "USDT0", 200],
    ["WETH", "DAI", 90],
    ["LINK", "WETH", 60],
  ]),
  ...venues("uniswap_v2", [
    ["WPOL", "USDC", 130],
    ["WETH", "USDC", 140],
    ["WPOL", "WETH", 100],
    ["AAVE", "WETH", 60],
    ["WETH", "USDT0", 90],
  ]),
  ...venues("uniswap_v3", [
    ["WETH", "USDC.e", 300, 500],
    ["WETH", "USDC", 300, 500],
    ["WPOL", "USDC", 250, 500],
    ["WPOL", "USDC.e", 150, 500],
    ["WPOL", "WETH", 200, 500],
    ["WPOL", "WETH", 120, 3000],
    ["WPOL", "USDT0", 120, 500],
    ["WBTC", "WETH", 250, 500],
    ["USDC", "USDT0", 300, 100],
    ["USDC", "USDC.e", 300, 100],
    ["DAI", "USDC", 200, 100],
    ["LINK", "USDC", 90, 3000],
    ["AAVE", "USDC", 90, 3000],
    ["UNI", "WETH", 60, 10_000],
  ]),
  ...venues("quickswap_v3", [
    ["WPOL", "USDC.e", 160],
    ["WETH", "USDC.e", 180],
    ["WPOL", "WETH", 150],
    ["WPOL", "USDC", 140],
    ["WBTC", "WETH", 120],
  ]),
];

export const tokenBySymbol = (tokens: readonly PricedToken[], symbol: string): PricedToken => {
  const found = tokens.find((token) => token.symbol === symbol);
  if (found === undefined) throw new Error(`the local chain has no token ${symbol}`);
  return found;
};

/** The pair in the order of the contracts: by address. */
export const sortedPair = (
  tokens: readonly PricedToken[],
  [a, b]: readonly [string, string],
): readonly [PricedToken, PricedToken] => {
  const [x, y] = [tokenBySymbol(tokens, a), tokenBySymbol(tokens, b)];
  return x.address < y.address ? [x, y] : [y, x];
};

/** Router of each exchange, by its name in the registry. */
export const routerOf = (registry: DevRegistry, dex: string): Address => {
  const all = [...registry.v2, registry.v3, registry.algebra];
  const found = all.find(({ name }) => name === dex);
  if (found === undefined) throw new Error(`no router for ${dex}`);
  return found.router;
};
