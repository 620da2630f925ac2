import { encodeAbiParameters, encodePacked, getContractAddress, keccak256 } from "viem";
import { expect, test } from "vitest";
import { poolAddress } from "../../../src/chain/create2.ts";
import { loadRegistry, type Dex } from "../../../src/chain/registry.ts";
import type { Address } from "../../../src/chain/types.ts";

const registry = loadRegistry(137);
const token = (symbol: string): Address => {
  const found = [...registry.tokens.values()].find((candidate) => candidate.symbol === symbol);
  if (found === undefined) throw new Error(`the registry has no ${symbol}`);
  return found.address;
};
const dex = (chainId: number, name: string): Dex => {
  const found = loadRegistry(chainId).dexes.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`the registry has no ${name}`);
  return found;
};

// Pools that stand on the chains today, as their factories name them.
test.each<[string, string, number | undefined, string]>([
  ["quickswap_v2", "WPOL/USDC.e", undefined, "0x6e7a5FAFcec6BB1e78bAE2A1F0B612012BF14827"],
  ["quickswap_v2", "WETH/USDC.e", undefined, "0x853Ee4b2A13f8a742d64C8F088bE7bA2131f670d"],
  ["quickswap_v3", "WPOL/USDC.e", undefined, "0xAE81FAc689A1b4b1e06e7ef4a2ab4CD8aC0A087D"],
  ["quickswap_v3", "WETH/USDC.e", undefined, "0x55CAaBB0d2b704FD0eF8192A7E35D8837e678207"],
  ["uniswap_v3", "WETH/USDC.e", 500, "0x45dDa9cb7c25131DF268515131f647d726f50608"],
  ["uniswap_v3", "WETH/USDC", 500, "0xA4D8c89f0c20efbe54cBa9e7e7a7E509056228D9"],
  ["uniswap_v3", "WPOL/USDC", 500, "0xB6e57ed85c4c9dbfEF2a68711e9d6f36c56e0FcB"],
  ["uniswap_v3", "WPOL/USDC.e", 500, "0xA374094527e1673A86dE625aa59517c5dE346d32"],
  ["uniswap_v3", "WPOL/WETH", 500, "0x86f1d8390222A3691C28938eC7404A1661E618e0"],
  ["uniswap_v3", "WBTC/WETH", 500, "0x50eaEDB835021E4A108B7290636d62E9765cc6d7"],
  ["uniswap_v3", "USDT0/USDC", 100, "0x31083a78E11B18e450fd139F9ABEa98CD53181B7"],
  ["uniswap_v3", "USDC/USDC.e", 100, "0xD36ec33c8bed5a9F7B6630855f1533455b98a418"],
  ["uniswap_v3", "DAI/USDC", 100, "0xf369277650aD6654f25412ea8BFBD5942733BaBC"],
  ["uniswap_v3", "LINK/USDC", 3000, "0x79E4240E33C121402dfc9009dE266356c91f241d"],
  ["uniswap_v3", "AAVE/USDC", 3000, "0xc42BF5CD16D9eb1E892b66bB32A3892Dcb7bb75C"],
])("%s %s %s", (name, pair, feePpm, expected) => {
  const [one = "", other = ""] = pair.split("/");
  const key = { token0: token(one), token1: token(other), ...(feePpm === undefined ? {} : { feePpm }) };
  const swapped = { ...key, token0: key.token1, token1: key.token0 };
  expect(poolAddress(dex(137, name), key)).toBe(expected.toLowerCase());
  expect(poolAddress(dex(137, name), swapped)).toBe(expected.toLowerCase());
});

const WETH: Address = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2";
const USDC: Address = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48";

test.each<[string, number | undefined, string]>([
  ["uniswap_v2", undefined, "0xB4e16d0168e52d35CaCD2c6185b44281Ec28C9Dc"],
  ["sushiswap_v2", undefined, "0x397FF1542f962076d0BFE58eA045FfA2d347ACa0"],
  ["uniswap_v3", 500, "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640"],
  ["uniswap_v3", 3000, "0x8ad599c3A0ff1De082011EFDDc58f1908eb6e6D8"],
])("Ethereum: %s USDC/WETH %s", (name, feePpm, expected) => {
  const key = { token0: WETH, token1: USDC, ...(feePpm === undefined ? {} : { feePpm }) };
  expect(poolAddress(dex(1, name), key)).toBe(expected.toLowerCase());
});

test("every exchange of both chains agrees with viem's own derivation", () => {
  for (const { dexes } of [loadRegistry(137), loadRegistry(1)]) {
    for (const exchange of dexes) {
      const key = { token0: USDC, token1: WETH, feePpm: 3000 };
      const pair = [{ type: "address" }, { type: "address" }] as const;
      const encoded =
        exchange.kind === "v3"
          ? encodeAbiParameters([...pair, { type: "uint24" }], [USDC, WETH, 3000])
          : encodeAbiParameters(pair, [USDC, WETH]);
      const packed = encodePacked(["address", "address"], [USDC, WETH]);
      const made = getContractAddress({
        opcode: "CREATE2",
        from: exchange.kind === "algebra" ? exchange.deployer : exchange.factory,
        salt: keccak256(exchange.kind === "v2" ? packed : encoded),
        bytecodeHash: exchange.initCodeHash,
      });
      expect([exchange.name, poolAddress(exchange, key)]).toEqual([exchange.name, made.toLowerCase()]);
    }
  }
});

test("a v3 pool without its fee has no address", () => {
  expect(() => poolAddress(dex(137, "uniswap_v3"), { token0: WETH, token1: USDC })).toThrow(RangeError);
});
