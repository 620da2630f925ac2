import { assert, asyncProperty, uint8Array } from "fast-check";
import { hexToBytes, keccak256 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { createRelayKey } from "../../../src/execution/channels/relayKey.ts";
import { loadPrimitives, portablePrimitives } from "../../../src/execution/primitives.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { secret } from "../../../src/lib/secret.ts";
import { hash32 } from "../../support/randomPlans.ts";

const backends = [await loadPrimitives(silentLog), portablePrimitives];

test("the header is viem's signature of the body's hash, with either backend", async () => {
  await assert(
    asyncProperty(hash32, uint8Array({ maxLength: 3000 }), async (key, body) => {
      const account = privateKeyToAccount(key);
      const expected = `${account.address}:${await account.signMessage({ message: keccak256(body) })}`;
      for (const primitives of backends) {
        const relayKey = createRelayKey(secret(key), primitives);
        expect(relayKey.headerOf(body)).toBe(expected);
        expect(relayKey.headerOf(body)).toBe(expected);
      }
    }),
    { numRuns: 30 },
  );
});

test("without a key it has one of its own each time", () => {
  const [one, other] = [createRelayKey(null, portablePrimitives), createRelayKey(null, portablePrimitives)];
  expect(one.headerOf(hexToBytes("0x00"))).not.toBe(other.headerOf(hexToBytes("0x00")));
});

test.each(["0x12", "0".repeat(64), "f".repeat(64), "hunter2"])(
  "%s is no key, and is not repeated",
  (text) => {
    let failure: unknown;
    try {
      createRelayKey(secret(text), portablePrimitives);
    } catch (error) {
      failure = error;
    }
    expect(String(failure)).toMatch(/the relay's key (must be 64 hex digits|is not a valid secp256k1 key)/);
    expect(String(failure)).not.toContain(text);
  },
);
