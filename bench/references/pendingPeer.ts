import { decodeAbiParameters, decodeFunctionData, hexToNumber, size, slice } from "viem";
import type { PoolState } from "../../src/amm/poolState.ts";
import { swap } from "../../src/amm/swap.ts";
import { v2AmountIn } from "../../src/amm/v2.ts";
import type { Router } from "../../src/chain/registry.ts";
import type { Address, Hex, PendingTransaction } from "../../src/chain/types.ts";
import {
  ALGEBRA_ABI,
  COMMAND,
  ROUTER02_ABI,
  UNIVERSAL_ABI,
  UNIVERSAL_V2,
  UNIVERSAL_V3,
  V2_ABI,
  V3_ABI,
} from "../market/swapCalls.ts";
import type { BenchMarket } from "../market/types.ts";
import type { PoolChange, PoolUpdate } from "./decodePeers.ts";
import { ternaryChooser } from "./stock3.ts";
import type { PeerBest, PeerWallet } from "./threeHopPipeline.ts";
import { createThreeHopPipeline } from "./threeHopPipeline.ts";
import type { ThreeHopList } from "./threeHops.ts";

/** A swap as a peer reads it; amounts in raw units. */
export interface PeerSwap {
  readonly dex: string;
  readonly path: readonly Address[];
  /** Null: one pool a pair. */
  readonly feesPpm: readonly number[] | null;
  readonly exactIn: boolean;
  readonly amount: bigint;
}

export interface PendingPeer {
  /** By viem's ABI decoder alone; null: not one of the calls that it knows. */
  decode(transaction: PendingTransaction): PeerSwap | null;
  /** Decodes, applies the swap, rescans the touched cycles, and takes the swap back. */
  run(transaction: PendingTransaction): PeerBest | null;
}

/**
 * What a good peer does with a pending swap: viem's `decodeFunctionData`, the swap on bigint state in exact integers,
 * and STOCK3's search over the listed three-hop cycles through the moved pools. It knows nothing of limits, balances
 * and nonces, and reads the calls of the benchmark's own wallets only.
 */
export function createPendingPeer(
  market: BenchMarket,
  routers: readonly Router[],
  { wallet, list }: { readonly wallet: PeerWallet; readonly list: ThreeHopList },
): PendingPeer {
  const byAddress = new Map(routers.map((router) => [router.address, router]));
  const ids = new Map(
    market.pools.map((pool, i) => [keyOf(pool.dex, pool.token0, pool.token1, feeOf(market, i)), i]),
  );
  let updates: readonly PoolUpdate[] = [];
  const pipeline = createThreeHopPipeline(
    market,
    { wallet, decode: (frame) => updates[frame[0] ?? 0] ?? null, createChooser: ternaryChooser },
    list,
  );
  const places = Array.from({ length: 8 }, (_, i) => Buffer.of(i));
  const { state } = pipeline;
  const decode = (transaction: PendingTransaction): PeerSwap | null => {
    const router = byAddress.get(transaction.to ?? "0x");
    return router === undefined ? null : read(router, transaction);
  };
  const apply = (found: PeerSwap): PoolUpdate[] => {
    const pools = found.path.slice(1).map((token, i) => {
      const before = found.path[i] ?? "0x";
      const fee = found.feesPpm?.[i] ?? null;
      return (
        ids.get(keyOf(found.dex, before < token ? before : token, before < token ? token : before, fee)) ?? -1
      );
    });
    let amount = found.exactIn ? found.amount : inputOf(market, state.states, pools, found);
    return pools.flatMap((pool, i) => {
      const before = state.states[pool];
      if (before === undefined || before === null) return [];
      const zeroForOne = market.pools[pool]?.token0 === found.path[i];
      const result = swap(before, { zeroForOne, amountIn: amount });
      if (!result.ok) return [];
      amount = result.swap.amountOut;
      return [{ pool, change: changeTo(result.swap.after) }];
    });
  };
  return {
    decode,
    run: (transaction) => {
      const found = decode(transaction);
      if (found === null) return null;
      updates = apply(found);
      const before = updates.map(({ pool }) => ({ pool, state: state.states[pool] ?? null }));
      const { best } = pipeline.search(places.slice(0, updates.length));
      for (const { pool, state: was } of before)
        if (was !== null) state.apply({ pool, change: changeTo(was) });
      return best;
    },
  };
}

const keyOf = (dex: string, token0: Address, token1: Address, feePpm: number | null): string =>
  `${dex} ${token0} ${token1} ${feePpm}`;

const feeOf = ({ pools, states }: BenchMarket, pool: number): number | null =>
  pools[pool]?.kind === "v3" ? (states[pool]?.feePpm ?? null) : null;

const changeTo = (after: PoolState): PoolChange =>
  after.kind === "v2" ? { ...after, kind: "sync" } : { ...after, kind: "swap" };

