import { decodeAbiParameters, parseAbiParameters, toFunctionSelector } from "viem";
import { expect } from "vitest";
import type { DevAccount } from "../../devnet/accounts.ts";
import type { DevReceipt } from "../../devnet/block.ts";
import { startDevnet } from "../../devnet/devnet.ts";
import type { Devnet, DevnetOptions } from "../../devnet/devnet.ts";
import { HexText, quantity } from "../../devnet/hex.ts";
import { RpcError } from "../../devnet/rpc.ts";
import type { Call } from "../../devnet/signing.ts";
import { applyPoolLog, POOL_TOPICS } from "../../src/amm/poolLog.ts";
import type { PoolState } from "../../src/amm/poolState.ts";
import { loadRegistry } from "../../src/chain/registry.ts";
import type { Address, EmittedLog, Hash, PendingTransaction, Pool } from "../../src/chain/types.ts";
import { latestHeader } from "../../src/feed/headers.ts";
import { createPoolLoader } from "../../src/feed/pools/poolLoader.ts";
import { createDecoder } from "../../src/mempool/decode.ts";
import type { Decoder } from "../../src/mempool/decode.ts";
import { predictEffects } from "../../src/mempool/effects.ts";
import type { Effects, EffectsContext } from "../../src/mempool/effects.ts";
import { createPoolBook } from "../../src/mempool/poolBook.ts";

/** A swap as the pool's own logs tell it, with the state that they leave. */
export interface SeenSwap {
  readonly pool: Address;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly after: PoolState;
}

type Asked = Parameters<Decoder["decode"]>[0] & Partial<Pick<PendingTransaction, "gas">>;

/** The local Polygon, and its pools as their logs alone have moved them. */
export interface MempoolStage {
  readonly devnet: Devnet;
  readonly pools: ReadonlyMap<Address, Pool>;
  readonly states: ReadonlyMap<Address, PoolState>;
  /** For the next block, on the states as they are; a text: not read. */
  predict(transaction: Asked, context?: Partial<EffectsContext>): Effects | string;
  /** Mines a call of alice's alone. */
  mine(call: Call): Promise<DevReceipt>;
  /** Follows a mined transaction: its swaps in the order of their logs. */
  follow(receipt: DevReceipt): readonly SeenSwap[];
  /** The least gas with which the call goes through on the chain as it is; null: it does not. */
  leastGas(call: Call): Promise<bigint | null>;
  /** Reads what Algebra's pools charge in the next block. */
  refreshFees(): Promise<void>;
  /**
   * Predicts the call, mines it alone, and holds one against the other: every hop, every state, and why it fails.
   * Answers that reason, null where it goes through.
   */
  check(name: string, call: Call): Promise<string | null>;
  stop(): Promise<void>;
}

const registry = loadRegistry(137);
/** The local chain's SwapRouter02 trades Uniswap V2 for certain; that of Polygon is older than Uniswap V2 there. */
const routers = registry.routers.map((router) =>
  router.family === "router02" ? { ...router, dexV2: "uniswap_v2", unsureV2: false } : router,
);
const PAIR_SWAP: Hash = "0xd78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822";
const PAIR_AMOUNTS = parseAbiParameters("uint256, uint256, uint256, uint256");
const POOL_AMOUNTS = parseAbiParameters("int256, int256, uint160, uint128, int24");

/** What came in and went out; null for other logs. */
function amountsOf({ topics, data }: EmittedLog): readonly [bigint, bigint] | null {
  if (topics[0] === PAIR_SWAP) {
    const [in0, in1, out0, out1] = decodeAbiParameters(PAIR_AMOUNTS, data);
    return [in0 + in1, out0 + out1];
  }
  if (topics[0] !== POOL_TOPICS.swap) return null;
  const [amount0, amount1] = decodeAbiParameters(POOL_AMOUNTS, data);
  return amount0 > 0n ? [amount0, -amount1] : [amount1, -amount0];
}

const GWEI = 10n ** 9n;
/** So low that a gas limit may be high: nodes take no more than 1 POL for both together. */
const FEES = { maxFeePerGas: 60n * GWEI, maxPriorityFeePerGas: 30n * GWEI };

/** Errors without a text, of Universal Router. */
const NAMED = [
  "V2TooLittleReceived",
  "V2TooMuchRequested",
  "V3TooLittleReceived",
  "V3TooMuchRequested",
  "V3InvalidAmountOut",
  "V3InvalidSwap",
  "InsufficientETH",
  "InsufficientToken",
  "InvalidReserves",
  "TransactionDeadlinePassed",
  "SignatureExpired(uint256)",
  "AllowanceExpired(uint256)",
  "InsufficientAllowance(uint256)",
].map((name) => {
  const signature = name.endsWith(")") ? name : `${name}()`;
  return [toFunctionSelector(`function ${signature}`), name.split("(")[0] ?? name] as const;
});

function reasonIn({ data, message }: RpcError): string {
  // A plan inside of a plan wraps the error of its own.
  const named = NAMED.find(([selector]) => typeof data === "string" && data.includes(selector.slice(2)));
  return named?.[1] ?? message.replace("execution reverted: ", "");
}

