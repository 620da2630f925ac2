import { inspect } from "node:util";
import { assert, asyncProperty, integer as wholeNumber, property } from "fast-check";
import { parseTransaction, recoverTransactionAddress, type TransactionSerializableEIP1559 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import type { Hex } from "../../../src/chain/types.ts";
import { encodePlan } from "../../../src/execution/calldata.ts";
import { createLocalSigner } from "../../../src/execution/localSigner.ts";
import { loadPrimitives, portablePrimitives } from "../../../src/execution/primitives.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { secret } from "../../../src/lib/secret.ts";
import { TEST_KEY } from "../../support/executionPlan.ts";
import { envelope, hash32, planAndEncoding } from "../../support/randomPlans.ts";

const fast = await loadPrimitives(silentLog);
const signers = [fast, portablePrimitives].map((primitives) =>
  createLocalSigner(secret(TEST_KEY), primitives),
);
const account = privateKeyToAccount(TEST_KEY);
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

const dataOf = (length: number): Hex => `0x${"a7".repeat(length)}`;
const typed = (transaction: object & { chainId: number }): TransactionSerializableEIP1559 => ({
  type: "eip1559",
  ...transaction,
});

describe("a local signer", () => {
  test("names what runs", () => {
    expect(signers.map(({ backends }) => backends)).toEqual([
      { ecdsa: "libsecp256k1", keccak256: "hash-wasm" },
      { ecdsa: "noble", keccak256: "noble" },
    ]);
  });

  test("signs byte for byte as viem does, on either backend", async () => {
    await assert(
      asyncProperty(envelope, wholeNumber({ min: 0, max: 3000 }), async (fields, length) => {
        const transaction = { ...fields, data: dataOf(length) };
        const expected = await account.signTransaction(typed(transaction));
        for (const signer of signers) {
          expect(signer.signTransactionSync(transaction)).toBe(expected);
          expect(await signer.signTransaction(transaction)).toBe(expected);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("signs for any key, with low s and a parity that recovers its address", async () => {
    await assert(
      asyncProperty(envelope, hash32, async (fields, key) => {
        const transaction = { ...fields, data: dataOf(36) };
        const signer = createLocalSigner(secret(key), fast);
        const raw = signer.signTransactionSync(transaction);
        const { s } = parseTransaction(raw);
        expect(BigInt(s ?? -1)).toBeLessThanOrEqual(HALF_ORDER);
        if (!raw.startsWith("0x02")) throw new Error("not of type 2");
        const from = await recoverTransactionAddress({ serializedTransaction: `0x02${raw.slice(4)}` });
        expect(from.toLowerCase()).toBe(signer.address);
      }),
      { numRuns: 60 },
    );
  });

  test("signs a plan as it signs the plan's calldata", () => {
    const [signer] = signers;
    assert(
      property(planAndEncoding, envelope, ({ plan, encoding }, fields) => {
        const expected = signer?.signTransactionSync({ ...fields, data: encodePlan(plan, encoding) });
        expect(signer?.signPlan(plan, encoding, fields)).toBe(expected);
      }),
      { numRuns: 200 },
    );
  });

  test("signs on after a transaction that it refused", async () => {
    const [signer] = signers;
    const fields = { chainId: 137, nonce: 1, value: 0n, gas: 1n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
    const fine = { ...fields, to: account.address, data: dataOf(70) };
    for (const bad of [
      { ...fine, to: dataOf(19) },
      { ...fine, data: "0xabc" as const },
      { ...fine, data: "0x12zz34" as const },
    ]) {
      await expect(signer?.signTransaction(bad)).rejects.toThrow(RangeError);
      expect(signer?.signTransactionSync(fine)).toBe(await account.signTransaction(typed(fine)));
    }
  });

  test("shows nothing of its key, in digits or in bytes", () => {
    const [signer] = signers;
    const seen = inspect(signer, { depth: 20, showHidden: true });
    const bytes = Buffer.from(TEST_KEY.slice(2), "hex");
    expect(seen).toContain("libsecp256k1");
    for (const form of [
      TEST_KEY.slice(2),
      bytes.toString("hex").match(/../g)?.join(" "),
      [...bytes].join(", "),
    ])
      expect(seen).not.toContain(form);
  });
});
