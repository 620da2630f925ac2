import { swap } from "../../src/amm/swap.ts";
import type { PoolState } from "../../src/amm/poolState.ts";
import type { Router } from "../../src/chain/registry.ts";
import type { Address, PendingTransaction, PoolKind } from "../../src/chain/types.ts";
import { createPrices } from "../../src/search/prices.ts";
import { envelope } from "./pendingFrames.ts";
import { createRandom, createWeightedDraw, rawNear, type Random } from "./random.ts";
import { swapCall, type SwapOrder } from "./swapCalls.ts";
import { weiOfUsd } from "./generate.ts";
import type { BenchMarket } from "./types.ts";

export type SwapFamily = "v2" | "v3" | "algebra" | "universal";

/** One user's swap through a router, not yet mined. */
export interface PendingSwap {
  readonly family: SwapFamily;
  readonly transaction: PendingTransaction;
  /** Indices of the pools that it moves, in trade order. */
  readonly pools: readonly number[];
}

export interface PendingSwapsOptions {
  readonly seed: number;
  readonly routers: readonly Router[];
  /** Default: by the shares below. */
  readonly families?: readonly SwapFamily[];
}

/** A market with the states that swaps are quoted on. */
export interface QuotedMarket extends BenchMarket {
  stateOf(pool: number): PoolState | null;
}

/** How many swaps go through the routers of a family. */
const SHARES: Readonly<Record<SwapFamily, number>> = { v2: 0.4, v3: 0.25, algebra: 0.1, universal: 0.25 };
/** Median size in dollars, and the deviation of its logarithm: one in ten is above 600, one in a hundred above 3,300. */
const MEDIAN_USD = 80;
const USD_DEVIATION = 1.6;
/** Of the pool's depth: it moves the price by two percent, where front-ends begin to warn. */
const MOST_OF_DEPTH = 0.01;
/** Swaps of a token for a base that go on to another. */
const TWO_HOPS = 0.5;
const SLIPPAGES_PPM = [5_000, 10_000, 30_000] as const;
/** Long after every block of a market. */
const DEADLINE = 1_900_000_000n;

/** One exchange's pools as a router sees them. */
interface Venue {
  readonly routers: readonly Router[];
  /** Indices of pools with a base on one side, and how likely each is. */
  readonly pools: readonly number[];
  readonly draw: (random: Random) => number;
  /** Of all its pools: wei of native. */
  readonly depthFloat: number;
}

/** A family's exchanges, and how likely each is. */
interface Venues {
  readonly all: readonly Venue[];
  readonly draw: (random: Random) => number;
}

interface Hop {
  readonly pool: number;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
}

interface Work {
  readonly market: QuotedMarket;
  readonly random: Random;
  readonly rateFloat: (base: Address) => number;
  readonly venues: Readonly<Record<SwapFamily, Venues>>;
  /** Pools of an exchange with that token, by `dex token`. */
  readonly around: ReadonlyMap<string, readonly number[]>;
  readonly native: Address;
  nonce: number;
}

/**
 * Swaps as wallets send them, on the market's newest state: pools by their depth, sizes by a log-normal
 * law, a limit half a percent to three percent below the quote. Deterministic in the seed and the market's blocks.
 */
export function createPendingSwaps(market: QuotedMarket, options: PendingSwapsOptions): () => PendingSwap {
  const [native = "0x"] = market.bases;
  const prices = createPrices({ bases: market.bases, wrappedNative: native }, market.pools);
  const ids = new Map(market.pools.map(({ address }, i) => [address, i]));
  const { rateFloat } = prices.at({ stateOf: (pool) => market.stateOf(ids.get(pool) ?? -1) });
  const random = createRandom(options.seed, "pending swaps");
  const work: Work = {
    market,
    random,
    rateFloat,
    venues: venuesOf(market, options.routers, rateFloat),
    around: poolsAround(market),
    native,
    nonce: 0,
  };
  const families = (options.families ?? (["v2", "v3", "algebra", "universal"] as const)).filter(
    (family) => work.venues[family].all.length > 0,
  );
  const drawFamily = createWeightedDraw(families.map((family) => SHARES[family]));
  return () => {
    for (let tries = 0; tries < 1000; tries++) {
      const family = families[drawFamily(random)] ?? "v2";
      const found = trySwap(work, family);
      if (found !== null) return found;
    }
    throw new RangeError("no pool of this market takes a swap");
  };
}

