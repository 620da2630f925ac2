import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeFunctionResult, encodeDeployData, encodeFunctionData, parseAbi } from "viem";
import { z } from "zod";
import { startDevnet, type Devnet } from "../../devnet/devnet.ts";
import { amountWorth } from "../../devnet/market.ts";
import type { DevPool } from "../../devnet/pools.ts";
import { sign, type Fees } from "../../devnet/signing.ts";
import type { V2State } from "../../src/amm/poolState.ts";
import { amountOut } from "../../src/amm/swap.ts";
import { executorAbi } from "../../src/chain/executorAbi.ts";
import { parseRaw } from "../../src/chain/rawTransaction.ts";
import type { Address, BlockHeader, Hex, PendingTransaction } from "../../src/chain/types.ts";
import type { SubmitDecision } from "../../src/engine/decisions.ts";
import type { Opportunity, PricedHop } from "../../src/search/opportunity.ts";

/** The local Polygon with the executor on it, and arbitrages made to order. */
export interface ExecutionStage {
  readonly devnet: Devnet;
  readonly executor: Address;
  readonly treasury: Address;
  /** A folder for ledgers, gone at the end. */
  readonly folder: string;
  /**
   * A trade that moves QuickSwap's WPOL/USDC.e away from SushiSwap's, in a block of its own: of this many dollars,
   * for WPOL; below zero, of WPOL. Default 20,000.
   */
  unbalance(usd?: number): Promise<void>;
  /** Such a trade by Alice, signed and in the public pool, with her next pending nonce. */
  pend(trade?: PendingTrade): Promise<Pend>;
  /** A rival's trade that takes the decision's QuickSwap hop, in the public pool ahead of everything of ours. */
  takeArbitrage(decision: SubmitDecision): Promise<void>;
  /** The operator's key, used by somebody else: a bare transaction in the public pool, to the operator or another. */
  spendNonce(to?: Address): Promise<void>;
  header(): Promise<BlockHeader>;
  /**
   * The best two-pool arbitrage on the present head, or behind these pending trades, as the engine would decide it.
   */
  decide(changes?: Partial<SubmitDecision>, behind?: readonly Pend[]): Promise<SubmitDecision>;
  balance(token: Address, holder: Address): Promise<bigint>;
  stop(): Promise<void>;
}

/** Default: 20,000 dollars for WPOL with the usual fees, at whatever price. */
export interface PendingTrade {
  readonly usd?: number;
  readonly fees?: Fees;
  /** Asks for more than any pool gives: it reverts. */
  readonly greedy?: boolean;
  /** Takes the place of the pending trade with this nonce. */
  readonly nonce?: number;
}

/** A pending trade, and what it does to QuickSwap's pool. */
export interface Pend {
  readonly transaction: PendingTransaction;
  after(state: V2State): V2State;
}

const TREASURY: Address = "0x7ea5000000000000000000000000000000000002";
const FAR_DEADLINE = 4_102_444_800n;

const hex = z.custom<Hex>((text) => typeof text === "string" && /^0x[0-9a-fA-F]*$/.test(text));
const count = hex.transform(Number);
const wei = hex.transform(BigInt);
const artifactSchema = z.object({ bytecode: hex });
const headerSchema = z.object({
  number: count,
  hash: hex,
  parentHash: hex,
  timestamp: count,
  baseFeePerGas: wei,
  gasLimit: wei,
  gasUsed: wei,
  logsBloom: hex,
});

const abi = parseAbi([
  "function getReserves() view returns (uint112, uint112, uint32)",
  "function balanceOf(address) view returns (uint256)",
  "function swapExactTokensForTokens(uint256, uint256, address[], address, uint256)",
]);

/** The input with the greatest profit: a ternary search, exact enough for a test's arbitrage. */
function bestInput(profitOf: (amountIn: bigint) => bigint, max: bigint): bigint {
  let [low, high] = [1n, max];
  while (high - low > 2n) {
    const third = (high - low) / 3n;
    if (profitOf(low + third) < profitOf(high - third)) low += third;
    else high -= third;
  }
  return [low, low + 1n, high].reduce((best, each) => (profitOf(each) > profitOf(best) ? each : best));
}

