import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { array, assert, asyncProperty, nat, property, tuple } from "fast-check";
import { concatHex, keccak256, toRlp, type TransactionSerializable } from "viem";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parseRaw, rebuildRaw } from "../../../src/chain/rawTransaction.ts";
import type { Hex } from "../../../src/chain/types.ts";
import { signSample, unsignedSamples } from "../../support/signedTransactions.ts";

const RECORDED = new URL("../../../../shared/data/blocks/router_txs_signed.json.gz", import.meta.url);
const hex = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]*$/.test(value));
const recorded = z.object({
  txs: z.array(
    z.object({ hash: hex, from: hex, to: hex, nonce: z.number(), value: z.string(), input: hex, raw: hex }),
  ),
});

const KEY: Hex = `0x${"11".repeat(32)}`;
const TO: Hex = `0x${"ab".repeat(20)}`;
const fields: TransactionSerializable = {
  type: "eip1559",
  chainId: 137,
  nonce: 7,
  gas: 21_000n,
  maxFeePerGas: 50n,
  maxPriorityFeePerGas: 30n,
  to: TO,
  value: 5n,
  data: "0x38ed1739",
};
const { raw: sound } = await signSample([KEY, fields]);

/** What is read of bytes that should be sound, and of which chain the bytes say. */
function read(raw: Hex, chainId: number) {
  const parsed = parseRaw(raw, chainId);
  if (parsed.type !== "transaction") throw new Error(`${parsed.type}: ${parsed.why}`);
  return parsed.transaction;
}

describe("sound bytes", () => {
  test("every field, the hash and the sender", async () => {
    const { from } = await signSample([KEY, fields]);
    expect(read(sound, 137)).toMatchObject({
      hash: keccak256(sound),
      from: from.toLowerCase(),
      to: TO,
      nonce: 7,
      gas: 21_000n,
      type: 2,
      gasPrice: null,
      maxFeePerGas: 50n,
      maxPriorityFeePerGas: 30n,
      value: 5n,
      input: "0x38ed1739",
      signed: { chainId: 137, accessList: [], authorizationList: [] },
    });
  });

  test("what viem signs of any type is read, and written again byte for byte", async () => {
    const seen = new Set<string>();
    const isSame = asyncProperty(unsignedSamples, async (unsigned) => {
      const { fields: asked, from, raw } = await signSample(unsigned);
      const transaction = read(raw, asked.chainId ?? 137);
      expect(rebuildRaw(transaction)).toBe(raw);
      expect(transaction).toMatchObject({
        hash: keccak256(raw),
        from: from.toLowerCase(),
        to: asked.to ?? null,
        value: asked.value,
        input: asked.data,
        nonce: asked.nonce,
        gas: asked.gas,
      });
      seen.add(`${asked.type}${asked.chainId === undefined ? " without chain" : ""}`);
    });
    await assert(isSame, { numRuns: 200 });
    expect([...seen].toSorted()).toEqual(["eip1559", "eip2930", "eip7702", "legacy", "legacy without chain"]);
  });

  test.skipIf(!existsSync(RECORDED))("what the chain took, where ../shared/data is there", () => {
    const { txs } = recorded.parse(JSON.parse(gunzipSync(readFileSync(RECORDED)).toString("utf8")));
    expect(txs.length).toBeGreaterThan(300);
    for (const { raw, value, ...tx } of txs) {
      const transaction = read(raw, 1);
      expect(transaction).toMatchObject({ ...tx, value: BigInt(value) });
      expect(rebuildRaw(transaction)).toBe(raw);
    }
  });

  test("capital digits are the same bytes", () => {
    expect(read(`0x${sound.slice(2).toUpperCase()}`, 137)).toEqual(read(sound, 137));
  });
});

