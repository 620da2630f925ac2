import { readFileSync } from "node:fs";
import { decodeFunctionResult, encodeFunctionData, getContractAddress, keccak256, parseAbi } from "viem";
import type { Hex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { bestFind } from "../../../devnet/competitor.ts";
import { compileArtifacts } from "../../../devnet/contracts/build.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { HexText, Quantity } from "../../../devnet/hex.ts";

const ABI = parseAbi([
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function balanceOf(address) view returns (uint256)",
  "function totalSupply() view returns (uint256)",
  "function deposit() payable",
  "function withdraw(uint256)",
  "function getReserves() view returns (uint112, uint112, uint32)",
  "function getBlockNumber() view returns (uint256)",
  "function slot0() view returns (uint160 sqrtPriceX96, int24, uint16, uint16, uint16, uint8, bool)",
  "function globalState() view returns (uint160 price, int24, uint16, uint16, uint8, uint8, bool)",
]);

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());

async function view(to: Hex, data: Hex): Promise<Hex> {
  return HexText.parse(await devnet.rpc("eth_call", [{ to, data }, "latest"]));
}

const find = (dex: string, pair: string, feePpm: number | null = 3000): Hex | undefined =>
  devnet.pools.find(
    (pool) =>
      pool.dex === dex &&
      pool.feePpm === feePpm &&
      [pool.symbols.join("/"), pool.symbols.toReversed().join("/")].includes(pair),
  )?.address;

test("pools stand at their real Polygon addresses", () => {
  // The addresses of mainnet, as POLYGON's CREATE2 gives them.
  expect(find("quickswap_v2", "WPOL/USDC.e")).toBe("0x6e7a5fafcec6bb1e78bae2a1f0b612012bf14827");
  expect(find("quickswap_v2", "WETH/USDC.e")).toBe("0x853ee4b2a13f8a742d64c8f088be7ba2131f670d");
  expect(find("uniswap_v3", "WETH/USDC.e", 500)).toBe("0x45dda9cb7c25131df268515131f647d726f50608");
  expect(find("uniswap_v3", "WETH/USDC", 500)).toBe("0xa4d8c89f0c20efbe54cba9e7e7a7e509056228d9");
  expect(find("uniswap_v3", "USDC/USDT0", 100)).toBe("0x31083a78e11b18e450fd139f9abea98cd53181b7");
  expect(find("uniswap_v3", "LINK/USDC", 3000)).toBe("0x79e4240e33c121402dfc9009de266356c91f241d");
});

test("there are more than 30 pools of three families and at least 8 tokens", () => {
  expect(devnet.pools.length).toBeGreaterThan(30);
  expect(new Set(devnet.pools.map(({ kind }) => kind))).toEqual(new Set(["v2", "v3", "algebra"]));
  expect(new Set(devnet.pools.map(({ dex }) => dex)).size).toBe(5);
  expect(new Set(devnet.pools.map(({ address }) => address)).size).toBe(devnet.pools.length);
  expect(devnet.tokens.length).toBeGreaterThanOrEqual(8);
});

test("tokens answer with their true symbol and decimals", async () => {
  for (const token of devnet.tokens) {
    const symbol = await view(token.address, encodeFunctionData({ abi: ABI, functionName: "symbol" }));
    const decimals = await view(token.address, encodeFunctionData({ abi: ABI, functionName: "decimals" }));
    expect(decodeFunctionResult({ abi: ABI, functionName: "symbol", data: symbol })).toBe(token.symbol);
    expect(decodeFunctionResult({ abi: ABI, functionName: "decimals", data: decimals })).toBe(token.decimals);
  }
});

test("every pool's price is the anchor's within a hundredth of a percent", async () => {
  for (const pool of devnet.pools) {
    const [token0, token1] = [pool.token0, pool.token1].map((address) =>
      devnet.tokens.find((token) => token.address === address),
    );
    if (token0 === undefined || token1 === undefined) throw new Error("a pool of an unknown token");
    const anchor =
      (Number(token0.priceMicroUsd) / 10 ** token0.decimals / Number(token1.priceMicroUsd)) *
      10 ** token1.decimals;
    let price: number;
    if (pool.kind === "v2") {
      const data = await view(pool.address, encodeFunctionData({ abi: ABI, functionName: "getReserves" }));
      const [r0, r1] = decodeFunctionResult({ abi: ABI, functionName: "getReserves", data });
      price = Number(r1) / Number(r0);
    } else {
      const functionName = pool.kind === "v3" ? "slot0" : "globalState";
      const data = await view(pool.address, encodeFunctionData({ abi: ABI, functionName }));
      price = (Number(BigInt(data.slice(0, 66))) / 2 ** 96) ** 2;
    }
    expect(Math.abs(price / anchor - 1), `${pool.dex} ${pool.symbols.join("/")}`).toBeLessThan(1e-4);
  }
});

