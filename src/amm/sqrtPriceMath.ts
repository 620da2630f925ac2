import { ceilDiv } from "../lib/bigint.ts";

export const Q96 = 1n << 96n;
const RESOLUTION = 96n;
const UINT256_MAX = (1n << 256n) - 1n;

/*
 * Amounts and prices at constant liquidity, rounded as SqrtPriceMath (Uniswap V3), and TokenDeltaMath and
 * PriceMovementMath (Algebra) round them. Their two divisions one after the other equal one division by the
 * product. Prices are Q64.96 and positive; liquidity is positive.
 */

/** Token0 between two prices, rounded up: what a pool asks for. */
export const amount0Up = (low: bigint, high: bigint, liquidity: bigint): bigint =>
  ceilDiv((liquidity << RESOLUTION) * (high - low), high * low);

/** Token0 between two prices, rounded down: what a pool gives. */
export const amount0Down = (low: bigint, high: bigint, liquidity: bigint): bigint =>
  ((liquidity << RESOLUTION) * (high - low)) / (high * low);

/** Token1 between two prices, rounded up: what a pool asks for. */
export const amount1Up = (low: bigint, high: bigint, liquidity: bigint): bigint =>
  (liquidity * (high - low) + Q96 - 1n) >> RESOLUTION;

/** Token1 between two prices, rounded down: what a pool gives. */
export const amount1Down = (low: bigint, high: bigint, liquidity: bigint): bigint =>
  (liquidity * (high - low)) >> RESOLUTION;

/**
 * Price after `amount` of token0 came in: down, rounded up, so that no more is given than was paid for. Where
 * uint256 cannot hold the product the contracts take a coarser way round; so do we.
 */
export function priceAfterAmount0In(price: bigint, liquidity: bigint, amount: bigint): bigint {
  const numerator = liquidity << RESOLUTION;
  const denominator = numerator + amount * price;
  return denominator <= UINT256_MAX
    ? ceilDiv(numerator * price, denominator)
    : ceilDiv(numerator, numerator / price + amount);
}

/** Price after `amount` of token1 came in: up, rounded down. */
export const priceAfterAmount1In = (price: bigint, liquidity: bigint, amount: bigint): bigint =>
  price + (amount << RESOLUTION) / liquidity;

/** Price after `amount` of token0 went out: up, rounded up. The liquidity must hold that amount above `price`. */
export function priceAfterAmount0Out(price: bigint, liquidity: bigint, amount: bigint): bigint {
  const numerator = liquidity << RESOLUTION;
  return ceilDiv(numerator * price, numerator - amount * price);
}

/** Price after `amount` of token1 went out: down, rounded down. The liquidity must hold that amount below `price`. */
export const priceAfterAmount1Out = (price: bigint, liquidity: bigint, amount: bigint): bigint =>
  price - ceilDiv(amount << RESOLUTION, liquidity);
