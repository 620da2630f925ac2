import { z } from "zod";
import {
  addressText as address,
  bytesText as bytes,
  emittedLog as log,
  hashText as hash,
} from "../chain/hexAnswers.ts";
import type { Address, BlockRef, EmittedLog, Hash, Hex } from "../chain/types.ts";

/** The node, as far as execution asks it. Rejects on a time-out and on JSON-RPC errors. */
export interface Rpc {
  request(
    method: string,
    params: readonly unknown[],
    options: { readonly timeoutMs: number },
  ): Promise<unknown>;
}

/** The parts of a mined transaction's receipt that we use; gas in units, price in wei. */
export interface Receipt {
  readonly block: BlockRef;
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  readonly success: boolean;
  readonly gasUsed: bigint;
  readonly effectiveGasPrice: bigint;
  readonly logs: readonly EmittedLog[];
}

const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,64}$/)
  .transform(BigInt);
const count = z
  .string()
  .regex(/^0x[0-9a-fA-F]{1,12}$/)
  .transform(Number);

const receiptSchema = z
  .object({
    blockHash: hash,
    blockNumber: count,
    transactionHash: hash,
    transactionIndex: count,
    status: count,
    gasUsed: quantity,
    effectiveGasPrice: quantity,
    logs: z.array(log),
  })
  .transform(({ blockHash, blockNumber, status, ...rest }): Receipt => {
    return { ...rest, block: { number: blockNumber, hash: blockHash }, success: status === 1 };
  });

/** `eth_getTransactionReceipt`: null while the transaction is not in a block. Throws on anything else. */
export const parseReceipt = (answer: unknown): Receipt | null => receiptSchema.nullable().parse(answer);

/** A hex count that fits a number: a nonce, a block. Throws on anything else. */
export const parseCount = (answer: unknown): number => count.parse(answer);

/** A hex quantity of at most 256 bits. Throws on anything else. */
export const parseQuantity = (answer: unknown): bigint => quantity.parse(answer);

/** One word that is an address. Throws on anything else. */
export const parseAddressWord = (answer: unknown): Address =>
  address.parse(bytes.parse(answer).replace(/^0x0{24}(?=[0-9a-f]{40}$)/, "0x"));

const headSchema = z
  .object({ number: count, hash, baseFeePerGas: quantity })
  .transform(({ number, hash: blockHash, baseFeePerGas }) => ({ number, hash: blockHash, baseFeePerGas }));

/** The parts of a header that fates need, of `eth_getBlockByNumber`. Throws on anything else. */
export const parseHead = (answer: unknown): z.infer<typeof headSchema> => headSchema.parse(answer);

const sentSchema = z.object({
  from: address,
  to: address.nullish(),
  nonce: count,
  value: quantity,
  input: bytes,
});

/** What was sent, of a mined transaction; wei. */
export type SentTransaction = z.infer<typeof sentSchema>;

const bodiesSchema = z.object({ transactions: z.array(sentSchema) });

/** The transactions of `eth_getBlockByNumber` with their bodies. Throws on anything else. */
export const parseSent = (answer: unknown): readonly SentTransaction[] =>
  bodiesSchema.parse(answer).transactions;

const simulatedCallSchema = z.object({
  status: count,
  gasUsed: quantity,
  returnData: bytes,
  logs: z.array(z.unknown()),
});

export type SimulatedCall = Omit<z.infer<typeof simulatedCallSchema>, "logs"> & {
  readonly logs: readonly EmittedLog[];
};

const simulationSchema = z.tuple([z.object({ calls: z.array(z.unknown()) })]);
const statusSchema = z.object({ status: count });

const isFrom = (author: Address, found: unknown): boolean =>
  typeof found === "object" &&
  found !== null &&
  "address" in found &&
  typeof found.address === "string" &&
  found.address.toLowerCase() === author.toLowerCase();

/**
 * `eth_simulateV1` of one block with `length` calls: the statuses of all but the last, and the last one. Of its logs
 * those of `author`: the pools' and tokens' own, a dozen in a plan, decide nothing and are not looked into. Throws on
 * anything else.
 */
export function parseSimulation(
  answer: unknown,
  author: Address,
  length: number,
): { readonly before: readonly number[]; readonly last: SimulatedCall } {
  const [{ calls }] = simulationSchema.parse(answer);
  if (calls.length !== length) throw new Error(`${calls.length} calls answered, ${length} asked`);
  const before = calls.slice(0, -1).map((each) => statusSchema.parse(each).status);
  const { logs, ...call } = simulatedCallSchema.parse(calls.at(-1));
  const own = logs.filter((found) => isFrom(author, found)).map((found) => log.parse(found));
  return { before, last: { ...call, logs: own } };
}

const feeHistorySchema = z.object({ reward: z.array(z.tuple([quantity])) });

/**
 * `eth_feeHistory` asked for one percentile: the median over the blocks that had transactions, wei per gas; null when
 * none had. Throws on anything else.
 */
export function parseRecentTip(answer: unknown): bigint | null {
  const tips = feeHistorySchema.parse(answer).reward.flatMap(([tip]) => (tip > 0n ? [tip] : []));
  return tips.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))[tips.length >> 1] ?? null;
}

const MAX_CAUSES = 8;

/** Revert data that an RPC error carries, itself or in its causes; null when it is no revert. */
export function revertDataOf(error: unknown): Hex | null {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    const data = "data" in current ? bytes.safeParse(current.data) : null;
    if (data?.success === true) return data.data;
    current = current.cause;
  }
  return null;
}
