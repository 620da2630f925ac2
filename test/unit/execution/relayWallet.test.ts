import { assert, asyncProperty, oneof, string, uint8Array } from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { loadFlashbots } from "../../../src/execution/channels/ethers.ts";
import { createRelayWallet } from "../../../src/execution/channels/relayWallet.ts";
import { loadPrimitives, portablePrimitives } from "../../../src/execution/primitives.ts";
import { secret } from "../../../src/lib/secret.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { TEST_KEY } from "../../support/executionPlan.ts";
import { hash32 } from "../../support/randomPlans.ts";

const backends = [await loadPrimitives(silentLog), portablePrimitives];

test("signs messages byte for byte as viem does, text and bytes, with either backend", async () => {
  const message = oneof(string({ unit: "binary" }), string({ minLength: 66, maxLength: 66 }), uint8Array());
  await assert(
    asyncProperty(hash32, message, async (key, content) => {
      const account = privateKeyToAccount(key);
      const raw = typeof content === "string" ? content : { raw: content };
      const expected = await account.signMessage({ message: raw });
      for (const primitives of backends) {
        const wallet = createRelayWallet(secret(key), primitives);
        expect(await wallet.getAddress()).toBe(account.address);
        expect(await wallet.signMessage(content)).toBe(expected);
      }
    }),
    { numRuns: 30 },
  );
});

test("without a key it has one of its own each time", () => {
  const [one, other] = [
    createRelayWallet(null, portablePrimitives),
    createRelayWallet(null, portablePrimitives),
  ];
  expect(one.address).not.toBe(other.address);
});

test("senders are recovered as before", async () => {
  createRelayWallet(null, portablePrimitives);
  const { ethers } = loadFlashbots();
  const wallet = new ethers.Wallet(TEST_KEY);
  const raw = await wallet.signTransaction({ chainId: 137, to: wallet.address, nonce: 3, type: 2 });
  expect(ethers.Transaction.from(raw).from).toBe(wallet.address);
});
