import { expect, test } from "vitest";
import {
  parseCount,
  parseHeader,
  parseLog,
  parsePendingTransaction,
  parseQuantity,
} from "../../../src/feed/parse.ts";
import { createFakeChain, headerJson, logsJson } from "../../support/feedChain.ts";

const chain = createFakeChain(1, 5, () => 1_700_000_000_000);
const block = chain.extend();
const legacy = {
  blockHash: null,
  hash: block.hash,
  from: "0x00000000000000000000000000000000000000AA",
  to: "0x00000000000000000000000000000000000000Bb",
  nonce: "0x1",
  value: "0x0",
  gas: "0x5208",
  input: "0x38ED1739",
  type: "0x0",
  gasPrice: "0x77359400",
};
const { gasPrice: _, ...rest } = legacy;
const dynamic = { ...rest, type: "0x2", maxFeePerGas: "0x3", maxPriorityFeePerGas: "0x2", gasPrice: "0x3" };

test("a header as the node gives it", () => {
  expect(parseHeader(headerJson(block))).toMatchObject({
    number: 1001,
    hash: block.hash,
    parentHash: chain.below(1).hash,
    baseFeePerGas: 30_000_000_000n,
    gasLimit: 140_000_000n,
  });
});

test("a log, and whether it is taken back", () => {
  const [first] = logsJson(block);
  expect(parseLog(first)).toMatchObject({ removed: false, log: { blockNumber: 1001, logIndex: 0 } });
  expect(parseLog({ ...first, removed: true })?.removed).toBe(true);
  expect(parseLog({ ...first, blockHash: null })).toBeNull();
});

test("both families of fees, and everything in lower case", () => {
  expect(parsePendingTransaction(legacy)).toEqual({
    hash: block.hash,
    from: "0x00000000000000000000000000000000000000aa",
    to: "0x00000000000000000000000000000000000000bb",
    nonce: 1,
    value: 0n,
    gas: 21_000n,
    input: "0x38ed1739",
    type: 0,
    gasPrice: 2_000_000_000n,
    maxFeePerGas: null,
    maxPriorityFeePerGas: null,
  });
  expect(parsePendingTransaction(dynamic)).toMatchObject({
    type: 2,
    gasPrice: null,
    maxFeePerGas: 3n,
    maxPriorityFeePerGas: 2n,
  });
  expect(parsePendingTransaction({ ...legacy, to: null })?.to).toBeNull();
});

test("an old node's body without a type is told by its fields", () => {
  const { type: _type, ...untyped } = legacy;
  expect(parsePendingTransaction(untyped)?.type).toBe(0);
  expect(
    parsePendingTransaction({ ...untyped, maxFeePerGas: "0x3", maxPriorityFeePerGas: "0x2" })?.type,
  ).toBe(2);
});

test.for([
  ["Bor's state sync", { ...legacy, type: "0x7f" }],
  ["a blob transaction", { ...dynamic, type: "0x3" }],
  ["a system transaction", { ...legacy, from: `0x${"0".repeat(40)}` }],
  ["one that is in a block", { ...legacy, blockHash: block.hash }],
  ["an unreadable receiver", { ...legacy, to: "0x1" }],
  ["half a byte of input", { ...legacy, input: "0x123" }],
  ["more input than Bor takes", { ...legacy, input: `0x${"00".repeat(128 * 1024 + 1)}` }],
  ["a nonce beyond what a number holds", { ...legacy, nonce: "0x20000000000000" }],
  ["a fee of 257 bits", { ...legacy, gasPrice: `0x1${"0".repeat(64)}` }],
  ["no fee", { ...legacy, gasPrice: undefined }],
] as const)("%s is not for us", ([, body]) => {
  expect(parsePendingTransaction(body)).toBeNull();
});

test("quantities", () => {
  expect(parseQuantity("0x00ff")).toBe(255n);
  expect(parseQuantity(`0x${"f".repeat(64)}`)).toBe(2n ** 256n - 1n);
  expect(parseCount("0x1fffffffffffff")).toBe(Number.MAX_SAFE_INTEGER);
  for (const bad of ["", "0x", "ff", "0xfg", "-0x1", "0x1 ", 255, null, "0x20000000000000"])
    expect(parseCount(bad)).toBeNull();
});
