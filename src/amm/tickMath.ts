export const MIN_TICK = -887272;
export const MAX_TICK = 887272;
/** sqrtRatioAtTick(MIN_TICK): no price is below it. */
export const MIN_SQRT_RATIO = 4295128739n;
/** sqrtRatioAtTick(MAX_TICK): every price is below it. */
export const MAX_SQRT_RATIO = 1461446703485210103287273052203988822378723970342n;
/** One in Q64.96. A float: for estimates. */
export const Q96_FLOAT = 2 ** 96;

const UINT256_MAX = (1n << 256n) - 1n;
const UINT32_MAX = (1n << 32n) - 1n;

/** sqrt(1.0001)^(-2^k) in Q128.128, k = 0..19: the constants of TickMath.getSqrtRatioAtTick. */
const FACTORS = [
  0xfffcb933bd6fad37aa2d162d1a594001n,
  0xfff97272373d413259a46990580e213an,
  0xfff2e50f5f656932ef12357cf3c7fdccn,
  0xffe5caca7e10e4e61c3624eaa0941cd0n,
  0xffcb9843d60f6159c9db58835c926644n,
  0xff973b41fa98c081472e6896dfb254c0n,
  0xff2ea16466c96a3843ec78b326b52861n,
  0xfe5dee046a99a2a811c461f1969c3053n,
  0xfcbe86c7900a88aedcffc83b479aa3a4n,
  0xf987a7253ac413176f2b074cf7815e54n,
  0xf3392b0822b70005940c7a398e4b70f3n,
  0xe7159475a2c29b7443b29c7fa6e889d9n,
  0xd097f3bdfd2022b8845ad8f792aa5825n,
  0xa9f746462d870fdf8a65dc1f90e061e5n,
  0x70d869a156d2a1b890bb3df62baf32f7n,
  0x31be135f97d08fd981231505542fcfa6n,
  0x9aa508b5b7a84e1c677de54f3e99bc9n,
  0x5d6af8dedb81196699c329225ee604n,
  0x2216e584f5fa1ea926041bedfe98n,
  0x48a170391f7dc42444e8fa2n,
];

/** Direct-mapped memory of ratios: a market's ticks return block after block, and a ratio costs up to 20 products. */
const SLOTS = 1 << 15;
const slotTick = new Int32Array(SLOTS);
// An empty slot names tick 0, which belongs to the first slot alone; there its ratio stands from the start.
const slotRatio: bigint[] = Array.from({ length: SLOTS }, () => 1n << 96n);

function computeRatio(tick: number): bigint {
  let ratio = 1n << 128n;
  for (let rest = Math.abs(tick), k = 0; rest !== 0; rest >>= 1, k++) {
    if ((rest & 1) === 1) ratio = (ratio * (FACTORS[k] ?? 0n)) >> 128n;
  }
  if (tick > 0) ratio = UINT256_MAX / ratio;
  return (ratio + UINT32_MAX) >> 32n;
}

/**
 * sqrt(1.0001^tick) in Q64.96, rounded up as TickMath.getSqrtRatioAtTick does (the same function in Uniswap V3
 * and Algebra). Throws a RangeError outside MIN_TICK..MAX_TICK.
 */
export function sqrtRatioAtTick(tick: number): bigint {
  const slot = tick & (SLOTS - 1);
  if (slotTick[slot] === tick) return slotRatio[slot] ?? 0n;
  if (!Number.isInteger(tick) || tick < MIN_TICK || tick > MAX_TICK) {
    throw new RangeError(`tick ${tick} is outside ${MIN_TICK}..${MAX_TICK}`);
  }
  const ratio = computeRatio(tick);
  slotTick[slot] = tick;
  slotRatio[slot] = ratio;
  return ratio;
}

const TICKS_PER_E = 2 / Math.log(1.0001);
const LOG_Q96 = 96 * Math.LN2;
/**
 * How far from a whole tick the logarithm decides alone. Its own error is below 1e-8 ticks; the ratio's rounding
 * to a whole number is worth up to 5e-6 ticks at the lowest price.
 */
const SURE = 1e-4;

/**
 * Greatest tick whose ratio is not above `sqrtPriceX96`: what TickMath.getTickAtSqrtRatio answers. A logarithm in
 * floats finds the neighbourhood; near a boundary exact ratios decide. Throws a RangeError unless
 * MIN_SQRT_RATIO <= sqrtPriceX96 < MAX_SQRT_RATIO.
 */
export function tickAtSqrtRatio(sqrtPriceX96: bigint): number {
  if (sqrtPriceX96 < MIN_SQRT_RATIO || sqrtPriceX96 >= MAX_SQRT_RATIO) {
    throw new RangeError(`sqrtPriceX96 ${sqrtPriceX96} is outside the prices of a pool`);
  }
  const tickFloat = (Math.log(Number(sqrtPriceX96)) - LOG_Q96) * TICKS_PER_E;
  const floor = Math.floor(tickFloat);
  const above = tickFloat - floor;
  if (above > SURE && above < 1 - SURE) return floor;
  const nearest = Math.min(Math.max(Math.round(tickFloat), MIN_TICK), MAX_TICK);
  return sqrtRatioAtTick(nearest) <= sqrtPriceX96 ? nearest : nearest - 1;
}