/** The exchanges that a router trades with, by the kind of its pools. */
function exchangesOf(router: Router): readonly (readonly [PoolKind, string])[] {
  switch (router.family) {
    case "opaque":
      return [];
    case "v2":
    case "v3":
    case "algebra":
      return [[router.family, router.dex]];
    case "router02":
      return [["v3", router.dexV3]];
    case "universal":
      // Those with prices of hops encode their inputs in another way.
      if (router.hopPrices) return [];
      return [["v3", router.dexV3], ...(router.dexV2 === null ? [] : [["v2", router.dexV2] as const])];
  }
}

const familyOf = ({ family }: Router): SwapFamily | null =>
  family === "opaque" ? null : family === "router02" ? "v3" : family;

function venuesOf(
  market: QuotedMarket,
  routers: readonly Router[],
  rateFloat: Work["rateFloat"],
): Work["venues"] {
  const found: Record<SwapFamily, Venue[]> = { v2: [], v3: [], algebra: [], universal: [] };
  const byExchange = new Map<
    string,
    { family: SwapFamily; kind: PoolKind; dex: string; routers: Router[] }
  >();
  for (const router of routers) {
    const family = familyOf(router);
    if (family === null) continue;
    for (const [kind, dex] of exchangesOf(router)) {
      const key = `${family} ${dex}`;
      const group = byExchange.get(key) ?? { family, kind, dex, routers: [] };
      group.routers.push(router);
      byExchange.set(key, group);
    }
  }
  for (const { family, kind, dex, routers: ofExchange } of byExchange.values()) {
    const pools = market.pools.flatMap((pool, i) => (pool.dex === dex && pool.kind === kind ? [i] : []));
    const weights = pools.map((pool) => depthFloat(market, pool, rateFloat));
    const depth = weights.reduce((sum, weight) => sum + weight, 0);
    if (depth > 0)
      found[family].push({
        routers: ofExchange,
        pools,
        draw: createWeightedDraw(weights),
        depthFloat: depth,
      });
  }
  const drawn = (all: readonly Venue[]): Venues => ({
    all,
    draw: createWeightedDraw(all.map((venue) => venue.depthFloat)),
  });
  return {
    v2: drawn(found.v2),
    v3: drawn(found.v3),
    algebra: drawn(found.algebra),
    universal: drawn(found.universal),
  };
}

function poolsAround({ pools }: QuotedMarket): Work["around"] {
  const around = new Map<string, number[]>();
  for (const [i, { dex, token0, token1 }] of pools.entries())
    for (const token of [token0, token1]) {
      const key = `${dex} ${token}`;
      const list = around.get(key);
      if (list === undefined) around.set(key, [i]);
      else list.push(i);
    }
  return around;
}

/** Real or virtual reserves, raw units. */
function reservesFloat(state: PoolState): readonly [number, number] {
  if (state.kind === "v2") return [Number(state.reserve0), Number(state.reserve1)];
  const [liquidity, root] = [Number(state.liquidity), Number(state.sqrtPriceX96) / 2 ** 96];
  return [liquidity / root, liquidity * root];
}

/** Which side a base stands on, preferably the first base; null without one. */
function baseSide({ bases, pools }: QuotedMarket, pool: number): 0 | 1 | null {
  const facts = pools[pool];
  const base = bases.find((each) => each === facts?.token0 || each === facts?.token1);
  return base === undefined ? null : base === facts?.token0 ? 0 : 1;
}

