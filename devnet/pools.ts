import { encodeFunctionData, parseAbi, zeroAddress } from "viem";
import type { Address, Pool } from "../src/chain/types.ts";
import type { DevAccount } from "./accounts.ts";
import { AddressText, HexText, toAddress } from "./hex.ts";
import { VENUES, amountWorth, sortedPair } from "./market.ts";
import type { PricedToken, Venue } from "./market.ts";
import type { DevRegistry } from "./registry.ts";
import type { Rpc } from "./rpc.ts";
import type { Call } from "./signing.ts";

/** A pool of the local chain; `feePpm` is its fee (Algebra's moves by itself), `usd` the dollars on each side. */
export interface DevPool extends Pool {
  readonly symbols: readonly [string, string];
  readonly feePpm: number | null;
  readonly usd: number;
}

const V2_ABI = parseAbi([
  "function addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)",
  "function getPair(address,address) view returns (address)",
]);
const V3_ABI = parseAbi([
  "struct Mint { address token0; address token1; uint24 fee; int24 tickLower; int24 tickUpper; uint256 amount0Desired; uint256 amount1Desired; uint256 amount0Min; uint256 amount1Min; address recipient; uint256 deadline; }",
  "function createAndInitializePoolIfNecessary(address,address,uint24,uint160)",
  "function mint(Mint)",
  "function getPool(address,address,uint24) view returns (address)",
]);
const ALGEBRA_ABI = parseAbi([
  "struct Mint { address token0; address token1; int24 tickLower; int24 tickUpper; uint256 amount0Desired; uint256 amount1Desired; uint256 amount0Min; uint256 amount1Min; address recipient; uint256 deadline; }",
  "function createAndInitializePoolIfNecessary(address,address,uint160)",
  "function mint(Mint)",
  "function poolByPair(address,address) view returns (address)",
]);

/** Far enough that no run reaches it, and the same in every run. */
export const FAR_DEADLINE = 4_102_444_800n;

const TICK_SPACING: Readonly<Record<number, number>> = { 100: 1, 500: 10, 3000: 60, 10_000: 200 };
const ALGEBRA_TICK_SPACING = 60;

/** Half-widths in ticks of the positions: far, medium, near the price; stable pairs sit much closer. */
const WIDTHS = [13_800, 3600, 1200] as const;
const STABLE_WIDTHS = [2000, 60, 10] as const;

