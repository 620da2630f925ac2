import { assert, property, uint8Array, constantFrom, integer as wholeNumber, tuple, oneof } from "fast-check";
import { serializeTransaction, type TransactionSerializableEIP1559 } from "viem";
import { describe, expect, test } from "vitest";
import type { Hex } from "../../../src/chain/types.ts";
import { hexLength, writeHex } from "../../../src/execution/bytes.ts";
import {
  createTransactionBuffer,
  openTransaction,
  signedTransaction,
  signingPayload,
  type Envelope,
  type TransactionBuffer,
} from "../../../src/execution/eip1559.ts";
import { envelope } from "../../support/randomPlans.ts";
import { addressOf } from "../../support/executionPlan.ts";

const SIMPLE: Envelope = {
  chainId: 137,
  nonce: 0,
  to: addressOf(0xec5),
  value: 0n,
  gas: 500_000n,
  maxFeePerGas: 10n ** 11n,
  maxPriorityFeePerGas: 3n * 10n ** 10n,
};
const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString("hex")}`;
const dataOf = (length: number, first = 0xab): Hex =>
  hexOf(Uint8Array.from({ length }, (_, i) => (first + 31 * i) & 255));

interface Signature {
  /** r and s, 32 bytes each. */
  readonly rs: Uint8Array;
  readonly parity: 0 | 1;
}

/** Our two forms, and viem's. */
function bothForms(buffer: TransactionBuffer, fields: Envelope, data: Hex, { rs, parity }: Signature) {
  const typed: TransactionSerializableEIP1559 = { type: "eip1559", ...fields, data };
  const at = openTransaction(buffer, fields, hexLength(data));
  writeHex(buffer.bytes, at, data);
  const unsigned = hexOf(signingPayload(buffer));
  const signed = hexOf(signedTransaction(buffer, rs, parity));
  const [r, s] = [hexOf(rs.subarray(0, 32)), hexOf(rs.subarray(32))];
  return {
    ours: [unsigned, signed],
    viems: [serializeTransaction(typed), serializeTransaction(typed, { r, s, yParity: parity })],
  };
}

describe("an EIP-1559 transaction is byte-equal to viem's", () => {
  test("whatever its fields and its signature are", () => {
    const buffer = createTransactionBuffer();
    const data = tuple(
      oneof(wholeNumber({ min: 0, max: 2 }), wholeNumber({ min: 0, max: 600 })),
      wholeNumber({ min: 0, max: 255 }),
    ).map(([length, first]) => dataOf(length, first));
    // Leading zeros, which RLP drops from r and s, would come once in 256 signatures.
    const signature = tuple(
      uint8Array({ minLength: 64, maxLength: 64 }),
      constantFrom(0, 0, 1, 2, 31),
      constantFrom(0, 0, 1, 2, 31),
    ).map(([bytes, zerosR, zerosS]) => {
      bytes.fill(0, 0, zerosR).fill(0, 32, 32 + zerosS);
      for (const last of [31, 63]) bytes[last] = Math.max(1, bytes[last] ?? 0);
      return bytes;
    });
    assert(
      property(
        envelope,
        data,
        signature,
        constantFrom(0 as const, 1 as const),
        (fields, bytes, rs, parity) => {
          const { ours, viems } = bothForms(buffer, fields, bytes, { rs, parity });
          expect(ours).toEqual(viems);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("for data of every length from 0 to 3,000 bytes, and beyond the buffer's first size", () => {
    const buffer = createTransactionBuffer(1024);
    const signature: Signature = { rs: new Uint8Array(64).fill(0x7f), parity: 1 };
    const differing = [...Array(3001).keys(), 65_535, 65_536, 100_000].filter((length) => {
      const { ours, viems } = bothForms(buffer, SIMPLE, dataOf(length), signature);
      return ours[0] !== viems[0] || ours[1] !== viems[1];
    });
    expect(differing).toEqual([]);
  });
});

test.each<[string, Partial<Envelope>]>([
  ["chainId 0", { chainId: 0 }],
  ["nonce -1", { nonce: -1 }],
  ["nonce 0.5", { nonce: 0.5 }],
  ["nonce 9007199254740992", { nonce: 2 ** 53 }],
  ["gas -1", { gas: -1n }],
  ["value", { value: 2n ** 256n }],
  ["maxFeePerGas", { maxFeePerGas: 2n ** 256n }],
  ["tip 2 is above the fee 1", { maxFeePerGas: 1n, maxPriorityFeePerGas: 2n }],
  ["0xec5 is not an address", { to: "0xec5" }],
])("refuses %s", (message, change) => {
  expect(() => openTransaction(createTransactionBuffer(), { ...SIMPLE, ...change }, 0)).toThrow(message);
});