async function loadPools(devnet: Devnet) {
  const rpc = {
    request: async (method: string, params: readonly unknown[]) => await devnet.rpc(method, params),
  };
  const loader = createPoolLoader(
    {
      discovery: {
        dexes: registry.dexes,
        tokens: [...registry.tokens.keys()],
        allowPools: [],
        denyPools: [],
      },
      multicall: {
        multicall3: registry.multicall3,
        maxAnswerBytes: 90_000,
        concurrency: 4,
        timeoutMs: 20_000,
      },
      wrappedNative: registry.native.wrapped,
      blockSeconds: 2,
      minDepthFloat: 0,
    },
    { rpc, onRejected: () => undefined },
  );
  const { signal } = new AbortController();
  return {
    entries: await loader.load(await latestHeader(rpc), signal),
    nextFees: async () => await loader.nextFees(await latestHeader(rpc), signal),
  };
}

export async function startMempoolStage(options: DevnetOptions = {}): Promise<MempoolStage> {
  const devnet = await startDevnet(options);
  const { entries, nextFees } = await loadPools(devnet);
  const pools = new Map(entries.map(({ pool }) => [pool.address, pool]));
  const states = new Map(
    entries.flatMap(({ pool, state }) => (state === null ? [] : [[pool.address, state] as const])),
  );
  const decoder = createDecoder(routers, registry.native.wrapped);
  const book = createPoolBook(entries);

  const refreshFees = async (): Promise<void> => {
    for (const { pool, feePpm } of await nextFees()) {
      const state = states.get(pool);
      if (state?.kind === "algebra") states.set(pool, { ...state, feePpm });
    }
  };
  const follow = ({ logs }: DevReceipt): readonly SeenSwap[] => {
    const seen: SeenSwap[] = [];
    for (const { address, topics, json } of logs) {
      const pool = pools.get(address);
      const before = states.get(address);
      if (pool === undefined || before === undefined) continue;
      const log = { address, topics, data: HexText.parse(json["data"]) };
      const effect = applyPoolLog(pool.kind, before, log);
      if ("contradiction" in effect) throw new Error(`${address}: ${effect.contradiction}`);
      const after = effect.changed ? effect.state : before;
      states.set(address, after);
      const amounts = amountsOf(log);
      if (amounts !== null) seen.push({ pool: address, amountIn: amounts[0], amountOut: amounts[1], after });
    }
    return seen;
  };
  const reasonOf = async ({ address }: DevAccount, { to, data, value = 0n, gas }: Call) => {
    try {
      const call = { from: address, to, data, value: quantity(value), gas: quantity(gas) };
      await devnet.rpc("eth_call", [call, "latest"]);
      return null;
    } catch (error) {
      if (error instanceof RpcError) return reasonIn(error);
      throw error;
    }
  };
  const leastGas: MempoolStage["leastGas"] = async (call) => {
    const works = async (gas: bigint) => (await reasonOf(devnet.accounts.alice, { ...call, gas })) === null;
    let [low, high] = [20_000n, call.gas];
    if (!(await works(high))) return null;
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (await works(middle)) high = middle;
      else low = middle;
    }
    return high;
  };
  const predict: MempoolStage["predict"] = (transaction, context) => {
    const decoding = decoder.decode(transaction);
    if (decoding.type === "unsupported") return decoding.why;
    const view = { stateOf: (pool: Address) => states.get(pool) ?? null };
    return predictEffects(decoding, transaction, view, {
      book,
      wrappedNative: registry.native.wrapped,
      isTaxed: () => false,
      timestamp: devnet.head().timestamp + 2,
      ...context,
    });
  };
  const mine = async (call: Call): Promise<DevReceipt> => {
    const hash = await devnet.transact(devnet.accounts.alice, call, FEES);
    const { transactions } = await devnet.build();
    const receipt = transactions.find((one) => one.hash === hash);
    if (receipt === undefined) throw new Error(`${hash} was not mined`);
    return receipt;
  };
  return {
    devnet,
    pools,
    states,
    refreshFees,
    follow,
    predict,
    leastGas,
    mine,
    check: async (name, call) => {
      const { alice } = devnet.accounts;
      await refreshFees();
      const { to, data, value = 0n } = call;
      const predicted = predict({ from: alice.address, to, value, input: data, gas: call.gas });
      const reason = await reasonOf(alice, call);
      const receipt = await mine(call);
      const seen = follow(receipt);
      if (typeof predicted === "string") throw new Error(`${name} is not read: ${predicted}`);
      expect([name, predicted.reverts, predicted.complete]).toEqual([name, reason, true]);
      expect([name, receipt.ok]).toEqual([name, reason === null]);
      expect([name, asSeen(predicted)]).toEqual([name, seen]);
      return reason;
    },
    stop: () => devnet.stop(),
  };
}

/** The effects in the form of what logs tell. */
export const asSeen = ({ effects }: Effects): readonly SeenSwap[] =>
  effects.map(({ pool, amountIn, amountOut, after }) => ({ pool: pool.address, amountIn, amountOut, after }));
