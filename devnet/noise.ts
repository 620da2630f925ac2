import type { Address } from "../src/chain/types.ts";
import { TRADER_COUNT } from "./accounts.ts";
import { FLOW_KINDS, flowKinds } from "./flow/kinds.ts";
import { isV2, orderOf, reversed } from "./flow/order.ts";
import type { Bound, FlowKind, FlowMarket, Hop } from "./flow/order.ts";
import { MENUS } from "./flow/ways.ts";
import type { Menu } from "./flow/ways.ts";
import { word } from "./hex.ts";
import { FAR_DEADLINE } from "./pools.ts";
import { createRandom } from "./random.ts";
import type { Call, Fees, GasPrice } from "./signing.ts";

const GWEI = 1_000_000_000n;
/** A trade is undone by an equal one this many blocks later: prices come back to their anchors by themselves. */
const LAGS = { shortest: 3, spread: 10 } as const;
/** Openings in a block; about as many closings come on top. */
const OPENINGS = { fewest: 2, spread: 3 } as const;
/** Trade size as a share of one side of the pool; concentrated pools are some eight times deeper near the price. */
const SHARES = {
  v2: { least: 0.003, spread: 0.013 },
  concentrated: { least: 0.01, spread: 0.03 },
} as const;
/** How often a block has a trade that must fail, and how often one trader sends two. */
const FAILURES = 0.2;
const SPREES = 0.25;
const PAST_DEADLINE = 1_600_000_000n;
/** What a sender may promise for the gas of one transaction: what nodes take (1 POL). */
const MOST_FEE = 10n ** 18n;

/** A trade as planned: dollars along a way, and back `lag` blocks later. */
interface Opening {
  readonly hops: readonly Hop[];
  readonly usd: number;
  readonly lag: number;
}

/** One transaction of a trader, by its index. */
export interface NoiseTrade {
  readonly trader: number;
  /** Name of its `FlowKind`. */
  readonly kind: string;
  /** It is made to revert. */
  readonly fails: boolean;
  readonly call: Call;
  readonly fees: Fees | GasPrice;
}

/** Accounts, tokens and routers that the trades use. */
export interface NoiseMarket extends FlowMarket {
  readonly traders: readonly Address[];
}

type Random = () => number;

const blockRandom = (seed: number, block: number, salt: number): Random =>
  createRandom(Math.imul(seed, 0x9e37_79b1) ^ Math.imul(block, 0x85eb_ca6b) ^ salt);

const pick = <T>(random: Random, from: readonly T[]): T => {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
};

function pickWeighted<T extends { readonly weight: number }>(random: Random, from: readonly T[]): T {
  let rest = random() * from.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = from.find(({ weight }) => (rest -= weight) < 0) ?? from.at(-1);
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}

/** What the smallest pool of the way bears. */
const sizeOf = (hops: readonly Hop[], dice: number): number =>
  Math.round(
    Math.min(
      ...hops.map(({ venue }) => {
        const { least, spread } = isV2(venue) ? SHARES.v2 : SHARES.concentrated;
        return venue.usd * (least + dice * spread);
      }),
    ),
  );

export interface NoiseOptions {
  readonly seed: number;
  /** The first block with trades, so that nothing closes which never opened. */
  readonly firstBlock: number;
  /** Names of flow kinds or of routers: only these open trades. Default: all. */
  readonly flow?: readonly string[];
}

/**
 * The traders' activity: all trades of a block are a function of seed and block number alone, never of prices, clock
 * or what happened to earlier ones. Throws when `flow` names what nobody knows.
 */
