import type { TickTable } from "./poolState.ts";
import { Q96_FLOAT, sqrtRatioAtTick } from "./tickMath.ts";

const UINT128_MAX = (1n << 128n) - 1n;
/** What the double 1.0001 lacks of the number, as a share of it: over many ticks it adds up. */
const BASE_ERROR = 1.1013412404281552e-17 / 1.0001;
/** Below it the contract's ratio has too few bits to be the power itself. */
const LOWEST_POWER = -600_000;

/**
 * sqrt(1.0001^tick) as the contract's ratio over 2^96: within 1e-15 of it, an estimate. Ticks of a pool, so within
 * MIN_TICK..MAX_TICK.
 */
export function sqrtPriceFloatAtTick(tick: number): number {
  if (tick < LOWEST_POWER) return Number(sqrtRatioAtTick(tick)) / Q96_FLOAT;
  return 1.0001 ** (tick / 2) * (1 + (tick / 2) * BASE_ERROR);
}

/** A tick table in floats: estimates for quotes. */
export interface TickFloats {
  /** By position: square root of the price at the tick. */
  readonly sqrtPrices: Float64Array;
  /** Liquidity below the first tick, then above each: one longer than the ticks. -1 where no pool can be so. */
  readonly liquidity: Float64Array;
}

interface Known extends TickFloats {
  /** Exact liquidity below the first tick, and what it adds up to above each. */
  readonly sums: readonly bigint[];
}

const knownOf = new WeakMap<TickTable, Known>();

/**
 * The table in floats; made once for each table. `liquidity` is the pool's, above the tick at `position` (-1: below
 * the first): where the ticks do not add up to it, as in a table that is not whole, all ranges differ by the same.
 */
export function tickFloats(table: TickTable, position: number, liquidity: bigint): TickFloats {
  const known = knownOf.get(table);
  const sum = known?.sums[position + 1];
  if (known !== undefined && sum === liquidity) return known;
  const below = (known?.sums[0] ?? 0n) + liquidity - (sum ?? sumTo(table, position));
  const made = make(table, below, known?.sqrtPrices);
  knownOf.set(table, made);
  return made;
}

function sumTo({ liquidityNet }: TickTable, position: number): bigint {
  let sum = 0n;
  for (let i = 0; i <= position; i++) sum += liquidityNet[i] ?? 0n;
  return sum;
}

function make(table: TickTable, below: bigint, prices: Float64Array | undefined): Known {
  const sums = [below];
  let sum = below;
  for (const net of table.liquidityNet) {
    sum += net;
    sums.push(sum);
  }
  return {
    sqrtPrices: prices ?? Float64Array.from(table.indexes, sqrtPriceFloatAtTick),
    liquidity: Float64Array.from(sums, (exact) => (exact < 0n || exact > UINT128_MAX ? -1 : Number(exact))),
    sums,
  };
}
