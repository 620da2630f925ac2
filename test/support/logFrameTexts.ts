import * as fc from "fast-check";
import { POOL_TOPICS } from "../../src/amm/poolLog.ts";
import type { Address, Hash } from "../../src/chain/types.ts";
import { LOG_KINDS, type LogKind } from "../../src/feed/frames/logRecord.ts";

/** Log notifications as nodes write them: the same facts in each node's order of keys. */

export const SUBSCRIPTION = "0x9cef478923ff08bf67fde6c64013158d";

export const OUR_POOLS: readonly Address[] = Array.from(
  { length: 8 },
  (_, i): Address => `0x${(0xabcdef0123 + i * 0x1111111).toString(16).repeat(4)}`,
);

export const BLOCK_HASH: Hash = `0x${"a1b2c3d4".repeat(8)}`;

export type LogJson = Readonly<Record<string, unknown>>;

const ORDERS = {
  geth: "address topics data blockNumber transactionHash transactionIndex blockHash logIndex removed",
  bor: "address topics data blockNumber transactionHash transactionIndex blockHash blockTimestamp logIndex removed",
  anvil:
    "address topics data blockHash blockNumber blockTimestamp transactionHash transactionIndex logIndex removed",
  // Ends in digits and in a list: what stands behind them is shorter than any wide load.
  nethermind: "removed logIndex transactionIndex transactionHash blockHash blockNumber address data topics",
  sorted: "address blockHash blockNumber data logIndex topics transactionHash transactionIndex",
  bare: "removed topics data address blockHash transactionHash blockNumber logIndex",
} as const;

export type Layout = keyof typeof ORDERS;
export const LAYOUTS: readonly Layout[] = ["geth", "bor", "anvil", "nethermind", "sorted", "bare"];

const ordered = (log: LogJson, layout: Layout): LogJson =>
  Object.fromEntries(ORDERS[layout].split(" ").map((key) => [key, log[key]]));

/** Of the subscription's notification; geth sets a newline behind each message. */
export function frameOf(log: LogJson, layout: Layout): string {
  const result = ordered(log, layout);
  const method = "eth_subscription";
  if (layout === "sorted")
    return JSON.stringify({ jsonrpc: "2.0", method, params: { result, subscription: SUBSCRIPTION } });
  const text = JSON.stringify({ jsonrpc: "2.0", method, params: { subscription: SUBSCRIPTION, result } });
  return text + endOf(layout);
}

const endOf = (layout: Layout): string => (layout === "geth" || layout === "bor" ? "\n" : "");

/** An answer to `eth_getLogs`. */
export const answerOf = (logs: readonly LogJson[], layout: Layout): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 7, result: logs.map((log) => ordered(log, layout)) }) + endOf(layout);

/** Where the list of an answer begins. */
export const ANSWER_AT = '{"jsonrpc":"2.0","id":7,"result":'.length;

const digits = (count: number): fc.Arbitrary<string> =>
  fc
    .array(fc.nat(15), { minLength: count, maxLength: count })
    .map((values) => values.map((value) => value.toString(16)).join(""));

/** Mostly values that fit a contract's types, and some that do not. */
const word: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(fc.constantFrom(4, 16, 24, 28, 29, 32, 33, 40, 41, 64), fc.constantFrom("0", "0", "f"))
    .chain(([count, filling]) => digits(count).map((text) => text.padStart(64, filling))),
  fc
    .integer({ min: -887_272, max: 887_272 })
    .map((tick) => BigInt.asUintN(256, BigInt(tick)).toString(16).padStart(64, "0")),
  fc.constantFrom("f".repeat(64), "0".repeat(64), `${"0".repeat(57)}800000`.padStart(64, "0")),
);

const quantity = (max: number): fc.Arbitrary<string> => fc.nat(max).map((value) => `0x${value.toString(16)}`);

/** A log of one of the events that move a pool; its numbers may be out of range. */
export const logJson: fc.Arbitrary<LogJson> = fc
  .constantFrom(...LOG_KINDS)
  .chain(({ topic, indexed, plain }) =>
    fc.record({
      address: fc.oneof(
        fc.constantFrom(...OUR_POOLS),
        digits(40).map((text) => `0x${text}`),
      ),
      topics: fc
        .array(word, { minLength: indexed, maxLength: indexed })
        .map((words) => [topic, ...words.map((text) => `0x${text}`)]),
      data: fc.array(word, { minLength: plain, maxLength: plain }).map((words) => `0x${words.join("")}`),
      blockNumber: fc.oneof(quantity(0xfffffff), quantity(2 ** 52 - 1)),
      transactionHash: digits(64).map((text) => `0x${text}`),
      transactionIndex: quantity(300),
      blockHash: fc.constantFrom(BLOCK_HASH, BLOCK_HASH, `0x${"9".repeat(64)}`),
      blockTimestamp: quantity(0xffffffff),
      logIndex: quantity(0xfff),
      removed: fc.boolean(),
    }),
  );

/** A log of the kind with these words, 64 digits each, indexed ones first. */
export const eventJson = (address: Address, { topic, indexed }: LogKind, words: string): LogJson => ({
  address,
  topics: [topic, ...Array.from({ length: indexed }, (_, i) => `0x${words.slice(64 * i, 64 * (i + 1))}`)],
  data: `0x${words.slice(64 * indexed)}`,
  blockNumber: "0x4c4b400",
  transactionHash: `0x${"5e7a".repeat(16)}`,
  transactionIndex: "0x1f",
  blockHash: `0x${"7e7a".repeat(16)}`,
  blockTimestamp: "0x68a0b1c2",
  logIndex: "0xf1",
  removed: false,
});

/** A plain Sync. */
export const syncJson = (address: Address, reserve0: bigint, reserve1: bigint): LogJson =>
  eventJson(
    address,
    { kind: 0, topic: POOL_TOPICS.sync, indexed: 0, plain: 2, reads: [] },
    [reserve0, reserve1].map((value) => value.toString(16).padStart(64, "0")).join(""),
  );
