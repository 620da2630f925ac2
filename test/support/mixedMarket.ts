import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address, Pool } from "../../src/chain/types.ts";
import type { StateView } from "../../src/market/stateView.ts";
import { addressOf } from "./marketBlocks.ts";
import { concentratedPool, integer, pick, randomPools, tickless, v2Pool } from "./searchMarkets.ts";
import type { FakeToken } from "./searchMarkets.ts";

/** A market of V2, V3 and Algebra pools around true prices, whose pools move at random. */
export interface MixedMarket {
  readonly pools: readonly Pool[];
  readonly bases: readonly Address[];
  readonly view: StateView;
  /** Moves so many pools; returns which. */
  move(count: number): readonly Address[];
}

export interface MixedMarketOptions {
  readonly tokens: number;
  readonly pools: number;
  readonly bases: number;
  /** How far pools lie from the true prices, as a share; one in ten is ten times as far. */
  readonly spread: number;
}

export function mixedMarket(random: () => number, options: MixedMarketOptions): MixedMarket {
  const tokens: FakeToken[] = Array.from({ length: options.tokens }, (_, i) => ({
    decimals: i === 0 ? 18 : pick(random, [6, 8, 18, 18]),
    price: i === 0 ? 1 : 10 ** (random() * 5 - 2),
  }));
  const kinds = ["v2", "v2", "v3", "algebra"] as const;
  const pools = randomPools(random, options.tokens, options.pools).map((pool): Pool => ({
    ...pool,
    kind: pick(random, kinds),
  }));
  const tokenOf = (address: Address) => tokens[Number(BigInt(address)) - 0xa0] ?? { decimals: 18, price: 1 };
  const stateOf = ({ kind, token0, token1 }: Pool): PoolState => {
    const pair = [tokenOf(token0), tokenOf(token1)] as const;
    const depth = 10 ** (2 + random() * 4);
    const far = random() < 0.1 ? 10 : 1;
    const skew = Math.exp((random() - 0.5) * 2 * options.spread * far);
    if (kind === "v2") return v2Pool(pair, depth, skew, pick(random, [500, 2500, 3000]));
    const state = { ...concentratedPool(random, pair, depth, skew), kind };
    return random() < 0.1 ? tickless(state) : state;
  };
  const states = new Map<Address, PoolState>(pools.map((pool) => [pool.address, stateOf(pool)]));
  return {
    pools,
    bases: tokens.slice(0, options.bases).map((_, i) => addressOf(0xa0 + i)),
    view: { stateOf: (pool) => states.get(pool) ?? null },
    move: (count) => {
      const moved = new Set<Address>();
      for (let i = 0; i < count; i++) {
        const pool = pools[integer(random, 0, pools.length - 1)];
        if (pool === undefined) continue;
        moved.add(pool.address);
        states.set(pool.address, stateOf(pool));
      }
      return [...moved];
    },
  };
}