const PPM_030 = 3000;
/** Enough to replace or outbid any transaction of ours. */
const HIGH_FEES: Fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 5n * 10n ** 11n };

function hopOf(pool: DevPool, tokenIn: Address, given: bigint, state: V2State): PricedHop {
  const zeroForOne = tokenIn === pool.token0;
  const tokenOut = zeroForOne ? pool.token1 : pool.token0;
  const out = amountOut(state, zeroForOne, given);
  return {
    pool: pool.address,
    kind: pool.kind,
    tokenIn,
    tokenOut,
    zeroForOne,
    amountIn: given,
    amountOut: out,
  };
}

function arbitrage(base: Address, pools: readonly (readonly [DevPool, V2State])[]): Opportunity {
  const walk = (amountIn: bigint): PricedHop[] => {
    const hops: PricedHop[] = [];
    for (const [pool, state] of pools) {
      const last = hops.at(-1);
      hops.push(hopOf(pool, last?.tokenOut ?? base, last?.amountOut ?? amountIn, state));
    }
    return hops;
  };
  const profitOf = (amountIn: bigint): bigint => (walk(amountIn).at(-1)?.amountOut ?? 0n) - amountIn;
  const amountIn = bestInput(profitOf, 10n ** 24n);
  const hops = walk(amountIn);
  const profit = profitOf(amountIn);
  const cycle = { id: "wpol-usdce", base, hops };
  const amounts = { amountIn, amountOut: amountIn + profit, profit };
  return { cycle, hops, ...amounts, profitNativeFloat: Number(profit), marginal: 1.01, verdict: "ok" };
}