function inputOf(
  market: BenchMarket,
  states: readonly (PoolState | null)[],
  pools: readonly number[],
  { path, amount }: PeerSwap,
): bigint {
  let wanted = amount;
  for (let i = pools.length - 1; i >= 0; i--) {
    const pool = pools[i] ?? -1;
    const state = states[pool];
    if (state?.kind !== "v2") continue;
    const forward = market.pools[pool]?.token0 === path[i];
    const [reserveIn, reserveOut] = forward
      ? [state.reserve0, state.reserve1]
      : [state.reserve1, state.reserve0];
    wanted = v2AmountIn(wanted, reserveIn, reserveOut, state.feePpm);
  }
  return wanted;
}

const lower = (address: Hex): Address => `0x${address.slice(2).toLowerCase()}`;

/** Tokens of 20 bytes with fees of `feeBytes` between them. */
function unpacked(path: Hex, feeBytes: 0 | 3): Pick<PeerSwap, "path" | "feesPpm"> {
  const step = 20 + feeBytes;
  const tokens = Array.from({ length: Math.floor(size(path) / step) + (feeBytes === 0 ? 0 : 1) }, (_, i) =>
    lower(slice(path, i * step, i * step + 20)),
  );
  if (feeBytes === 0) return { path: tokens, feesPpm: null };
  const fees = tokens.slice(1).map((_, i) => hexToNumber(slice(path, i * step + 20, i * step + 23)));
  return { path: tokens, feesPpm: fees };
}

function read(router: Router, { input, value }: PendingTransaction): PeerSwap | null {
  switch (router.family) {
    case "v2":
      return readV2(router.dex, input, value);
    case "v3":
      return readV3(router.dex, input);
    case "router02":
      return readRouter02(router.dexV3, input);
    case "algebra":
      return readAlgebra(router.dex, input);
    case "universal":
      return readUniversal(router, input);
    case "opaque":
      return null;
  }
}

function readV2(dex: string, data: Hex, value: bigint): PeerSwap {
  const { functionName, args } = decodeFunctionData({ abi: V2_ABI, data });
  const swapOf = (amount: bigint, path: readonly Address[], exactIn = true): PeerSwap => ({
    dex,
    path: path.map(lower),
    feesPpm: null,
    exactIn,
    amount,
  });
  if (functionName === "swapExactETHForTokens") return swapOf(value, args[1]);
  return swapOf(args[0], args[2], functionName !== "swapTokensForExactTokens");
}

function readV3(dex: string, data: Hex): PeerSwap | null {
  const call = decodeFunctionData({ abi: V3_ABI, data });
  if (call.functionName === "multicall") return readV3(dex, call.args[0][0] ?? "0x");
  if (call.functionName === "unwrapWETH9") return null;
  const [params] = call.args;
  const way =
    "path" in params
      ? unpacked(params.path, 3)
      : { path: [lower(params.tokenIn), lower(params.tokenOut)], feesPpm: [params.fee] };
  return { dex, ...way, exactIn: true, amount: params.amountIn };
}

function readRouter02(dex: string, data: Hex): PeerSwap | null {
  const call = decodeFunctionData({ abi: ROUTER02_ABI, data });
  if (call.functionName === "multicall") return readRouter02(dex, call.args[1][0] ?? "0x");
  const [params] = call.args;
  const way =
    "path" in params
      ? unpacked(params.path, 3)
      : { path: [lower(params.tokenIn), lower(params.tokenOut)], feesPpm: [params.fee] };
  return { dex, ...way, exactIn: true, amount: params.amountIn };
}

function readAlgebra(dex: string, data: Hex): PeerSwap {
  const [params] = decodeFunctionData({ abi: ALGEBRA_ABI, data }).args;
  const way =
    "path" in params
      ? unpacked(params.path, 0)
      : { path: [lower(params.tokenIn), lower(params.tokenOut)], feesPpm: null };
  return { dex, ...way, exactIn: true, amount: params.amountIn };
}

function readUniversal(router: Extract<Router, { family: "universal" }>, data: Hex): PeerSwap | null {
  const [commands, inputs] = decodeFunctionData({ abi: UNIVERSAL_ABI, data }).args;
  for (const [i, input] of inputs.entries()) {
    const command = hexToNumber(slice(commands, i, i + 1));
    if (command === COMMAND.v3ExactIn) {
      const [, amount, , path] = decodeAbiParameters(UNIVERSAL_V3, input);
      return { dex: router.dexV3, ...unpacked(path, 3), exactIn: true, amount };
    }
    if (command === COMMAND.v2ExactIn && router.dexV2 !== null) {
      const [, amount, , path] = decodeAbiParameters(UNIVERSAL_V2, input);
      return { dex: router.dexV2, path: path.map(lower), feesPpm: null, exactIn: true, amount };
    }
  }
  return null;
}
