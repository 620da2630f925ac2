import {
  MAX_SQRT_RATIO,
  MAX_TICK,
  MIN_SQRT_RATIO,
  MIN_TICK,
  sqrtRatioAtTick,
} from "../../src/amm/tickMath.ts";

/** A repeatable source of random values (mulberry32). */
export interface Random {
  /** Integer in [low, high]. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** Below 2^bits, every length equally likely. */
  bits(low: number, high: number): bigint;
}

/** The seed of a run: `FUZZ_SEED` or a fixed one, printed so that a failure can be repeated. */
export function fuzzSeed(name: string, fixed: number): number {
  const seed = Number(process.env["FUZZ_SEED"] ?? fixed);
  console.log(`${name}: FUZZ_SEED=${seed}`);
  return seed;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    bits: (low, high) => {
      const length = integer(low, high);
      let value = 1n;
      for (let bit = 1; bit < length; bit++) value = (value << 1n) | BigInt(integer(0, 1));
      return length === 0 ? 0n : value;
    },
  };
}

const clampTick = (tick: number): number => Math.min(Math.max(tick, MIN_TICK), MAX_TICK);

/** A price near `tick`: on it, beside it, or anywhere between it and the next. */
export function priceNear(random: Random, tick: number): bigint {
  const at = sqrtRatioAtTick(clampTick(tick));
  const above = sqrtRatioAtTick(clampTick(tick + 1));
  const price = random.pick([
    at,
    at,
    at - 1n,
    at + 1n,
    at + ((above - at) * random.bits(0, 53)) / (1n << 53n),
  ]);
  if (price < MIN_SQRT_RATIO) return MIN_SQRT_RATIO;
  return price < MAX_SQRT_RATIO ? price : MAX_SQRT_RATIO - 1n;
}

export interface Range {
  readonly lower: number;
  readonly upper: number;
}

/** A position: over all prices, around the tick, or far from it; its width between one spacing and very many. */
export function randomRange(random: Random, tick: number, tickSpacing: number): Range {
  const lowest = Math.ceil(MIN_TICK / tickSpacing);
  const highest = Math.floor(MAX_TICK / tickSpacing);
  if (random.chance(0.12)) return { lower: lowest * tickSpacing, upper: highest * tickSpacing };
  const width = Number(random.bits(1, 12));
  const centre = Math.floor(tick / tickSpacing) + random.integer(-2 * width, width);
  const lower = Math.min(Math.max(centre, lowest), highest - 1);
  const upper = Math.min(lower + width, highest);
  return { lower: lower * tickSpacing, upper: upper * tickSpacing };
}
