import type { Address, Hex } from "../../src/chain/types.ts";
import { VENUES, amountWorth, tokenBySymbol } from "../market.ts";
import type { PricedToken, Venue } from "../market.ts";
import { FAR_DEADLINE } from "../pools.ts";
import type { DevRegistry } from "../registry.ts";
import type { Call } from "../signing.ts";

/** What the traders' calls are made from. */
export interface FlowMarket {
  readonly registry: DevRegistry;
  readonly tokens: readonly PricedToken[];
  /** Pools in the order of `VENUES`. */
  readonly pools: readonly Address[];
}

/** One pool of a way, in the direction of the trade. */
export interface Hop {
  readonly venue: Venue;
  readonly symbolIn: string;
  readonly symbolOut: string;
}

/** What a trader wants: so much along these pools, within these bounds. Amounts in raw units. */
export interface Order {
  readonly hops: readonly Hop[];
  /** Tokens from the one paid to the one received: one more than hops. */
  readonly path: readonly Address[];
  /** As worth at the anchor prices, of the first and of the last token. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  /** Bounds of exact-input and exact-output calls. */
  readonly amountOutMinimum: bigint;
  readonly amountInMaximum: bigint;
  readonly trader: Address;
  /** Seconds; ignored by calls that have none. */
  readonly deadline: bigint;
}

/** A way of calling a router (or the aggregator). */
export interface FlowKind {
  /** Router and function, as `v2.swapExactTokensForTokens`. */
  readonly name: string;
  /** How often it is taken among those that fit. */
  readonly weight: number;
  /** The order's deadline is in the call. */
  readonly hasDeadline: boolean;
  readonly fits: (order: Order, market: FlowMarket) => boolean;
  readonly call: (order: Order, market: FlowMarket) => Call;
}

/** Gas limits: enough for the kind's overhead, and for each pool. */
const GAS = { base: 160_000n, pool: 120_000n, algebraPool: 320_000n } as const;

/** A call to `to` with a gas limit that suits the order's pools. */
export const callOf = (order: Order, to: Address, data: Hex, value = 0n): Call => ({
  to,
  data,
  value,
  gas: order.hops.reduce<bigint>(
    (gas, { venue }) => gas + (venue.dex === "quickswap_v3" ? GAS.algebraPool : GAS.pool),
    GAS.base,
  ),
});

const BOUNDS = {
  /** No least output, and up to twice the anchor's input, as careless users do. */
  none: { least: 0n, most: 200n },
  /** Four percent off the anchor: fails when the market is away from it. */
  some: { least: 96n, most: 104n },
  /** Twice what the market can give: always fails. */
  impossible: { least: 200n, most: 50n },
} as const;

export type Bound = keyof typeof BOUNDS;

export interface OrderTerms {
  readonly usd: number;
  readonly trader: Address;
  readonly bound?: Bound;
  readonly deadline?: bigint;
}

/** An order for so many dollars along a way. */
export function orderOf(
  { tokens }: FlowMarket,
  hops: readonly Hop[],
  { usd, trader, bound = "none", deadline = FAR_DEADLINE }: OrderTerms,
): Order {
  const [first, last] = [hops[0], hops.at(-1)];
  if (first === undefined || last === undefined) throw new Error("a way without pools");
  const path = [first.symbolIn, ...hops.map(({ symbolOut }) => symbolOut)].map(
    (symbol) => tokenBySymbol(tokens, symbol).address,
  );
  const amountIn = amountWorth(tokenBySymbol(tokens, first.symbolIn), usd);
  const amountOut = amountWorth(tokenBySymbol(tokens, last.symbolOut), usd);
  const { least, most } = BOUNDS[bound];
  return {
    hops,
    path,
    amountIn,
    amountOut,
    amountOutMinimum: (amountOut * least) / 100n,
    amountInMaximum: (amountIn * most) / 100n,
    trader,
    deadline,
  };
}

/** The same order for one half of the money. */
export const halfOf = (order: Order): Order => ({
  ...order,
  amountIn: order.amountIn / 2n,
  amountOut: order.amountOut / 2n,
  amountOutMinimum: order.amountOutMinimum / 2n,
  amountInMaximum: order.amountInMaximum / 2n,
});

/** The way back. */
export const reversed = (hops: readonly Hop[]): readonly Hop[] =>
  hops.toReversed().map(({ venue, symbolIn, symbolOut }) => ({
    venue,
    symbolIn: symbolOut,
    symbolOut: symbolIn,
  }));

const directed = (venue: Venue): readonly Hop[] => {
  const [a, b] = venue.pair;
  return [
    { venue, symbolIn: a, symbolOut: b },
    { venue, symbolIn: b, symbolOut: a },
  ];
};

/** All ways over that many pools which satisfy `joins` at each step and meet no token twice; both directions. */
export function waysOver(
  pools: number,
  venues: readonly Venue[],
  joins: (a: Venue, b: Venue) => boolean,
): readonly (readonly Hop[])[] {
  const single = venues.flatMap(directed);
  let ways: readonly (readonly Hop[])[] = single.map((hop) => [hop]);
  for (let length = 2; length <= pools; length++) {
    ways = ways.flatMap((way) =>
      single
        .filter((next) => {
          const last = way.at(-1);
          return (
            last !== undefined &&
            last.symbolOut === next.symbolIn &&
            joins(last.venue, next.venue) &&
            way.every(({ symbolIn }) => symbolIn !== next.symbolOut)
          );
        })
        .map((next) => [...way, next]),
    );
  }
  return ways;
}

export const isV2 = ({ dex }: Venue): boolean => dex.endsWith("_v2");
export const isUniswapV2 = ({ dex }: Venue): boolean => dex === "uniswap_v2";
export const isUniswapV3 = ({ dex }: Venue): boolean => dex === "uniswap_v3";
export const isAlgebra = ({ dex }: Venue): boolean => dex === "quickswap_v3";

export const everyHop = ({ hops }: Order, is: (venue: Venue) => boolean): boolean =>
  hops.every(({ venue }) => is(venue));

export const paysWrapped = (order: Order, { registry }: FlowMarket): boolean =>
  order.path[0] === registry.wrapped;
export const getsWrapped = (order: Order, { registry }: FlowMarket): boolean =>
  order.path.at(-1) === registry.wrapped;

/** Where the pool of a venue stands. */
export function poolOf({ pools }: FlowMarket, venue: Venue): Address {
  const pool = pools[VENUES.indexOf(venue)];
  if (pool === undefined) throw new Error(`no pool of ${venue.dex} ${venue.pair.join("/")}`);
  return pool;
}
