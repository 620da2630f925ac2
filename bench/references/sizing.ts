import { concentratedOutput } from "../../src/amm/concentrated.ts";
import type { PoolState } from "../../src/amm/poolState.ts";
import type { Token } from "../../src/chain/types.ts";

/** One hop of a cycle that is to be sized. */
export interface SizingLeg {
  readonly state: PoolState;
  readonly zeroForOne: boolean;
}

/** An exact size of a cycle: raw units of its base. */
export interface Size {
  readonly amountIn: bigint;
  /** Last amount less the first, > 0. */
  readonly profit: bigint;
}

/** Looks for the size at which a cycle earns most; null when it found none that pays. */
export type SizingMethod = (legs: readonly SizingLeg[], base: Token) => Size | null;

/** Exact output of a whole input; 0n when the pool cannot take it all or gives nothing. */
export type ExactOut = (amountIn: bigint) => bigint;

const MILLION = 1_000_000n;

/**
 * One hop with its constants worked out, so that a search over many inputs does not repeat them. V2: getAmountOut,
 * rounded down; the pair's own limit of 2^112 - 1 is not looked at. Concentrated pools step through `src/amm`.
 */
export function exactHop({ state, zeroForOne }: SizingLeg): ExactOut {
  if (state.kind !== "v2") return (amountIn) => concentratedOutput(state, zeroForOne, amountIn);
  const reserveOut = zeroForOne ? state.reserve1 : state.reserve0;
  const scaledReserveIn = (zeroForOne ? state.reserve0 : state.reserve1) * MILLION;
  if (scaledReserveIn === 0n) return () => 0n;
  const afterFee = BigInt(1_000_000 - state.feePpm);
  return (amountIn) => {
    const paid = amountIn * afterFee;
    return (paid * reserveOut) / (scaledReserveIn + paid);
  };
}

/** The hops one after the other. */
export const exactChain =
  (hops: readonly ExactOut[]): ExactOut =>
  (amountIn) => {
    let amount = amountIn;
    for (const hop of hops) {
      amount = hop(amount);
      if (amount === 0n) return 0n;
    }
    return amount;
  };

/** What the first hop holds of the base near its price: where a search may begin to look. */
function depthOf({ state, zeroForOne }: SizingLeg): bigint {
  if (state.kind === "v2") return (zeroForOne ? state.reserve0 : state.reserve1) + 1n;
  const { liquidity, sqrtPriceX96 } = state;
  if (liquidity === 0n || sqrtPriceX96 === 0n) return 1n << 64n;
  return (zeroForOne ? (liquidity << 96n) / sqrtPriceX96 : (liquidity * sqrtPriceX96) >> 96n) + 1n;
}

/**
 * An input beyond the best one, and near it: from the first pool's depth up while twice as much earns more, then down
 * by factors of four while a quarter of a quarter still earns more than a quarter.
 */
export function inputBeyondPeak(legs: readonly SizingLeg[], out: ExactOut): bigint {
  const [first] = legs;
  let high = first === undefined ? 1n : depthOf(first);
  let gain = out(high) - high;
  for (;;) {
    const next = 2n * high;
    const nextGain = out(next) - next;
    high = next;
    if (nextGain <= gain) break;
    gain = nextGain;
  }
  let quarter = high / 4n;
  gain = out(quarter) - quarter;
  for (;;) {
    const next = quarter / 4n;
    if (next === 0n) return high;
    const nextGain = out(next) - next;
    if (nextGain < gain) return high;
    high = quarter;
    quarter = next;
    gain = nextGain;
  }
}
