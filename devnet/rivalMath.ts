/** Reserves of a V2 pair, in raw units, seen from a cycle base → middle → base. */
export interface PairSide {
  readonly base: bigint;
  readonly middle: bigint;
}

/** What a cycle over two V2 pairs takes and gives; raw units. */
export interface TwoPairTrade {
  readonly owed: bigint;
  readonly middleAmount: bigint;
  readonly received: bigint;
}

const FEE_FACTOR = 0.997;

/** `getAmountOut` of the Uniswap V2 library: 0.3 % fee, rounded down. */
export function v2Output(amountIn: bigint, reserveIn: bigint, reserveOut: bigint): bigint {
  const taxed = amountIn * 997n;
  return (taxed * reserveOut) / (reserveIn * 1000n + taxed);
}

/**
 * The best cycle that buys `middle` on the first pair and sells it on the second: the closed form for two
 * constant-product pools seen as one, in floats, then exact amounts. Null when nothing pays.
 */
export function bestTwoPairTrade(first: PairSide, second: PairSide): TwoPairTrade | null {
  const [b1, m1] = [Number(first.base), Number(first.middle)];
  const [b2, m2] = [Number(second.base), Number(second.middle)];
  const joined = m2 + m1 * FEE_FACTOR;
  const reserveIn = (b1 * m2) / joined;
  const reserveOut = (FEE_FACTOR * m1 * b2) / joined;
  const bestIn = (Math.sqrt(reserveIn * reserveOut * FEE_FACTOR) - reserveIn) / FEE_FACTOR;
  if (!(bestIn >= 1)) return null;
  const owed = BigInt(Math.floor(bestIn));
  const middleAmount = v2Output(owed, first.base, first.middle);
  if (middleAmount === 0n) return null;
  const received = v2Output(middleAmount, second.middle, second.base);
  return received > owed ? { owed, middleAmount, received } : null;
}
