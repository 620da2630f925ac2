import type { V2State } from "../../src/amm/poolState.ts";
import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import type { Address, BlockHeader, ChainLog, Hash, Pool } from "../../src/chain/types.ts";

/** Made-up addresses, hashes, headers and logs for tests of the market. */
export const addressOf = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
export const hashOf = (text: string): Hash => `0x${Buffer.from(text).toString("hex").padStart(64, "0")}`;

export const poolOf = (n: number, token0 = addressOf(0xa0), token1 = addressOf(0xb0)): Pool => ({
  address: addressOf(n),
  kind: "v2",
  dex: "quickswap_v2",
  token0,
  token1,
});

export const v2State = (reserve0: bigint, reserve1: bigint, feePpm = 3000): V2State => ({
  kind: "v2",
  feePpm,
  reserve0,
  reserve1,
});

/** The block called `name` (its hash) on top of `parent`. */
export const blockOn = (parent: Pick<BlockHeader, "number" | "hash">, name: string): BlockHeader => ({
  number: parent.number + 1,
  hash: hashOf(name),
  parentHash: parent.hash,
  timestamp: 1_700_000_000 + 2 * parent.number,
  baseFeePerGas: 30_000_000_000n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  logsBloom: "0x",
});

export const genesis = blockOn({ number: 99, hash: hashOf("before") }, "genesis");

const word = (value: bigint): string => value.toString(16).padStart(64, "0");

export const logOf = (
  block: BlockHeader,
  pool: Address,
  topic: Hash,
  words: readonly bigint[],
): ChainLog => ({
  address: pool,
  topics: [topic],
  data: `0x${words.map(word).join("")}`,
  blockHash: block.hash,
  blockNumber: block.number,
  transactionHash: hashOf("transaction"),
  logIndex: 0,
});

export const syncLog = (block: BlockHeader, pool: Address, reserve0: bigint, reserve1: bigint): ChainLog =>
  logOf(block, pool, POOL_TOPICS.sync, [reserve0, reserve1]);