/** Whole square root, rounded down (Newton). */
function sqrt(value: bigint): bigint {
  let x = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const y = (x + value / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

interface Opening {
  readonly pair: readonly [PricedToken, PricedToken];
  readonly amounts: readonly [bigint, bigint];
  readonly sqrtPriceX96: bigint;
  readonly tickFloat: number;
}

function opening(tokens: readonly PricedToken[], venue: Venue): Opening {
  const pair = sortedPair(tokens, venue.pair);
  const amounts = [amountWorth(pair[0], venue.usd), amountWorth(pair[1], venue.usd)] as const;
  return {
    pair,
    amounts,
    sqrtPriceX96: sqrt((amounts[1] << 192n) / amounts[0]),
    tickFloat: Math.log(Number(amounts[1]) / Number(amounts[0])) / Math.log(1.0001),
  };
}

/** Three ranges around the price, aligned to the spacing, each with a third of the money. */
const ranges = ({ tickFloat }: Opening, spacing: number): readonly (readonly [number, number])[] =>
  (spacing === 1 ? STABLE_WIDTHS : WIDTHS).map((width) => [
    Math.floor((tickFloat - width) / spacing) * spacing,
    Math.ceil((tickFloat + width) / spacing) * spacing,
  ]);

/** The unoptimised Algebra pool and its oracle cost 18 million gas: 59 kB of code. */
const ALGEBRA_CREATE_GAS = 24_000_000n;
const V3_CREATE_GAS = 5_500_000n;
const MINT_GAS = 900_000n;

function v2Calls(router: Address, { pair, amounts }: Opening, maker: Address): readonly Call[] {
  const data = encodeFunctionData({
    abi: V2_ABI,
    functionName: "addLiquidity",
    args: [pair[0].address, pair[1].address, ...amounts, 0n, 0n, maker, FAR_DEADLINE],
  });
  return [{ to: router, data, gas: 3_500_000n }];
}

interface Position {
  readonly token0: Address;
  readonly token1: Address;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly amount0Desired: bigint;
  readonly amount1Desired: bigint;
  readonly amount0Min: bigint;
  readonly amount1Min: bigint;
  readonly recipient: Address;
  readonly deadline: bigint;
}

const positions = (open: Opening, spacing: number, maker: Address): readonly Position[] =>
  ranges(open, spacing).map(([tickLower, tickUpper]) => ({
    token0: open.pair[0].address,
    token1: open.pair[1].address,
    tickLower,
    tickUpper,
    amount0Desired: open.amounts[0] / 3n,
    amount1Desired: open.amounts[1] / 3n,
    amount0Min: 0n,
    amount1Min: 0n,
    recipient: maker,
    deadline: FAR_DEADLINE,
  }));

function v3Calls(manager: Address, open: Opening, fee: number, maker: Address): readonly Call[] {
  const [a, b] = open.pair;
  const create = encodeFunctionData({
    abi: V3_ABI,
    functionName: "createAndInitializePoolIfNecessary",
    args: [a.address, b.address, fee, open.sqrtPriceX96],
  });
  const spacing = TICK_SPACING[fee];
  if (spacing === undefined) throw new Error(`Uniswap V3 has no fee tier ${fee}`);
  return [
    { to: manager, data: create, gas: V3_CREATE_GAS },
    ...positions(open, spacing, maker).map((position) => ({
      to: manager,
      data: encodeFunctionData({ abi: V3_ABI, functionName: "mint", args: [{ ...position, fee }] }),
      gas: MINT_GAS,
    })),
  ];
}

function algebraCalls(manager: Address, open: Opening, maker: Address): readonly Call[] {
  const [a, b] = open.pair;
  const create = encodeFunctionData({
    abi: ALGEBRA_ABI,
    functionName: "createAndInitializePoolIfNecessary",
    args: [a.address, b.address, open.sqrtPriceX96],
  });
  return [
    { to: manager, data: create, gas: ALGEBRA_CREATE_GAS },
    ...positions(open, ALGEBRA_TICK_SPACING, maker).map((position) => ({
      to: manager,
      data: encodeFunctionData({ abi: ALGEBRA_ABI, functionName: "mint", args: [position] }),
      gas: MINT_GAS,
    })),
  ];
}

/** The market maker's transactions that make all pools and fill them, through the real routers and managers. */
export const poolCalls = (
  registry: DevRegistry,
  tokens: readonly PricedToken[],
  { address: maker }: DevAccount,
): readonly Call[] =>
  VENUES.flatMap((venue) => {
    const open = opening(tokens, venue);
    if (venue.dex === registry.v3.name) {
      return v3Calls(registry.v3Positions, open, venue.fee ?? 3000, maker);
    }
    if (venue.dex === registry.algebra.name) return algebraCalls(registry.algebraPositions, open, maker);
    const exchange = registry.v2.find(({ name }) => name === venue.dex);
    if (exchange === undefined) throw new Error(`no such exchange: ${venue.dex}`);
    return v2Calls(exchange.router, open, maker);
  });

const ask = (to: Address, data: `0x${string}`): Call => ({ to, data, gas: 0n });

/** Where a venue's pool stands, asked of its factory. */
function lookUp(registry: DevRegistry, venue: Venue, pair: readonly [Address, Address]): Call {
  const { v3, algebra } = registry;
  if (venue.dex === v3.name) {
    const args = [...pair, venue.fee ?? 3000] as const;
    return ask(v3.factory, encodeFunctionData({ abi: V3_ABI, functionName: "getPool", args }));
  }
  if (venue.dex === algebra.name) {
    return ask(
      algebra.factory,
      encodeFunctionData({ abi: ALGEBRA_ABI, functionName: "poolByPair", args: pair }),
    );
  }
  const factory = registry.v2.find(({ name }) => name === venue.dex)?.factory ?? zeroAddress;
  return ask(toAddress(factory), encodeFunctionData({ abi: V2_ABI, functionName: "getPair", args: pair }));
}

/** All pools with the addresses that their factories gave them; throws when one is missing. */
export const findPools = (
  rpc: Rpc,
  registry: DevRegistry,
  tokens: readonly PricedToken[],
): Promise<readonly DevPool[]> =>
  Promise.all(
    VENUES.map(async (venue): Promise<DevPool> => {
      const pair = sortedPair(tokens, venue.pair);
      const { to, data } = lookUp(registry, venue, [pair[0].address, pair[1].address]);
      const answer = HexText.parse(await rpc.request("eth_call", [{ to, data }, "latest"]));
      const address = AddressText.parse(`0x${answer.slice(26)}`);
      if (address === zeroAddress) throw new Error(`${venue.dex} made no pool ${venue.pair.join("/")}`);
      const kind =
        venue.dex === registry.v3.name ? "v3" : venue.dex === registry.algebra.name ? "algebra" : "v2";
      return {
        address,
        kind,
        dex: venue.dex,
        token0: pair[0].address,
        token1: pair[1].address,
        symbols: [pair[0].symbol, pair[1].symbol],
        feePpm: kind === "algebra" ? null : (venue.fee ?? 3000),
        usd: venue.usd,
      };
    }),
  );
