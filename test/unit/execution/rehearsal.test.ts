import { createHash } from "node:crypto";
import { Socket } from "node:net";
import { expect, test, vi } from "vitest";
import type { Ecdsa } from "../../../src/execution/ecdsa.ts";
import { loadPrimitives, portablePrimitives } from "../../../src/execution/primitives.ts";
import { rehearse } from "../../../src/execution/rehearsal.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { optionsOf } from "../../support/executionParts.ts";
import { EXECUTOR } from "../../support/executionPlan.ts";

const fast = await loadPrimitives(silentLog);

/** Remembers which keys have signed, by their digests. */
function listening(real: Ecdsa) {
  const keys: string[] = [];
  const ecdsa: Ecdsa = {
    backend: real.backend,
    sign: (hash, key, signature) => {
      keys.push(createHash("sha256").update(key).digest("hex"));
      return real.sign(hash, key, signature);
    },
  };
  return { ecdsa, keys };
}

test("every plan comes as far as the channel, signed by a key of that rehearsal alone, and nothing is sent", async () => {
  const connected = vi.spyOn(Socket.prototype, "connect");
  const { ecdsa, keys } = listening(fast.ecdsa);
  const plans = await rehearse(optionsOf(EXECUTOR), { ...fast, ecdsa });
  // Settled ones, and as many behind a trigger.
  expect(plans).toBe(60);
  expect(keys).toHaveLength(plans);
  expect(new Set(keys).size).toBe(1);
  await rehearse(optionsOf(EXECUTOR), { ...fast, ecdsa });
  expect(new Set(keys).size).toBe(2);
  expect(connected).not.toHaveBeenCalled();
});

test("the operator's options decide here too: what they forbid is not signed, and is no fault", async () => {
  const { ecdsa, keys } = listening(portablePrimitives.ecdsa);
  const options = optionsOf(EXECUTOR);
  const fees = { ...options.fees, txFeeCap: 1n };
  expect(await rehearse({ ...options, fees }, { ...portablePrimitives, ecdsa })).toBe(0);
  expect(keys).toEqual([]);
});

test("late landing and a least profit change nothing of it", async () => {
  const changes = { graceBlocks: 5, leastProfitPpm: 250_000n, minNet: 10n ** 18n };
  expect(await rehearse(optionsOf(EXECUTOR, changes), fast)).toBeGreaterThan(10);
});