/** Wei of native on the side of the base; 0 without one. */
function depthFloat(market: QuotedMarket, pool: number, rateFloat: Work["rateFloat"]): number {
  const [facts, state, side] = [market.pools[pool], market.stateOf(pool), baseSide(market, pool)];
  if (facts === undefined || state === null || side === null) return 0;
  const worth = reservesFloat(state)[side] * rateFloat(side === 0 ? facts.token0 : facts.token1);
  return Number.isFinite(worth) ? worth : 0;
}

function trySwap(work: Work, family: SwapFamily): PendingSwap | null {
  const { market, random, venues } = work;
  const venue = venues[family].all[venues[family].draw(random)];
  const pool = venue?.pools[venue.draw(random)];
  const [facts, state] = [market.pools[pool ?? -1], market.stateOf(pool ?? -1)];
  if (venue === undefined || pool === undefined || facts === undefined || state === null) return null;
  const side = baseSide(market, pool) ?? 0;
  const [base, token] = side === 0 ? [facts.token0, facts.token1] : [facts.token1, facts.token0];
  const sells = random.next() < 0.5;
  const reserves = reservesFloat(state);
  const usd = MEDIAN_USD * Math.exp(USD_DEVIATION * random.normal());
  const share = Number(weiOfUsd(usd)) / depthFloat(market, pool, work.rateFloat);
  const reserveIn = reserves[sells ? 1 - side : side] ?? 0;
  const amountIn = rawNear(reserveIn * Math.min(share, MOST_OF_DEPTH), random);
  const first: Hop = { pool, tokenIn: sells ? token : base, tokenOut: sells ? base : token };
  const second = sells && random.next() < TWO_HOPS ? nextHop(work, first) : null;
  return makeSwap(work, { family, venue, amountIn, hops: second === null ? [first] : [first, second] });
}

function nextHop({ market, random, around }: Work, { pool, tokenIn, tokenOut }: Hop): Hop | null {
  const facts = market.pools[pool];
  const near = around.get(`${facts?.dex} ${tokenOut}`) ?? [];
  const next = near[random.below(Math.max(1, near.length))];
  const found = market.pools[next ?? -1];
  if (next === undefined || found === undefined || next === pool || found.kind !== facts?.kind) return null;
  const other = found.token0 === tokenOut ? found.token1 : found.token0;
  return other === tokenIn ? null : { pool: next, tokenIn: tokenOut, tokenOut: other };
}

interface Route {
  readonly family: SwapFamily;
  readonly venue: Venue;
  readonly amountIn: bigint;
  readonly hops: readonly Hop[];
}

/** Null where a pool refuses the amount, or gives nothing for it. */
function makeSwap(work: Work, { family, venue, amountIn, hops }: Route): PendingSwap | null {
  const { market, random, native } = work;
  let amountOut = amountIn;
  const feesPpm: number[] = [];
  for (const { pool, tokenIn } of hops) {
    const state = market.stateOf(pool);
    const result =
      state === null
        ? null
        : swap(state, { zeroForOne: market.pools[pool]?.token0 === tokenIn, amountIn: amountOut });
    if (state === null || result?.ok !== true || result.swap.amountIn !== amountOut) return null;
    feesPpm.push(state.feePpm);
    ({ amountOut } = result.swap);
  }
  if (amountOut < 1000n) return null;
  const router = venue.routers[random.below(venue.routers.length)];
  const kind = market.pools[hops[0]?.pool ?? -1]?.kind;
  if (router === undefined || kind === undefined) return null;
  const sender: Address = `0x${random.hex(20)}`;
  const order: SwapOrder = {
    path: [hops[0]?.tokenIn ?? "0x", ...hops.map(({ tokenOut }) => tokenOut)],
    feesPpm,
    amountIn,
    amountOut,
    slippagePpm: SLIPPAGES_PPM[random.below(SLIPPAGES_PPM.length)] ?? 10_000,
    sender,
    deadline: DEADLINE,
    v2: kind === "v2",
  };
  const call = swapCall(router, order, native, random);
  return {
    family,
    transaction: { ...envelope(random, sender, work.nonce++), to: router.address, ...call },
    pools: hops.map(({ pool }) => pool),
  };
}