describe("what is not for us", () => {
  test("another chain's has its hash, and the reason", () => {
    expect(parseRaw(sound, 1)).toEqual({
      type: "unsupported",
      hash: keccak256(sound),
      why: "signed for chain 137, not 1",
    });
  });

  test.for<[Hex, RegExp]>([
    ["0x03c0", /blobs/],
    ["0x7fc0", /state sync/],
  ])("%s is named", ([raw, why]) => {
    expect(parseRaw(raw, 137)).toMatchObject({
      type: "unsupported",
      hash: null,
      why: expect.stringMatching(why),
    });
  });
});

/** The parts of a sound transaction of type 2, to be put together wrongly. */
const transaction = read(sound, 137);
const bytes = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;
const { r, s } = transaction.signed;
const parts = [
  "0x89",
  "0x07",
  "0x1e",
  "0x32",
  "0x5208",
  TO,
  "0x05",
  "0x38ed1739",
  [],
  "0x",
  bytes(r),
  bytes(s),
] as const;
type Part = Hex | readonly Part[];
const assembled = (at: number, part: Part): Hex =>
  concatHex(["0x02", toRlp(parts.map((other, i): Part => (i === at ? part : other)))]);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("malformed bytes", () => {
  test("every cut, and every tail", () => {
    for (let chars = 2; chars < sound.length; chars++) {
      const cut: Hex = `0x${sound.slice(2, chars)}`;
      expect(parseRaw(cut, 137).type).toBe("malformed");
    }
    expect(parseRaw(`${sound}00`, 137).type).toBe("malformed");
  });

  test.for<[string, Hex]>([
    ["no digits", "0xzz"],
    ["no prefix, in a way", "0x0x00"],
    ["a type that nobody knows", "0x05c0"],
    ["a type without a body", "0x02"],
    ["a text in place of the body", "0x0283414243"],
    ["an endless list", "0xf9ffff"],
    ["a length beyond all memory", "0xffffffffffffffffff"],
    ["lists in lists", `0x${"c1".repeat(100_000)}`],
    ["more than 128 KiB", `0x${"00".repeat(200_000)}`],
    ["a nonce with leading zeros", assembled(1, "0x0007")],
    ["a nonce that is a list", assembled(1, [])],
    ["a nonce of 8 bytes", assembled(1, "0xffffffffffffffff")],
    ["a fee of 33 bytes", assembled(3, `0x01${"00".repeat(32)}`)],
    ["a receiver of 19 bytes", assembled(5, `0x${"ab".repeat(19)}`)],
    ["an access list that is text", assembled(8, "0x01")],
    ["an access list's entry of one part", assembled(8, [[TO]])],
    ["a storage key of 31 bytes", assembled(8, [[TO, [`0x${"01".repeat(31)}`]]])],
    ["a parity of two", assembled(9, "0x02")],
    ["r of zero", assembled(10, "0x")],
    ["s in the upper half", assembled(11, bytes(ORDER - s))],
  ])("%s", ([, raw]) => {
    expect(parseRaw(raw, 137)).toMatchObject({ type: "malformed", why: expect.stringMatching(/./) });
  });

  test("changed bytes are refused, or read as just what they say", () => {
    const place = nat({ max: sound.length / 2 - 2 });
    const isStrict = property(
      array(tuple(place, nat({ max: 255 })), { minLength: 1, maxLength: 3 }),
      (changes) => {
        const changed = Buffer.from(sound.slice(2), "hex");
        for (const [at, byte] of changes) changed[at] = byte;
        const raw: Hex = `0x${changed.toString("hex")}`;
        const parsed = parseRaw(raw, 137);
        return parsed.type !== "transaction" || rebuildRaw(parsed.transaction) === raw;
      },
    );
    expect(() => assert(isStrict, { numRuns: 500 })).not.toThrow();
  });
});

test("bytes cannot be rebuilt without a signature, for another type, or without the type's own fields", () => {
  expect(rebuildRaw({ ...transaction, signed: null })).toBeNull();
  expect(rebuildRaw({ ...transaction, type: 3 })).toBeNull();
  expect(rebuildRaw({ ...transaction, maxFeePerGas: null })).toBeNull();
  expect(rebuildRaw({ ...transaction, signed: { ...transaction.signed, chainId: null } })).toBeNull();
});
