import { tickAtSqrtRatio } from "../../src/amm/tickMath.ts";

/** Small seeded generator (xorshift32): numbers from 0 to below 1. */
export const seeded = (seed: number): (() => number) => {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

export const tokenAddress = (n: number): string => `0x${(n + 1).toString(16).padStart(40, "0")}`;

export interface RandomRecordingOptions {
  readonly seed: number;
  readonly tokens: number;
  readonly pools: number;
  readonly blocks: number;
}

type Fields = Record<string, unknown>;

const reserve = (random: () => number): string => String(10n ** 18n + BigInt(Math.floor(random() * 4e16)));

const concentrated = (random: () => number): Fields => {
  const sqrtPriceX96 = BigInt(Math.floor((1 + (random() - 0.5) / 25) * 2 ** 48)) << 48n;
  const tick = tickAtSqrtRatio(sqrtPriceX96);
  const liquidity = BigInt(Math.floor(1e15 + random() * 1e16)) * 1000n;
  const ticks = [
    [-6000, String(liquidity)],
    [6000, String(-liquidity)],
  ];
  return { sqrtPriceX96: String(sqrtPriceX96), tick, liquidity: String(liquidity), ticks };
};

/** A pool-recording/1 over `tokens` tokens of nearly equal price, of which each block moves a few pools. */
export const randomRecording = ({ seed, tokens, pools, blocks }: RandomRecordingOptions): Fields => {
  const random = seeded(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const move = (kind: unknown): Fields =>
    kind === "v2" ? { reserve0: reserve(random), reserve1: reserve(random) } : concentrated(random);
  const list = Array.from({ length: pools }, (_, i): Fields => {
    const first = pick(tokens - 1);
    const second = first + 1 + pick(tokens - first - 1);
    const kind = ["v2", "v2", "v3", "algebra"][pick(4)];
    return {
      kind,
      address: `0xa${i.toString(16).padStart(39, "0")}`,
      dex: `dex_${i % 3}`,
      token0: tokenAddress(first),
      token1: tokenAddress(second),
      feePpm: 500,
      ...(kind === "v2" ? {} : { tickSpacing: 60 }),
      ...move(kind),
    };
  });
  const updates = Array.from({ length: blocks }, (_, i) => ({
    block: 1001 + i,
    blockTime: 1_700_000_000 + 2 * i,
    blockHash: `0x${(i + 1).toString(16).padStart(64, "0")}`,
    pools: [...new Set(Array.from({ length: pick(4) }, () => list[pick(pools)]))].map((pool) => ({
      address: pool?.["address"],
      ...move(pool?.["kind"]),
    })),
  }));
  return {
    schema: "pool-recording/1",
    chainId: 137,
    block: 1000,
    blockTime: 1_699_999_998,
    tokens: Object.fromEntries(
      Array.from({ length: tokens }, (_, i) => [tokenAddress(i), { symbol: `T${i}`, decimals: 18 }]),
    ),
    pools: list,
    updates,
  };
};
