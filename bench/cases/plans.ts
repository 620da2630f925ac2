import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address, Hash, Pool } from "../../src/chain/types.ts";
import type { PlanEncoding } from "../../src/execution/calldata.ts";
import type { Envelope } from "../../src/execution/eip1559.ts";
import type { Cycle, PricedHop, Plan } from "../../src/search/opportunity.ts";
import { createRandom, rawNear } from "../market/random.ts";
import type { BenchMarket } from "../market/types.ts";
import type { ExecuteCall } from "../references/signPeers.ts";
import type { PeerWallet } from "../references/threeHopPipeline.ts";
import { listThreeHops } from "../references/threeHops.ts";

/** One thing to be signed, as the daemon has it and as a peer does. */
export interface SignCase {
  readonly plan: Plan;
  readonly encoding: PlanEncoding;
  readonly envelope: Envelope;
  readonly call: ExecuteCall;
}

/** A key of the benchmark alone. */
export const BENCH_KEY = "0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
export const EXECUTOR: Address = "0x5b38da6a701c568545dcfcb03fcb875f56beddc4";
const GWEI = 10n ** 9n;
/** What all transactions of the benchmark have in common. */
export const WALLET: PeerWallet = {
  privateKey: BENCH_KEY,
  executor: EXECUTOR,
  transaction: {
    chainId: 137,
    nonce: 7,
    gas: 400_000n,
    maxFeePerGas: 120n * GWEI,
    maxPriorityFeePerGas: 30n * GWEI,
  },
  maxBlock: 70_000_000n,
  parentHash: `0x${"22".repeat(32)}`,
};

/** So many plans of one three-hop cycle each, spread over the market's list; sizes and fees as they occur. */
export function drawPlans(market: BenchMarket, count: number, seed: number): readonly SignCase[] {
  const list = listThreeHops(market.pools, market.bases);
  const random = createRandom(seed, "plans");
  return Array.from({ length: count }, () => {
    const at = random.below(list.count);
    const hops = [...list.edges.subarray(3 * at, 3 * at + 3)].map((edge) => hopOf(market, edge));
    const amountIn = rawNear(10 ** random.between(5, 22), random);
    const profit = 1n + amountIn / BigInt(50 + random.below(5000));
    const blockHash: Hash = `0x${random.hex(32)}`;
    const place = { number: 70_000_000 + random.below(1_000_000), hash: blockHash };
    const tip = BigInt(25 + random.below(50)) * GWEI;
    return signCase(market, {
      hops,
      amountIn,
      profit,
      place,
      envelope: {
        chainId: 137,
        nonce: random.below(5000),
        maxPriorityFeePerGas: tip,
        maxFeePerGas: 2n * tip + BigInt(random.below(1000)),
        gas: BigInt(350_000 + random.below(200_000)),
        to: EXECUTOR,
        value: 0n,
      },
    });
  });
}

interface Drawn {
  readonly hops: readonly PricedHop[];
  readonly amountIn: bigint;
  readonly profit: bigint;
  readonly place: { readonly number: number; readonly hash: Hash };
  readonly envelope: Envelope;
}

function signCase(market: BenchMarket, { hops, amountIn, profit, place, envelope }: Drawn): SignCase {
  const base = hops[0]?.tokenIn ?? "0x";
  const cycle: Cycle = { id: "bench", base, hops };
  const fees = new Map(hops.map(({ pool }) => [pool, feePpmOf(market, pool)]));
  const maxBlock = BigInt(place.number + 1);
  const parentHash = place.hash;
  const plan: Plan = {
    trigger: { type: "block", ...place },
    opportunities: [
      {
        cycle,
        hops,
        amountIn,
        amountOut: amountIn + profit,
        profit,
        profitNativeFloat: Number(profit),
        marginal: 1.01,
        verdict: "ok",
      },
    ],
  };
  const encoding = {
    minProfits: [profit],
    maxBlock,
    parentHash,
    feePpmOf: (pool: Address) => fees.get(pool) ?? 0,
  };
  const calls = hops.map(({ kind, pool, zeroForOne, tokenOut }) => {
    return { kind, pool, zeroForOne, feePpm: kind === "v2" ? (fees.get(pool) ?? 0) : 0, tokenOut };
  });
  return {
    plan,
    encoding,
    envelope,
    call: { base, amountIn, minProfit: profit, hops: calls, maxBlock, parentHash },
  };
}

function hopOf({ pools }: BenchMarket, edge: number): PricedHop {
  const facts: Pool | undefined = pools[edge >> 1];
  if (facts === undefined) throw new RangeError(`no pool has edge ${edge}`);
  const { address: pool, kind, token0, token1 } = facts;
  const zeroForOne = (edge & 1) === 0;
  const [tokenIn, tokenOut] = zeroForOne ? [token0, token1] : [token1, token0];
  return { pool, kind, tokenIn, tokenOut, zeroForOne, amountIn: 1n, amountOut: 1n };
}

function feePpmOf({ pools, states }: BenchMarket, pool: Address): number {
  const state: PoolState | null = states[pools.findIndex(({ address }) => address === pool)] ?? null;
  return state?.feePpm ?? 0;
}
