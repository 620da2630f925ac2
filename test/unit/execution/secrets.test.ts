import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { POLYGON_GAS } from "../../../src/execution/gas.ts";
import { nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { createLocalSigner } from "../../../src/execution/localSigner.ts";
import {
  guardSigner,
  policyRefusal,
  type Signer,
  type SyncSigner,
  type UnsignedTransaction,
} from "../../../src/execution/signer.ts";
import { secret } from "../../../src/lib/secret.ts";
import { resolveSecret } from "../../../src/lib/secretReference.ts";
import { fakeChannel, startFakes } from "../../support/executionFakes.ts";
import { EXECUTOR, TEST_KEY, addressOf, decisionOf } from "../../support/executionPlan.ts";

const CANARY = "canary-3b9f";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "turbo-mev-secret-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileWith(mode: number, text: string): string {
  const path = join(folder, `${mode.toString(8)}-${text.length}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test("a secret shows nothing in any form but the one", () => {
  const hidden = secret(CANARY);
  const forms = [
    String(hidden),
    JSON.stringify({ hidden }),
    inspect({ hidden }, { showHidden: true, depth: 9 }),
    JSON.stringify(Object.entries(hidden)),
    JSON.stringify({ ...hidden }),
  ];
  expect(forms.join("\n")).not.toContain(CANARY);
  expect(JSON.stringify({ hidden })).toBe('{"hidden":"[secret]"}');
  expect(hidden.reveal()).toBe(CANARY);
});

describe("references", () => {
  test("to the environment, a private file and a credential", () => {
    const path = fileWith(0o600, `${CANARY}\n`);
    const env = { KEY: CANARY, CREDENTIALS_DIRECTORY: folder };
    expect(resolveSecret("env:KEY", env).reveal()).toBe(CANARY);
    expect(resolveSecret(`file:${path}`, env).reveal()).toBe(CANARY);
    const name = path.slice(folder.length + 1);
    expect(resolveSecret(`credential:${name}`, env).reveal()).toBe(CANARY);
  });

  test.each([
    ["a bare value", () => CANARY],
    ["an unset variable", () => "env:NONE"],
    ["an empty variable", () => "env:EMPTY"],
    ["a relative path", () => "file:key"],
    ["a missing file", () => "file:/nonexistent/key"],
    ["a folder", () => `file:${folder}`],
    ["a file that others may read", () => `file:${fileWith(0o644, CANARY)}`],
    ["a credential outside its directory", () => "credential:../key"],
    ["a credential without systemd", () => "credential:key"],
  ])("%s is refused in words that hold no secret", (_name, reference) => {
    let said = "";
    try {
      resolveSecret(reference(), { EMPTY: " " });
    } catch (error) {
      said = error instanceof Error ? `${error.name} ${error.message}` : "";
    }
    expect(said).toMatch(/^PlainError /);
    expect(said).not.toContain(CANARY);
  });
});

describe("the local signer", () => {
  test.each(["", "0x12", `${TEST_KEY}00`, `0x${"00".repeat(32)}`, `0x${"ff".repeat(32)}`])(
    "refuses the key %j without saying it",
    (key) => {
      expect(() => createLocalSigner(secret(key))).toThrow(
        /^the operator's key (must be 64 hex digits|is not a valid)/,
      );
    },
  );

  test("takes the key with or without 0x", () => {
    const bare = createLocalSigner(secret(TEST_KEY.slice(2)));
    expect(bare.address).toBe(createLocalSigner(secret(TEST_KEY)).address);
  });

  test("nothing of the key is in any log, record or answer of a whole run", async () => {
    const lines: unknown[] = [];
    const note = (facts: object, message: string): void => void lines.push([facts, message]);
    const channel = fakeChannel(true);
    const log = { error: note, warn: note, info: note, debug: note };
    const run = await startFakes(decisionOf(), [channel], { parts: { log } });
    await run.execution.submit(decisionOf());
    const seen = inspect([lines, run, channel.sent], { depth: 20, showHidden: true, maxStringLength: null });
    expect(lines.length).toBeGreaterThan(0);
    expect(seen).not.toContain(TEST_KEY.slice(2));
  });
});

describe("signing policy", () => {
  const policy = { chainId: 137, executor: EXECUTOR, txGasCap: 1_000_000n, txFeeCap: 10n ** 17n };
  const self = createLocalSigner(secret(TEST_KEY));
  const fine: UnsignedTransaction = {
    chainId: 137,
    nonce: 0,
    to: EXECUTOR,
    data: "0x01",
    value: 0n,
    gas: 500_000n,
    maxFeePerGas: 10n ** 11n,
    maxPriorityFeePerGas: 10n ** 10n,
  };

  test("lets the plan and a bare transaction to ourselves pass", () => {
    expect(policyRefusal(policy, fine, self.address)).toBeNull();
    expect(policyRefusal(policy, { ...fine, to: self.address, data: "0x" }, self.address)).toBeNull();
  });

  test.each([
    ["wrong_chain", { chainId: 1 }],
    ["carries_value", { value: 1n }],
    ["foreign_target", { to: addressOf(9) }],
    ["foreign_target", { to: self.address }],
    ["gas_cap", { gas: 1_000_001n }],
    ["tip_above_fee", { maxPriorityFeePerGas: 10n ** 12n }],
    ["fee_cap", { maxFeePerGas: 10n ** 12n }],
  ])("%s is refused before the key is touched", async (reason, change) => {
    let touched = 0;
    const key: SyncSigner = {
      address: self.address,
      signTransaction: async (transaction) => key.signTransactionSync(transaction),
      signTransactionSync: (transaction) => {
        touched++;
        return self.signTransactionSync(transaction);
      },
    };
    const guarded = guardSigner(key, policy);
    const refused = { ...fine, ...change };
    const said = `not signed: ${reason}`;
    await expect(guarded.signTransaction(refused)).rejects.toThrow(said);
    expect(() => guarded.signTransactionSync(refused)).toThrow(said);
    expect(touched).toBe(0);
    expect(guarded.signTransactionSync(fine)).toBe(await guarded.signTransaction(fine));
    expect(touched).toBe(2);
  });

  test("what it refuses is no failure of the signer: cheaper plans go out afterwards", async () => {
    const channel = fakeChannel(true);
    const signer = guardSigner(self, { ...policy, txGasCap: POLYGON_GAS.txGasCap });
    const live = { signer, keccak256: nobleKeccak256, channels: [channel] };
    const run = await startFakes(decisionOf(), [channel], { parts: { live } });
    const dear = { net: 10n ** 20n, baseFeePerGas: 10n ** 12n };
    for (let i = 0; i < 4; i++) await run.execution.submit(decisionOf({ ...dear, intentId: `i${i}` }));
    expect(run.outcomes.map(({ reason }) => reason)).toEqual(["signer", "signer", "signer", "signer"]);
    expect(channel.sent).toEqual([]);
    await run.execution.submit(decisionOf({ intentId: "cheap" }));
    expect(run.execution.status().halted).toBeNull();
    expect(channel.sent).toHaveLength(1);
  });

  test("a guarded signer has the guarded ways alone, and no more than the signer has", () => {
    expect(Object.keys(guardSigner(self, policy)).toSorted()).toEqual([
      "address",
      "signTransaction",
      "signTransactionSync",
    ]);
    const remote: Signer = { address: self.address, signTransaction: (each) => self.signTransaction(each) };
    expect(Object.keys(guardSigner(remote, policy))).toEqual(["address", "signTransaction"]);
  });
});