export function createNoise(
  market: NoiseMarket,
  { seed, firstBlock, flow = [] }: NoiseOptions,
): (block: number) => readonly NoiseTrade[] {
  const kinds = flowKinds(flow);
  const someone = market.traders[0];
  if (someone === undefined) throw new Error("nobody trades");
  const fitting = (hops: readonly Hop[], among: readonly FlowKind[]): readonly FlowKind[] => {
    const order = orderOf(market, hops, { usd: 1, trader: someone });
    return among.filter(({ fits }) => fits(order, market));
  };
  const menus: readonly Menu[] = MENUS.map(({ weight, ways }) => ({
    weight,
    ways: ways.filter((hops) => fitting(hops, kinds).length > 0),
  })).filter(({ ways }) => ways.length > 0);

  const openingOf = (random: Random): Opening => {
    const { ways } = pickWeighted(random, menus);
    const hops = pick(random, ways);
    const usd = sizeOf(hops, random());
    return { hops, usd, lag: LAGS.shortest + Math.floor(random() * LAGS.spread) };
  };
  const openingsOf = (block: number): readonly Opening[] => {
    const random = blockRandom(seed, block, 1);
    const count = OPENINGS.fewest + Math.floor(random() * OPENINGS.spread);
    return Array.from({ length: count }, () => openingOf(random));
  };
  /** What opened so long ago that it closes in this block, as the way back. */
  const closingsOf = (block: number): readonly Opening[] => {
    const due: Opening[] = [];
    for (let lag = LAGS.shortest; lag < LAGS.shortest + LAGS.spread; lag++) {
      if (block - lag < firstBlock) break;
      for (const opening of openingsOf(block - lag)) {
        if (opening.lag === lag) due.push({ ...opening, hops: reversed(opening.hops) });
      }
    }
    return due;
  };

  const tradeOf = (trade: Opening, trader: number, fails: boolean, random: Random): NoiseTrade => {
    const wanted = fitting(trade.hops, kinds);
    // A way back may need another function: nobody gets native coins by a function that pays them.
    const kind = pickWeighted(random, wanted.length > 0 ? wanted : fitting(trade.hops, FLOW_KINDS));
    const recipient = market.traders[trader];
    if (recipient === undefined) throw new Error("too few trader accounts");
    const isLate = fails && kind.hasDeadline && random() < 0.5;
    // Most give no bound, as careless users do; some bear 4 % and then may fail.
    const bound: Bound = fails && !isLate ? "impossible" : random() < 0.8 ? "none" : "some";
    const order = orderOf(market, trade.hops, {
      usd: trade.usd,
      trader: recipient,
      bound,
      deadline: isLate ? PAST_DEADLINE : FAR_DEADLINE,
    });
    const call = kind.call(order, market);
    return { trader, kind: kind.name, fails, call, fees: feesOf(call, random) };
  };

  return (block) => {
    const random = blockRandom(seed, block, 2);
    const failing = random() < FAILURES ? [openingOf(random)] : [];
    const trades = [...openingsOf(block), ...closingsOf(block), ...failing];
    const isSpree = random() < SPREES;
    const shift = Math.floor(random() * TRADER_COUNT);
    // Each trader once, as long as they suffice; in a spree the first one has the second trade as well.
    const traderOf = (i: number): number => (shift + (isSpree && i === 1 ? 0 : i)) % TRADER_COUNT;
    return trades.map((trade, i) => tradeOf(trade, traderOf(i), failing.includes(trade), random));
  };
}

/** Most sign EIP-1559 transactions, some old wallets a plain gas price, few with an access list. */
function feesOf({ to, gas }: Call, random: Random): Fees | GasPrice {
  const tip = 30n * GWEI + BigInt(Math.floor(random() * 90e9));
  const dice = random();
  if (dice < 0.75 || to === null) {
    const affordable = MOST_FEE / gas;
    const usual = 2000n * GWEI;
    return { maxFeePerGas: usual < affordable ? usual : affordable, maxPriorityFeePerGas: tip };
  }
  const gasPrice = 30n * GWEI + tip;
  if (dice < 0.93) return { gasPrice };
  return { gasPrice, accessList: [{ address: to, storageKeys: [word(0), word(1)] }] };
}