test("WPOL is a true WETH9: native coins behind it, deposit and withdraw", async () => {
  const { alice } = devnet.accounts;
  const { wrapped } = devnet.registry;
  const supply = async () =>
    BigInt(await view(wrapped, encodeFunctionData({ abi: ABI, functionName: "totalSupply" })));
  const backing = async () => Quantity.parse(await devnet.rpc("eth_getBalance", [wrapped, "latest"]));
  const balance = async () =>
    BigInt(
      await view(wrapped, encodeFunctionData({ abi: ABI, functionName: "balanceOf", args: [alice.address] })),
    );
  const before = await balance();
  expect(await supply()).toBe(await backing());
  const deposit = encodeFunctionData({ abi: ABI, functionName: "deposit" });
  await devnet.transact(alice, { to: wrapped, data: deposit, gas: 100_000n, value: 7n });
  await devnet.build();
  expect((await balance()) - before).toBe(7n);
  const withdraw = encodeFunctionData({ abi: ABI, functionName: "withdraw", args: [before] });
  await devnet.transact(alice, { to: wrapped, data: withdraw, gas: 100_000n });
  const block = await devnet.build();
  expect(block.transactions.map(({ ok }) => ok)).toEqual([true]);
  expect(await balance()).toBe(7n);
  expect(await supply()).toBe(await backing());
});

test("Multicall3 answers at its place", async () => {
  const data = encodeFunctionData({ abi: ABI, functionName: "getBlockNumber" });
  expect(Number(await view(devnet.registry.multicall3, data))).toBe(devnet.head().number);
});

test("no two V2 pairs differ at the start: there is nothing for a rival", async () => {
  const pairs = devnet.pools.filter(({ kind }) => kind === "v2");
  const reserves = await Promise.all(
    pairs.map(async (pool) => {
      const data = await view(pool.address, encodeFunctionData({ abi: ABI, functionName: "getReserves" }));
      const [reserve0, reserve1] = decodeFunctionResult({ abi: ABI, functionName: "getReserves", data });
      return { pool, reserve0, reserve1 };
    }),
  );
  expect(bestFind(reserves, devnet.tokens)).toBeNull();
});

test("deploy gives the contract's address; a constructor that reverts throws", async () => {
  const { owner } = devnet.accounts;
  const nonce = Number(
    z.string().parse(await devnet.rpc("eth_getTransactionCount", [owner.address, "latest"])),
  );
  // PUSH1 0x2a PUSH0 MSTORE8, return one byte: the runtime code is 0x2a.
  const { address } = await devnet.deploy(owner, "0x602a5f5360015ff3");
  expect(address).toBe(getContractAddress({ from: owner.address, nonce: BigInt(nonce) }).toLowerCase());
  expect(await devnet.rpc("eth_getCode", [address, "latest"])).toBe("0x2a");
  await expect(devnet.deploy(owner, "0x5f5ffd")).rejects.toThrow("did not succeed");
});

test("the planted pool codes are those of the mainnet: the init-code hashes of the registry hold", () => {
  const pair = z
    .object({ bytecode: z.string() })
    .parse(JSON.parse(readFileSync("node_modules/@uniswap/v2-core/build/UniswapV2Pair.json", "utf8")));
  expect(keccak256(HexText.parse(`0x${pair.bytecode}`))).toBe(
    "0x96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f",
  );
});

test("the committed artifact of the devnet's own contracts is what their source compiles to", () => {
  // Compared as values: the formatter may lay the file out anew.
  expect(JSON.parse(compileArtifacts())).toEqual(
    JSON.parse(readFileSync("devnet/contracts/artifacts.json", "utf8")),
  );
});
