import { z } from "zod";
import type { Address, Hash } from "../src/chain/types.ts";
import { AddressText, HashText, HexText, Quantity } from "./hex.ts";
import type { Rpc } from "./rpc.ts";
import type { SignedTransaction } from "./transaction.ts";

const LogJson = z.looseObject({
  address: AddressText,
  topics: z.array(HashText),
  data: HexText,
  blockHash: HashText,
  transactionHash: HashText,
  logIndex: Quantity.transform(Number),
});

/** A log as the node's clients see it (`json`), with the parts that filters look at. */
export interface DevLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly json: Readonly<Record<string, unknown>>;
}

export interface DevReceipt {
  readonly hash: Hash;
  readonly from: Address;
  readonly to: Address | null;
  readonly ok: boolean;
  readonly gasUsed: bigint;
  /** Wei a unit of gas. */
  readonly effectiveGasPrice: bigint;
  readonly logs: readonly DevLog[];
  readonly signed: SignedTransaction;
}

/** A mined block; transactions in order. */
export interface DevBlock {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  /** Seconds. */
  readonly timestamp: number;
  readonly baseFeePerGas: bigint;
  readonly transactions: readonly DevReceipt[];
  /** The `newHeads` notification. */
  readonly header: Readonly<Record<string, unknown>>;
}

const BlockJson = z.looseObject({
  number: Quantity.transform(Number),
  hash: HashText,
  parentHash: HashText,
  timestamp: Quantity.transform(Number),
  baseFeePerGas: Quantity,
});

const ReceiptJson = z.object({
  transactionHash: HashText,
  from: AddressText,
  to: AddressText.nullable(),
  status: z.string(),
  gasUsed: Quantity,
  effectiveGasPrice: Quantity,
  logs: z.array(z.record(z.string(), z.unknown())),
});

const NOT_IN_A_HEAD = ["transactions", "uncles", "withdrawals", "size", "totalDifficulty"];

const headOf = (block: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(z.record(z.string(), z.unknown()).parse(block)).filter(
      ([key]) => !NOT_IN_A_HEAD.includes(key),
    ),
  );

const logOf = (json: Record<string, unknown>): DevLog => {
  const { address, topics } = LogJson.parse(json);
  return { address, topics, json };
};

/** Reads anvil's last block with its receipts; `sent` are the transactions that were given to it. */
export async function readLatestBlock(rpc: Rpc, sent: readonly SignedTransaction[]): Promise<DevBlock> {
  const [blockJson, receiptsJson] = await Promise.all([
    rpc.request("eth_getBlockByNumber", ["latest", false]),
    rpc.request("eth_getBlockReceipts", ["latest"]),
  ]);
  const block = BlockJson.parse(blockJson);
  const known = new Map(sent.map((tx) => [tx.hash, tx]));
  const transactions = z
    .array(ReceiptJson)
    .parse(receiptsJson)
    .map((receipt): DevReceipt => {
      const signed = known.get(receipt.transactionHash);
      if (signed === undefined) throw new Error(`anvil mined ${receipt.transactionHash}, which was not sent`);
      return {
        hash: receipt.transactionHash,
        from: receipt.from,
        to: receipt.to,
        ok: receipt.status === "0x1",
        gasUsed: receipt.gasUsed,
        effectiveGasPrice: receipt.effectiveGasPrice,
        logs: receipt.logs.map(logOf),
        signed,
      };
    });
  const { number, hash, parentHash, timestamp, baseFeePerGas } = block;
  return { number, hash, parentHash, timestamp, baseFeePerGas, transactions, header: headOf(blockJson) };
}
