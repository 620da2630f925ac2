import { keccak256, numberToHex, parseTransaction, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { assert, asyncProperty } from "fast-check";
import { describe, expect, test } from "vitest";
import { rebuildRaw } from "../../../src/chain/rawTransaction.ts";
import {
  parseCount,
  parseHeader,
  parseLog,
  parsePendingTransaction,
  parseQuantity,
} from "../../../src/feed/parse.ts";
import { createFakeChain, headerJson, logsJson } from "../../support/feedChain.ts";
import { signSample, unsignedSamples, type SignedSample } from "../../support/signedTransactions.ts";

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
    signed: null,
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

const TYPES = { legacy: 0, eip2930: 1, eip1559: 2, eip4844: 3, eip7702: 4 };
const quantity = (value: bigint | number | undefined): Hex => numberToHex(value ?? 0);

/** The body of a signed transaction as Bor's `eth_subscribe` gives it. */
function bodyJson({ raw, from }: Pick<SignedSample, "raw" | "from">) {
  const said = parseTransaction(raw);
  const type = TYPES[said.type ?? "legacy"];
  return {
    blockHash: null,
    hash: keccak256(raw),
    from,
    to: said.to ?? null,
    nonce: quantity(said.nonce),
    value: quantity(said.value),
    gas: quantity(said.gas),
    input: said.data ?? "0x",
    type: quantity(type),
    gasPrice: quantity(said.gasPrice ?? said.maxFeePerGas),
    ...(type < 2
      ? {}
      : {
          maxFeePerGas: quantity(said.maxFeePerGas),
          maxPriorityFeePerGas: quantity(said.maxPriorityFeePerGas),
        }),
    ...(said.chainId === undefined ? {} : { chainId: quantity(said.chainId) }),
    ...(type === 0 ? {} : { accessList: said.accessList ?? [], yParity: quantity(said.yParity) }),
    ...(said.authorizationList === undefined
      ? {}
      : {
          authorizationList: said.authorizationList.map((one) => ({
            ...one,
            chainId: quantity(one.chainId),
            nonce: quantity(one.nonce),
            yParity: quantity(one.yParity),
          })),
        }),
    v: type === 0 ? quantity(said.v) : quantity(said.yParity),
    r: said.r,
    s: said.s,
  };
}

describe("the signed part", () => {
  const key: Hex = `0x${"11".repeat(32)}`;
  const entry = { address: legacy.to, storageKeys: [block.hash] };
  const signedBody = async (accessList: readonly (typeof entry)[] = []) => {
    const account = privateKeyToAccount(key);
    const raw = await account.signTransaction({
      type: "eip1559",
      chainId: 137,
      nonce: 1,
      gas: 21_000n,
      maxFeePerGas: 3n,
      maxPriorityFeePerGas: 2n,
      to: "0x00000000000000000000000000000000000000bb",
      accessList: accessList.map(({ storageKeys }) => ({ address: account.address, storageKeys })),
    });
    return bodyJson({ raw, from: account.address });
  };

  test("the bytes of every type can be rebuilt from the body", async () => {
    const isRebuilt = asyncProperty(unsignedSamples, async (unsigned) => {
      const sample = await signSample(unsigned);
      const transaction = parsePendingTransaction(bodyJson(sample));
      return transaction !== null && rebuildRaw(transaction) === sample.raw;
    });
    await expect(assert(isRebuilt, { numRuns: 150 })).resolves.toBeUndefined();
  });

  test("a parity may be told as v alone", async () => {
    const body = await signedBody();
    const { yParity, ...older } = body;
    expect(parsePendingTransaction(older)?.signed?.yParity).toBe(Number(yParity));
  });

  test("a thousand entries of an access list are read, one more is not", async () => {
    const body = await signedBody([entry]);
    const listed = (keys: number) => ({
      ...body,
      accessList: [{ ...entry, storageKeys: Array.from({ length: keys }, () => block.hash) }],
    });
    expect(parsePendingTransaction(listed(999))?.signed?.accessList[0]?.storageKeys).toHaveLength(999);
    expect(parsePendingTransaction(listed(1_000))?.signed).toBeNull();
  });

  test.for([
    ["no r", { r: undefined }],
    ["an s of 257 bits", { s: `0x1${"0".repeat(64)}` }],
    ["a parity of 2", { yParity: "0x2" }],
    ["no chain", { chainId: undefined }],
    ["no access list", { accessList: undefined }],
    ["an access list that is none", { accessList: "0x" }],
    ["an entry that is none", { accessList: [null] }],
    ["keys that are none", { accessList: [{ ...entry, storageKeys: 7 }] }],
    ["a short key", { accessList: [{ ...entry, storageKeys: ["0x1"] }] }],
    ["a legacy v of 1", { type: "0x0", v: "0x1" }],
    ["no authorizations", { type: "0x4" }],
    ["an authorization that is none", { type: "0x4", authorizationList: ["0x"] }],
    [
      "an authorization with a nonce of 65 bits",
      {
        type: "0x4",
        authorizationList: [
          {
            chainId: "0x89",
            address: legacy.to,
            nonce: "0x10000000000000000",
            yParity: "0x0",
            r: "0x1",
            s: "0x1",
          },
        ],
      },
    ],
  ] as const)("%s: the transaction is read, without its signed part", async ([, change]) => {
    const transaction = parsePendingTransaction({ ...(await signedBody()), ...change });
    expect(transaction).toMatchObject({ nonce: 1, signed: null });
  });
});

test("quantities", () => {
  expect(parseQuantity("0x00ff")).toBe(255n);
  expect(parseQuantity(`0x${"f".repeat(64)}`)).toBe(2n ** 256n - 1n);
  expect(parseCount("0x1fffffffffffff")).toBe(Number.MAX_SAFE_INTEGER);
  for (const bad of ["", "0x", "ff", "0xfg", "-0x1", "0x1 ", 255, null, "0x20000000000000"])
    expect(parseCount(bad)).toBeNull();
});
