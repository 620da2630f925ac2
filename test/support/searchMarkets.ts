import type { ConcentratedState, PoolState, V2State } from "../../src/amm/poolState.ts";
import { tickAtSqrtRatio } from "../../src/amm/tickMath.ts";
import { tickTable } from "../../src/amm/tickTable.ts";
import type { Pool } from "../../src/chain/types.ts";
import { amountsAlong, createLeg } from "../../src/search/leg.ts";
import type { Leg } from "../../src/search/leg.ts";
import { addressOf, v2State } from "./marketBlocks.ts";

/** Numbers in [0, 1) that repeat with the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const integer = (random: () => number, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));

export const pick = <T>(random: () => number, list: readonly [T, ...T[]]): T =>
  list[Math.floor(random() * list.length)] ?? list[0];

/** Pools between random tokens (numbers 0xa0 …), some pairs more than once. */
export function randomPools(random: () => number, tokens: number, count: number): Pool[] {
  return Array.from({ length: count }, (_, i) => {
    const one = integer(random, 0, tokens - 1);
    const other = (one + integer(random, 1, tokens - 1)) % tokens;
    const [low, high] = one < other ? [one, other] : [other, one];
    return {
      address: addressOf(1 + i),
      kind: "v2",
      dex: "quickswap_v2",
      token0: addressOf(0xa0 + low),
      token1: addressOf(0xa0 + high),
    };
  });
}

/** A token's decimals and its price in one common unit. */
export interface FakeToken {
  readonly decimals: number;
  readonly price: number;
}

const raw = (token: FakeToken, value: number): bigint =>
  BigInt(Math.max(1, Math.round((value / token.price) * 10 ** token.decimals)));

/** A V2 pool that holds `depth` on each side, its price off by the factor `skew`. */
export const v2Pool = (
  tokens: readonly [FakeToken, FakeToken],
  depth: number,
  skew: number,
  feePpm: number,
): V2State => ({
  kind: "v2",
  feePpm,
  reserve0: raw(tokens[0], depth),
  reserve1: raw(tokens[1], depth * skew),
});

/** Fee and tick spacing. */
const TIERS = [
  [100, 1],
  [500, 10],
  [3000, 60],
  [10_000, 200],
] as const;

/** A concentrated pool with random positions around its price. */
export function concentratedPool(
  random: () => number,
  tokens: readonly [FakeToken, FakeToken],
  depth: number,
  skew: number,
): ConcentratedState {
  const [feePpm, tickSpacing] = pick<readonly [number, number]>(random, TIERS);
  const rate = Number(raw(tokens[1], 1e6 * skew)) / Number(raw(tokens[0], 1e6));
  const sqrtPriceX96 = BigInt(Math.round(Math.sqrt(rate) * 2 ** 48)) << 48n;
  const tick = tickAtSqrtRatio(sqrtPriceX96);
  const whole = Math.sqrt(Number(raw(tokens[0], depth)) * Number(raw(tokens[1], depth)));
  const nets = new Map<number, bigint>();
  let liquidity = 0n;
  for (let i = integer(random, 1, 6); i > 0; i--) {
    const width = integer(random, 1, 300) * tickSpacing;
    const low = Math.floor((tick - random() * width) / tickSpacing) * tickSpacing;
    const high = low + width + tickSpacing;
    const share = BigInt(Math.max(1, Math.round(whole * random() * 20)));
    nets.set(low, (nets.get(low) ?? 0n) + share);
    nets.set(high, (nets.get(high) ?? 0n) - share);
    if (low <= tick && tick < high) liquidity += share;
  }
  const entries = [...nets].filter(([, net]) => net !== 0n).toSorted(([x], [y]) => x - y);
  const kind = pick(random, ["v3", "algebra"] as const);
  return { kind, feePpm, tickSpacing, sqrtPriceX96, tick, liquidity, ticks: tickTable(entries) };
}

/** The same pool when nothing is known beyond its tick interval. */
export const tickless = (state: ConcentratedState): ConcentratedState => ({ ...state, ticks: null });

/** Legs of a cycle, each pool crossed from its token0 to its token1 or back, at random. */
export function randomLegs(
  random: () => number,
  hops: number,
  poolOf: (tokens: readonly [FakeToken, FakeToken], skew: number) => PoolState,
): Leg[] {
  const tokens = Array.from({ length: hops }, () => ({
    decimals: pick(random, [2, 6, 6, 8, 18, 18, 18]),
    price: 10 ** (random() * 6 - 2),
  }));
  return tokens.map((from, i) => {
    const to = tokens[(i + 1) % hops] ?? from;
    const zeroForOne = random() < 0.5;
    const edge = 1 + (random() - 0.35) * 0.03;
    return createLeg(zeroForOne ? poolOf([from, to], edge) : poolOf([to, from], 1 / edge), zeroForOne);
  });
}

export function profitAt(legs: readonly Leg[], input: bigint): bigint | null {
  const amounts = amountsAlong(legs, input);
  return amounts === null ? null : (amounts.at(-1) ?? 0n) - input;
}

/** The best input by many exact trials: a coarse net over all magnitudes, a ternary search, then a climb. */
export function bestByLooking(legs: readonly Leg[]): { readonly profit: bigint; readonly input: bigint } {
  let best = { profit: 0n, input: 0n };
  const look = (input: bigint) => {
    const profit = input < 1n ? null : profitAt(legs, input);
    if (profit !== null && profit > best.profit) best = { profit, input };
    return profit ?? -(1n << 256n);
  };
  for (let bits = 0n; bits < 113n; bits++)
    for (const sixteenth of [16n, 19n, 23n, 27n]) look(((1n << bits) * sixteenth) / 16n);
  let [low, high] = [(best.input * 2n) / 3n, (best.input * 3n) / 2n];
  while (high - low > 3n) {
    const third = (high - low) / 3n;
    if (look(low + third) < look(high - third)) low += third;
    else high -= third;
  }
  for (let round = 0; round < 3; round++)
    for (let by = best.input / 8n; by > 0n; by /= 2n)
      for (const move of [by, -by, (by * 3n) / 2n]) look(best.input + move);
  return best;
}

/** One raw unit of each token on the way, in raw units of the base: what rounding may cost. */
export function unitsAlong(legs: readonly Leg[], input: bigint): bigint {
  const [first = 0n, ...rest] = amountsAlong(legs, input) ?? [];
  return rest.reduce((sum, amount) => sum + first / amount + 1n, 0n);
}

/** Cycles of three V2 pools with every mix of one-wei reserves, reserves of 112 bits and prices of 1e30. */
export function* extremeLegs(): Generator<readonly Leg[]> {
  const big = (1n << 112n) - 1n;
  const sides: [bigint, bigint][] = [
    [1n, 1n],
    [1n, big],
    [big, 1n],
    [big, big],
    [10n ** 30n, 1n],
    [2n, 10n ** 30n],
    [10n ** 18n, 10n ** 6n],
    [3n, 5n],
  ];
  for (const [x0, y0] of sides)
    for (const [x1, y1] of sides)
      for (const [x2, y2] of sides)
        yield [v2State(x0, y0), v2State(x1, y1), v2State(x2, y2)].map((state) => createLeg(state, true));
}
