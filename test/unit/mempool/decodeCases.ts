import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { array, bigInt, uint8Array } from "fast-check";
import { type Abi, encodeFunctionData, encodePacked } from "viem";
import { z } from "zod";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { createDecoder } from "../../../src/mempool/decode.ts";
import { type DecodedTransaction, type RouterCall, swapsOf } from "../../../src/mempool/routerCall.ts";

const artifactSchema = z.object({ abi: z.custom<Abi>(Array.isArray) });
const npmAbi = (path: string): Abi =>
  artifactSchema.parse(JSON.parse(readFileSync(createRequire(import.meta.url).resolve(path), "utf8"))).abi;

/** The contracts' published interfaces. */
export const ABI = {
  v2: npmAbi("@uniswap/v2-periphery/build/UniswapV2Router02.json"),
  v3: npmAbi("@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json"),
  router02: npmAbi("@uniswap/swap-router-contracts/artifacts/contracts/SwapRouter02.sol/SwapRouter02.json"),
  algebra: npmAbi("@cryptoalgebra/periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json"),
} as const;

/** Ethereum's registry: there SwapRouter02 trades with V2 pairs too. */
const ethereum = loadRegistry(1);
const polygon = loadRegistry(137);
const addressOf = ({ routers }: typeof polygon, name: string): Address => {
  const found = routers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no router ${name}`);
  return found.address;
};

export const WRAPPED = ethereum.native.wrapped;
export const SENDER: Address = `0x${"5e".repeat(20)}`;
export const MSG_SENDER: Address = `0x${"0".repeat(39)}1`;
export const ADDRESS_THIS: Address = `0x${"0".repeat(39)}2`;
export const ROUTER = {
  v2: addressOf(ethereum, "uniswap_v2_router"),
  v3: addressOf(ethereum, "uniswap_v3_router"),
  router02: addressOf(ethereum, "uniswap_router02"),
  universal: addressOf(ethereum, "universal_router_1.2"),
  universal211: addressOf(ethereum, "universal_router_2.1.1"),
  opaque: addressOf(ethereum, "1inch_v5"),
} as const;
export const POLYGON_ROUTER = {
  v2: addressOf(polygon, "quickswap_v2_router"),
  algebra: addressOf(polygon, "quickswap_v3_router"),
  /** Older than Uniswap V2 on Polygon. */
  universal: addressOf(polygon, "universal_router_1.1"),
} as const;

export const ethereumDecoder = createDecoder(ethereum.routers, ethereum.native.wrapped);
export const polygonDecoder = createDecoder(polygon.routers, polygon.native.wrapped);

const decoderOf = (to: Address) => (ethereumDecoder.isRouter(to) ? ethereumDecoder : polygonDecoder);

export const decode = (to: Address, input: Hex, value = 0n) =>
  decoderOf(to).decode({ to, from: SENDER, value, input });

/** What a call is read as; throws where it is refused. */
export function decoded(to: Address, input: Hex, value = 0n): DecodedTransaction {
  const decoding = decode(to, input, value);
  if (decoding.type !== "decoded") throw new Error(decoding.why);
  return decoding;
}

/** The only call of a transaction. */
export function onlyCall({ calls }: DecodedTransaction): RouterCall {
  const [only, ...more] = calls;
  if (only === undefined || more.length > 0) throw new Error(`${calls.length} calls`);
  return only;
}

export const onlySwap = ({ calls }: DecodedTransaction) => {
  const [only, ...more] = swapsOf(calls);
  if (only === undefined || more.length > 0) throw new Error(`${more.length} more swaps`);
  return only;
};

export const why = (to: Address, input: Hex, value = 0n): string => {
  const decoding = decode(to, input, value);
  return decoding.type === "unsupported" ? decoding.why : "it was decoded";
};

export const encode = (abi: Abi, functionName: string, args: readonly unknown[]): Hex =>
  encodeFunctionData({ abi, functionName, args });

export const word = (value: bigint | number): string => value.toString(16).padStart(64, "0");

/** Addresses above the named constants. */
export const addresses = uint8Array({ minLength: 19, maxLength: 19 }).map(
  (bytes): Address => `0x7a${Buffer.from(bytes).toString("hex")}`,
);
export const uints = bigInt({ min: 0n, max: 2n ** 256n - 1n });
/** What a concentrated pool can be asked for. */
export const amounts = bigInt({ min: 1n, max: 2n ** 255n - 1n });
export const tokenPaths = array(addresses, { minLength: 2, maxLength: 6 });

/** A path with made-up fees, in trade order and packed as the contracts take it. */
export function packed(path: readonly Address[], exact: "in" | "out") {
  const feesPpm = path.slice(1).map((_, i) => [100, 500, 3000, 10_000, 2 ** 24 - 1][i % 5] ?? 1);
  const [tokens, fees] = exact === "in" ? [path, feesPpm] : [path.toReversed(), feesPpm.toReversed()];
  const parts = tokens.flatMap((token, i) => (i === 0 ? [token] : [fees[i - 1] ?? 0, token]));
  const bytes = encodePacked(
    parts.map((part) => (typeof part === "number" ? "uint24" : "address")),
    parts,
  );
  return { feesPpm, bytes };
}
