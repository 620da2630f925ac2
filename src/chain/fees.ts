import { ceilDiv, maxBigint, minBigint } from "../lib/bigint.ts";

const PPM = 1_000_000n;

/** How fees are chosen; wei per gas unless said otherwise. Polygon's figures are in `POLYGON_FEES`. */
export interface FeePolicy {
  /** Most that the base fee may rise from one block to the next, in parts per million. */
  readonly baseFeeStepPpm: bigint;
  /** Blocks after the parent that the fee must still be good for; at least 1. */
  readonly blocksAhead: number;
  /** Priority fee that we bid; `tipFloor` where it is lower. */
  readonly tip: bigint;
  /** Least priority fee that block producers take. */
  readonly tipFloor: bigint;
  /** Most wei that one transaction may cost: gas limit times `maxFeePerGas`. */
  readonly txFeeCap: bigint;
}

export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/**
 * Polygon since Lisovo: a producer moves the base fee by at most 5 % a block (PIP-79), pools want 25 gwei tip
 * and the documentation 30, and Bor's default `rpc.txfeecap` refuses what could cost more than 1 POL.
 */
export const POLYGON_FEES: FeePolicy = {
  baseFeeStepPpm: 50_000n,
  blocksAhead: 2,
  tip: 30_000_000_000n,
  tipFloor: 30_000_000_000n,
  txFeeCap: 10n ** 18n,
};

/** Highest base fee possible `blocks` after one with `baseFee`, each step rounded up; wei. */
export function baseFeeBound(baseFee: bigint, stepPpm: bigint, blocks: number): bigint {
  let bound = baseFee;
  for (let i = 0; i < blocks; i++) bound = ceilDiv(bound * (PPM + stepPpm), PPM);
  return bound;
}

/** What the producer gets for each gas, as Bor orders by: min(tip cap, fee cap - base fee); may be negative. */
export const effectiveTip = (fees: Fees, baseFee: bigint): bigint =>
  minBigint(fees.maxPriorityFeePerGas, fees.maxFeePerGas - baseFee);

/** What we pay for each gas in a block with `baseFee`, provided that the fee cap covers it. */
export const effectiveGasPrice = (fees: Fees, baseFee: bigint): bigint =>
  baseFee + effectiveTip(fees, baseFee);

const bidTip = ({ tip, tipFloor }: FeePolicy): bigint => maxBigint(tip, tipFloor);

/** Most that we pay for each gas in the next block on settled state; `baseFee` is the parent block's. */
export const nextGasPrice = (policy: FeePolicy, baseFee: bigint): bigint =>
  baseFeeBound(baseFee, policy.baseFeeStepPpm, 1) + bidTip(policy);

/** Fees of a transaction of ours on settled state; `baseFee` is the parent block's. */
export function settledFees(policy: FeePolicy, baseFee: bigint): Fees {
  const maxPriorityFeePerGas = bidTip(policy);
  const bound = baseFeeBound(baseFee, policy.baseFeeStepPpm, policy.blocksAhead);
  return { maxFeePerGas: bound + maxPriorityFeePerGas, maxPriorityFeePerGas };
}

/**
 * Whether a pool that holds `old` takes `fees` in its place: geth's rule, and Bor's (`list.Add` of `core/txpool/legacypool`
 * with a price bump of 10 %). Both fields are above the old ones, and not under 110 % of them, rounded down. Null, a bid
 * that is not known, neither outbids nor is outbid.
 */
export const outbids = (fees: Fees | null, old: Fees | null): boolean =>
  fees !== null &&
  old !== null &&
  isBumped(fees.maxFeePerGas, old.maxFeePerGas) &&
  isBumped(fees.maxPriorityFeePerGas, old.maxPriorityFeePerGas);

const isBumped = (fee: bigint, old: bigint): boolean => fee > old && fee >= (old * 11n) / 10n;

/** Bor's price bump of 10 %, rounded up. */
const bump = (fee: bigint): bigint => ceilDiv(fee * 11n, 10n);

/** Fees of a replacement: both fields at least 10 % above the old ones, and not under `floor`. */
export function replacementFees(old: Fees, floor: Fees): Fees {
  return {
    maxFeePerGas: maxBigint(bump(old.maxFeePerGas), floor.maxFeePerGas),
    maxPriorityFeePerGas: maxBigint(bump(old.maxPriorityFeePerGas), floor.maxPriorityFeePerGas),
  };
}

