import { keccak256 } from "viem";
import type { BlockHeader, ChainLog, Hash, Hex } from "../../src/chain/types.ts";
import type { NodeBlock } from "./pendingNode.ts";

/** The bloom of a block's logs, as the yellow paper defines it (4.3.1). */
function bloomOf(logs: readonly ChainLog[]): Hex {
  const bytes = new Uint8Array(256);
  for (const { address, topics } of logs)
    for (const item of [address, ...topics]) {
      const hash = Buffer.from(keccak256(item, "bytes"));
      for (const at of [0, 2, 4]) {
        const bit = hash.readUInt16BE(at) & 2047;
        const byte = 255 - (bit >> 3);
        bytes[byte] = (bytes[byte] ?? 0) | (1 << (bit & 7));
      }
    }
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

/** The block as a node tells it. */
export function nodeBlock(
  header: BlockHeader,
  logs: readonly ChainLog[],
  transactions: readonly Hash[],
): NodeBlock {
  const { number, hash, parentHash, timestamp, baseFeePerGas, gasLimit, gasUsed } = header;
  const text = JSON.stringify({
    number: quantity(number),
    hash,
    parentHash,
    timestamp: quantity(timestamp),
    baseFeePerGas: quantity(baseFeePerGas),
    gasLimit: quantity(gasLimit),
    gasUsed: quantity(gasUsed),
    logsBloom: bloomOf(logs),
    extraData: "0x",
  });
  return { hash, header: text, logs: logs.map(logText), transactions };
}

const logText = ({
  address,
  topics,
  data,
  blockNumber,
  blockHash,
  transactionHash,
  logIndex,
}: ChainLog): string =>
  JSON.stringify({
    address,
    topics,
    data,
    blockNumber: quantity(blockNumber),
    transactionHash,
    transactionIndex: quantity(logIndex),
    blockHash,
    logIndex: quantity(logIndex),
    removed: false,
  });
