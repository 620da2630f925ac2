import { decodeAbiParameters, encodeFunctionData, parseAbi } from "viem";
import type { Address } from "../src/chain/types.ts";
import type { DevAccount } from "./accounts.ts";
import type { DevBlock } from "./block.ts";
import type { Chain } from "./chain.ts";
import { HexText } from "./hex.ts";
import type { PricedToken } from "./market.ts";
import type { BlockGuest } from "./miner.ts";
import { RIVAL_CONTRACT } from "./plant.ts";
import type { DevPool } from "./pools.ts";
import { bestTwoPairTrade } from "./rivalMath.ts";
import type { TwoPairTrade } from "./rivalMath.ts";
import { RpcError } from "./rpc.ts";
import { sign } from "./signing.ts";
import { readTransaction } from "./transaction.ts";

const RIVAL_ABI = parseAbi([
  "struct Trade { address first; address second; address base; address middle; uint256 middleAmount; uint256 owed; uint256 received; }",
  "function run(Trade)",
]);
const GET_RESERVES = "0x0902f1ac";
const RESERVES = [{ type: "uint112" }, { type: "uint112" }, { type: "uint32" }] as const;

const GAS = 300_000n;
const GAS_USED = 180_000n;
const GWEI = 1_000_000_000n;
/** The rival gives half of what it expects to the producer, within what makes sense. */
const TIP = { least: 30n * GWEI, most: 5000n * GWEI } as const;
const LEAST_PROFIT_MICRO_USD = 100_000n;

interface Reserves {
  readonly pool: DevPool;
  readonly reserve0: bigint;
  readonly reserve1: bigint;
}

interface Find extends TwoPairTrade {
  readonly first: Address;
  readonly second: Address;
  readonly base: Address;
  readonly middle: Address;
  readonly profitMicroUsd: bigint;
}

async function readReserves(chain: Chain, pool: DevPool): Promise<Reserves> {
  const answer = await chain.read("eth_call", [{ to: pool.address, data: GET_RESERVES }, "latest"]);
  const [reserve0, reserve1] = decodeAbiParameters(RESERVES, HexText.parse(answer));
  return { pool, reserve0, reserve1 };
}

function profitOf(trade: TwoPairTrade, base: PricedToken | undefined): bigint {
  if (base === undefined) return 0n;
  return ((trade.received - trade.owed) * base.priceMicroUsd) / 10n ** BigInt(base.decimals);
}

/** The best cycle over two pairs of the same tokens, in both directions and with both tokens as base. */
export function bestFind(all: readonly Reserves[], tokens: readonly PricedToken[]): Find | null {
  let best: Find | null = null;
  for (const a of all) {
    for (const b of all) {
      if (a === b || a.pool.token0 !== b.pool.token0 || a.pool.token1 !== b.pool.token1) continue;
      for (const baseIs0 of [true, false]) {
        const side = ({ reserve0, reserve1 }: Reserves) =>
          baseIs0 ? { base: reserve0, middle: reserve1 } : { base: reserve1, middle: reserve0 };
        const trade = bestTwoPairTrade(side(a), side(b));
        if (trade === null) continue;
        const [base, middle] = baseIs0
          ? ([a.pool.token0, a.pool.token1] as const)
          : ([a.pool.token1, a.pool.token0] as const);
        const profitMicroUsd = profitOf(
          trade,
          tokens.find(({ address }) => address === base),
        );
        if (profitMicroUsd <= (best?.profitMicroUsd ?? LEAST_PROFIT_MICRO_USD)) continue;
        best = { ...trade, first: a.pool.address, second: b.pool.address, base, middle, profitMicroUsd };
      }
    }
  }
  return best;
}

const clamp = (value: bigint, least: bigint, most: bigint): bigint =>
  value < least ? least : value > most ? most : value;

interface CompetitorParts {
  readonly chain: Chain;
  readonly pools: readonly DevPool[];
  readonly tokens: readonly PricedToken[];
  readonly account: DevAccount;
  readonly wrapped: Address;
}

/** After each block, one public transaction for the best two-pool V2 cycle, with half of its profit as the tip. */
async function compete(parts: CompetitorParts, head: DevBlock): Promise<void> {
  const { chain, pools, tokens, account, wrapped } = parts;
  const pairs = pools.filter(({ kind }) => kind === "v2");
  const find = bestFind(await Promise.all(pairs.map((pool) => readReserves(chain, pool))), tokens);
  const native = tokens.find(({ address }) => address === wrapped);
  if (find === null || native === undefined) return;
  const profitWei = (find.profitMicroUsd * 10n ** 18n) / native.priceMicroUsd;
  const tip = clamp(profitWei / 2n / GAS_USED, TIP.least, TIP.most);
  const { first, second, base, middle, middleAmount, owed, received } = find;
  const data = encodeFunctionData({
    abi: RIVAL_ABI,
    functionName: "run",
    args: [{ first, second, base, middle, middleAmount, owed, received }],
  });
  const raw = await sign(
    account,
    await chain.pendingNonce(account.address),
    { to: RIVAL_CONTRACT, data, gas: GAS },
    { maxFeePerGas: head.baseFeePerGas * 2n + tip, maxPriorityFeePerGas: tip },
  );
  try {
    await chain.submit(await readTransaction(raw));
  } catch (error) {
    // Refused by the pool (no funds left, say): the rival sits this block out.
    if (!(error instanceof RpcError)) throw error;
  }
}

/** A rival searcher; its transaction of a block is in the pool before the block is made. */
export function startCompetitor(parts: CompetitorParts): BlockGuest {
  let stopped = false;
  let working = compete(parts, parts.chain.head());
  parts.chain.listen({
    onBlock: (block) => {
      if (!stopped) working = compete(parts, block);
    },
    onReorg: () => undefined,
    onPending: () => undefined,
  });
  return {
    async ready() {
      await working;
      return true;
    },
    async stop() {
      stopped = true;
      await working;
    },
  };
}