/** The fee fields of a transaction of others; a legacy one's `gasPrice` stands for both. */
export interface OthersFees {
  readonly gasPrice: bigint | null;
  readonly maxFeePerGas: bigint | null;
  readonly maxPriorityFeePerGas: bigint | null;
}

/** What a transaction bids; null when it carries no fee, or one EIP-1559 field without the other: it is not known then. */
export function bidOf({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }: OthersFees): Fees | null {
  if (maxFeePerGas !== null && maxPriorityFeePerGas !== null) return { maxFeePerGas, maxPriorityFeePerGas };
  if (maxFeePerGas !== null || maxPriorityFeePerGas !== null) return null;
  return gasPrice === null ? null : { maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice };
}

/**
 * Fees of a back-run behind a row of one sender's transactions, the trigger last: of each field the lowest. Bor merges
 * senders by the effective tip of their next transaction, ties by first seen: who bids more than any of the row may be
 * taken while that one is the next. The least of min(tip cap, fee cap - base fee) is that of the lowest fields, so these
 * tie with the cheapest of the row under every base fee; one wei more would stand before it. Null: without a row, or
 * where one of it bids nothing that is known.
 */
export function backrunFees(behind: readonly OthersFees[]): Fees | null {
  let lowest: Fees | null = null;
  for (const each of behind) {
    const bid = bidOf(each);
    if (bid === null) return null;
    lowest = lowest === null ? bid : lowerOf(lowest, bid);
  }
  return lowest;
}

const lowerOf = (a: Fees, b: Fees): Fees => ({
  maxFeePerGas: minBigint(a.maxFeePerGas, b.maxFeePerGas),
  maxPriorityFeePerGas: minBigint(a.maxPriorityFeePerGas, b.maxPriorityFeePerGas),
});

/** How a plan on settled state bids against others for its place in the block. */
export interface RacePolicy {
  /** Share of the profit after the base fee that the tip may take, in parts per million. */
  readonly sharePpm: bigint;
  /** What is left of the bid with every block that the plan's oldest cycle has stood open, in parts per million. */
  readonly decayPpm: bigint;
  /** Most wei per gas. */
  readonly maxTip: bigint;
}

/** What one plan has to bid with; wei unless said otherwise. */
export interface RaceStake {
  /** Before gas. */
  readonly profit: bigint;
  /** Least that must be left after gas. */
  readonly minNet: bigint;
  /** Gas units. */
  readonly gas: { readonly expected: bigint; readonly limit: bigint };
  /** The parent block's. */
  readonly baseFee: bigint;
  /** Blocks that its oldest cycle has stood open. */
  readonly age: number;
  /** What others paid lately, wei per gas: no more is bid. Null: not known, and no race is run. */
  readonly recentTip: bigint | null;
}

/** A cycle that has stood open for so long is contested by nobody. */
const MOST_DECAY = 64;

/**
 * Fees of a plan that races: a share of what it leaves after the base fee, spread over the gas limit, fading with its
 * age; at most what others paid lately, the cap, what `minNet` leaves and what the transaction may cost at all; at
 * least the usual bid. Every division rounds down. Whether the usual bid still leaves `minNet` is for the caller.
 */
export function raceFees(policy: FeePolicy, race: RacePolicy, stake: RaceStake): Fees {
  const usual = settledFees(policy, stake.baseFee);
  const { gas, recentTip } = stake;
  if (recentTip === null) return usual;
  const left = stake.profit - gas.expected * baseFeeBound(stake.baseFee, policy.baseFeeStepPpm, 1);
  let bid = (left * race.sharePpm) / PPM / gas.limit;
  for (let i = Math.min(stake.age, MOST_DECAY); i > 0; i--) bid = (bid * race.decayPpm) / PPM;
  const base = usual.maxFeePerGas - usual.maxPriorityFeePerGas;
  const affordable = minBigint((left - stake.minNet) / gas.expected, policy.txFeeCap / gas.limit - base);
  const capped = minBigint(minBigint(bid, affordable), minBigint(recentTip, race.maxTip));
  const maxPriorityFeePerGas = maxBigint(usual.maxPriorityFeePerGas, capped);
  return { maxFeePerGas: base + maxPriorityFeePerGas, maxPriorityFeePerGas };
}
