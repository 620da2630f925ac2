import { assert, constantFrom, property, uint8Array } from "fast-check";
import { secp256k1 } from "@noble/curves/secp256k1";
import { expect, test } from "vitest";
import { recoverKey, recoverWithNoble, type RecoverKey } from "../../../src/chain/recoverKey.ts";

const bytes = (length: number) => uint8Array({ minLength: length, maxLength: length });
const outcome = (recover: RecoverKey, signed: Parameters<RecoverKey>): string => {
  try {
    return Buffer.from(recover(...signed)).toString("hex");
  } catch {
    return "nobody";
  }
};

test("the key that signed", () => {
  const key = new Uint8Array(32).fill(7);
  const hash = new Uint8Array(32).fill(9);
  const made = secp256k1.sign(hash, key);
  const parity = made.recovery === 0 ? 0 : 1;
  const found = recoverKey(hash, made.toCompactRawBytes(), parity);
  expect(Buffer.from(found)).toEqual(Buffer.from(secp256k1.getPublicKey(key, false)));
});

test("native and noble find the same keys, and the same signatures to be nobody's", () => {
  const ends = ["00", "ff"].map((byte) => Buffer.from(byte.repeat(64), "hex"));
  const random = property(bytes(32), bytes(64), constantFrom<0 | 1>(0, 1), (hash, signature, parity) => {
    const signed: Parameters<RecoverKey> = [hash, signature, parity];
    return outcome(recoverKey, signed) === outcome(recoverWithNoble, signed);
  });
  expect(() => assert(random, { numRuns: 150 })).not.toThrow();
  for (const end of ends) expect(outcome(recoverKey, [new Uint8Array(32), end, 0])).toBe("nobody");
});