export async function startExecutionStage(): Promise<ExecutionStage> {
  const devnet = await startDevnet();
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-execution-"));
  const { owner, operator, alice } = devnet.accounts;
  const file = join(import.meta.dirname, "../../contracts/artifacts/ArbExecutor.json");
  const { bytecode } = artifactSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  const args = [owner.address, TREASURY, operator.address] as const;
  const deployed = await devnet.deploy(owner, encodeDeployData({ abi: executorAbi, bytecode, args }));

  const wpol = devnet.registry.wrapped;
  const poolOf = (dex: string): DevPool => {
    const found = devnet.pools.find(
      (pool) => pool.dex === dex && pool.symbols.toSorted().join() === "USDC.e,WPOL",
    );
    if (found === undefined) throw new Error(`no WPOL/USDC.e on ${dex}`);
    return found;
  };
  const quickswap = poolOf("quickswap_v2");
  const sushiswap = poolOf("sushiswap_v2");
  const usdce = quickswap.token0 === wpol ? quickswap.token1 : quickswap.token0;
  const router = devnet.registry.v2[0]?.router ?? null;

  const call = async (to: Address, data: Hex): Promise<Hex> =>
    hex.parse(await devnet.rpc("eth_call", [{ to, data }, "latest"]));
  const stateOf = async ({ address }: DevPool): Promise<V2State> => {
    const data = await call(address, encodeFunctionData({ abi, functionName: "getReserves" }));
    const [reserve0, reserve1] = decodeFunctionResult({ abi, functionName: "getReserves", data });
    return { kind: "v2", feePpm: PPM_030, reserve0, reserve1 };
  };
  const header = async (): Promise<BlockHeader> =>
    headerSchema.parse(await devnet.rpc("eth_getBlockByNumber", ["latest", false]));

  const pathOf = (usd: number): readonly [readonly Address[], bigint] => {
    const [given, taken] = usd > 0 ? [usdce, wpol] : [wpol, usdce];
    const token = devnet.tokens.find(({ address }) => address === given);
    if (token === undefined) throw new Error(`${given} has no price`);
    return [[given, taken], amountWorth(token, Math.abs(usd))];
  };
  const swapData = (path: readonly Address[], amount: bigint, least: bigint): Hex => {
    const swapArgs = [amount, least, path, alice.address, FAR_DEADLINE] as const;
    return encodeFunctionData({ abi, functionName: "swapExactTokensForTokens", args: swapArgs });
  };

  const trade = async (path: readonly Address[], amount: bigint, fees?: Fees): Promise<void> => {
    await devnet.transact(alice, { to: router, data: swapData(path, amount, 0n), gas: 400_000n }, fees);
  };

  return {
    devnet,
    executor: deployed.address,
    treasury: TREASURY,
    folder,
    unbalance: async (usd = 20_000) => {
      await trade(...pathOf(usd));
      await devnet.build();
    },
    pend: async ({ usd = 20_000, fees, greedy = false, nonce } = {}) => {
      const [path, amount] = pathOf(usd);
      const data = swapData(path, amount, greedy ? 10n ** 30n : 0n);
      const next = count.parse(await devnet.rpc("eth_getTransactionCount", [alice.address, "pending"]));
      const raw = await sign(alice, nonce ?? next, { to: router, data, gas: 400_000n }, fees);
      const read = parseRaw(raw, 137);
      if (read.type !== "transaction") throw new Error(`not read: ${read.why}`);
      await devnet.send(raw);
      const zeroForOne = path[0] === quickswap.token0;
      const after = (state: V2State): V2State => {
        const out = amountOut(state, zeroForOne, amount);
        const [in0, in1] = zeroForOne ? [amount, -out] : [-out, amount];
        return { ...state, reserve0: state.reserve0 + in0, reserve1: state.reserve1 + in1 };
      };
      return { transaction: read.transaction, after };
    },
    takeArbitrage: async ({ plan }) => {
      const hop = plan.opportunities[0]?.hops.find(({ pool }) => pool === quickswap.address);
      if (hop === undefined) throw new Error("the plan does not cross QuickSwap");
      await trade([hop.tokenIn, hop.tokenOut], hop.amountIn, HIGH_FEES);
    },
    spendNonce: async (to = operator.address) => {
      const nonce = count.parse(await devnet.rpc("eth_getTransactionCount", [operator.address, "latest"]));
      await devnet.send(await sign(operator, nonce, { to, data: "0x", gas: 21_000n }, HIGH_FEES));
    },
    header,
    decide: async (changes = {}, behind = []) => {
      const head = await header();
      const there = [sushiswap, await stateOf(sushiswap)] as const;
      let moved = await stateOf(quickswap);
      for (const pend of behind) moved = pend.after(moved);
      const here = [quickswap, moved] as const;
      const trigger = behind.at(-1)?.transaction.hash;
      const ways = [arbitrage(usdce, [there, here]), arbitrage(usdce, [here, there])] as const;
      const opportunity = ways[0].profit > ways[1].profit ? ways[0] : ways[1];
      const parent = { number: head.number, hash: head.hash };
      return {
        type: "submit",
        intentId: `${head.number + 1}-${head.hash.slice(2, 10)}`,
        plan: {
          trigger: trigger === undefined ? { type: "block", ...parent } : { type: "pending", hash: trigger },
          opportunities: [opportunity],
        },
        behind: behind.map(({ transaction }) => transaction),
        age: 0,
        parent,
        targetBlock: head.number + 1,
        targetTimestamp: head.timestamp + 2,
        baseFeePerGas: head.baseFeePerGas,
        opportunityIds: [`${head.number}-wpol-usdce`],
        net: 10n ** 18n,
        gasCost: 10n ** 16n,
        ...changes,
      };
    },
    balance: async (token, holder) => {
      const data = await call(token, encodeFunctionData({ abi, functionName: "balanceOf", args: [holder] }));
      return decodeFunctionResult({ abi, functionName: "balanceOf", data });
    },
    stop: async () => {
      await devnet.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
