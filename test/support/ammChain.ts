import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  type Abi,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  keccak256,
  parseAbi,
} from "viem";
import { z } from "zod";
import { compileContracts } from "../../contracts/compile.ts";
import { type Anvil, startAnvil } from "../../devnet/anvil.ts";
import type { PoolLog } from "../../src/amm/logWords.ts";
import type { Address, Hex } from "../../src/chain/types.ts";

const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]*$/.test(value));
const artifactSchema = z.object({
  abi: z.custom<Abi>(Array.isArray),
  bytecode: z.string().transform((code) => hex.parse(code.startsWith("0x") ? code : `0x${code}`)),
});

export interface Artifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

/** A contract's artifact out of an npm package. */
export const npmArtifact = (path: string): Artifact =>
  artifactSchema.parse(JSON.parse(readFileSync(createRequire(import.meta.url).resolve(path), "utf8")));

const receiptSchema = z.object({
  status: hex,
  contractAddress: hex.nullish(),
  logs: z.array(z.object({ address: hex, topics: z.array(hex), data: hex })),
});

export type Receipt = z.infer<typeof receiptSchema>;

/** Anvil with one funded account, a block for each transaction, and the probe of `SwapProbe.sol`. */
export interface AmmChain {
  readonly probe: Address;
  readonly probeAbi: Abi;
  deploy(artifact: Artifact, args?: readonly unknown[]): Promise<Address>;
  send(to: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<Receipt>;
  /** On the block to come, whose time is a new one, as a transaction would find it. */
  call(to: Address, abi: Abi, functionName: string, args: readonly unknown[]): Promise<unknown>;
  /** Two fresh tokens in the pools' order. */
  tokens(): Promise<readonly [Address, Address]>;
  stop(): Promise<void>;
}

/** A batch of swaps over thousands of words is one transaction: blocks are made large enough. */
const GAS = "0x3b9aca00";
const BLOCK_GAS = "0x77359400";
const replySchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

const GENESIS_SECONDS = 1_767_225_600;
const BLOCK_SECONDS = 2;

async function rpc(anvil: Anvil, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(anvil.httpUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const reply = replySchema.parse(await response.json());
  if (reply.error !== undefined) throw new Error(`${method}: ${reply.error.message}`);
  return reply.result;
}

export async function startAmmChain(): Promise<AmmChain> {
  // The last rules without a cap on a transaction's gas.
  // By the machine's clock the adaptive fees of Algebra would be others in every run.
  const anvil = await startAnvil(["--hardfork=cancun", `--timestamp=${GENESIS_SECONDS}`]);
  await rpc(anvil, "anvil_setBlockTimestampInterval", [BLOCK_SECONDS]);
  await rpc(anvil, "evm_setBlockGasLimit", [BLOCK_GAS]);
  await rpc(anvil, "evm_mine", []);
  const from = z.array(hex).parse(await rpc(anvil, "eth_accounts", []))[0];

  async function transact(transaction: { to?: Address; data: Hex }): Promise<Receipt> {
    const hash = await rpc(anvil, "eth_sendTransaction", [{ ...transaction, from, gas: GAS }]);
    await rpc(anvil, "evm_mine", []);
    const receipt = receiptSchema.parse(await rpc(anvil, "eth_getTransactionReceipt", [hash]));
    if (receipt.status !== "0x1") throw new Error(`transaction ${String(hash)} reverted`);
    return receipt;
  }
  async function deploy({ abi, bytecode }: Artifact, args: readonly unknown[] = []): Promise<Address> {
    const receipt = await transact({ data: encodeDeployData({ abi, bytecode, args }) });
    return hex.parse(receipt.contractAddress);
  }

  const compiled = compileContracts(["../test/fuzz/amm/SwapProbe.sol"]);
  const ours = (name: string): Artifact =>
    artifactSchema.parse(compiled.find(({ contract }) => contract === name));
  const [probeArtifact, token] = [ours("SwapProbe"), ours("ProbeToken")];
  return {
    probe: await deploy(probeArtifact),
    probeAbi: probeArtifact.abi,
    deploy,
    send: (to, abi, functionName, args) =>
      transact({ to, data: encodeFunctionData({ abi, functionName, args }) }),
    call: async (to, abi, functionName, args) => {
      const data = encodeFunctionData({ abi, functionName, args });
      const answer = hex.parse(await rpc(anvil, "eth_call", [{ from, to, data, gas: GAS }, "pending"]));
      return decodeFunctionResult({ abi, functionName, data: answer });
    },
    tokens: async () => {
      const [a, b] = [await deploy(token), await deploy(token)];
      return a < b ? [a, b] : [b, a];
    },
    stop: () => anvil.stop(),
  };
}

/** The logs of one pool in a receipt, in order. */
export const logsOf = (receipt: Receipt, pool: Address): PoolLog[] =>
  receipt.logs.filter(({ address }) => address === pool);

/** A call whose answer is one address. */
export async function callForAddress(
  chain: AmmChain,
  to: Address,
  abi: Abi,
  [functionName, ...args]: readonly [string, ...unknown[]],
): Promise<Address> {
  return hex.parse(String(await chain.call(to, abi, functionName, args)).toLowerCase());
}

/** Makes pools of one family; `fee` in ppm. */
export type PoolFactory = (fee: number, tickSpacing: number) => Promise<Address>;

export async function v3Factory(chain: AmmChain): Promise<PoolFactory> {
  const factory = npmArtifact(
    "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json",
  );
  const address = await chain.deploy(factory);
  const [token0, token1] = await chain.tokens();
  return async (fee, tickSpacing) => {
    await chain.send(address, factory.abi, "enableFeeAmount", [fee, tickSpacing]);
    await chain.send(address, factory.abi, "createPool", [token0, token1, fee]);
    return callForAddress(chain, address, factory.abi, ["getPool", token0, token1, fee]);
  };
}

/** QuickSwap's init code hash, which the published factory carries; the published pool has another one. */
const QUICKSWAP_POOL_HASH = "6ec6c9c8091d160c0aa74b2b14ba9c1717e95093bd3ac085cee99a49aab294a4";

const algebraArtifact = (name: string): Artifact =>
  npmArtifact(`@cryptoalgebra/core/artifacts/contracts/${name}.sol/${name}.json`);

/** Algebra pools whose fee is constant: all of the configuration's sigmoids are flat. */
export async function algebraFactory(chain: AmmChain): Promise<PoolFactory> {
  const factory = algebraArtifact("AlgebraFactory");
  const deployer = algebraArtifact("AlgebraPoolDeployer");
  const pool = algebraArtifact("AlgebraPool");
  const bytecode = factory.bytecode.replaceAll(QUICKSWAP_POOL_HASH, keccak256(pool.bytecode).slice(2));
  const deployerAddress = await chain.deploy(deployer);
  const address = await chain.deploy({ abi: factory.abi, bytecode: hex.parse(bytecode) }, [
    deployerAddress,
    chain.probe,
  ]);
  await chain.send(deployerAddress, deployer.abi, "setFactory", [address]);
  return async (fee) => {
    const [token0, token1] = await chain.tokens();
    await chain.send(address, factory.abi, "setBaseFeeConfiguration", [0, 0, 0, 0, 1, 1, 0, 1, fee]);
    await chain.send(address, factory.abi, "createPool", [token0, token1]);
    return callForAddress(chain, address, factory.abi, ["poolByPair", token0, token1]);
  };
}

export const POOL_ABI = parseAbi([
  "function initialize(uint160 price)",
  "function ticks(int24) view returns (uint128 gross, int128 net)",
  "function liquidity() view returns (uint128)",
  "function maxLiquidityPerTick() view returns (uint128)",
  "function slot0() view returns (uint160 price, int24 tick, uint16, uint16, uint16, uint8, bool)",
  "function globalState() view returns (uint160 price, int24 tick, uint16 fee, uint16, uint8, uint8, bool)",
]);
