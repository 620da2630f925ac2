import { expect, test } from "vitest";
import { createSimulator } from "../../../src/execution/simulate.ts";
import { RetryableError } from "../../../src/lib/errors.ts";
import { EXECUTOR, addressOf } from "../../support/executionPlan.ts";

const options = { executor: EXECUTOR, from: addressOf(1), timeoutMs: 1000 };

/** How plans are simulated on a node that answers the probe with this error. */
async function methodAfter(complaint: Error): Promise<string> {
  const request = (): Promise<unknown> => {
    throw complaint;
  };
  return (await createSimulator(options, { request })).method;
}

const rpcError = (code: number, message: string): Error => Object.assign(new Error(message), { code });

test("a node's complaint says whether it knows eth_simulateV1", async () => {
  expect(await methodAfter(rpcError(-32602, "missing value for required argument 0"))).toBe("eth_simulateV1");
  expect(await methodAfter(rpcError(-32601, "no"))).toBe("eth_call");
  expect(await methodAfter(rpcError(-32000, "Unsupported method: eth_simulateV1"))).toBe("eth_call");
  expect(await methodAfter(rpcError(-32600, "method is not allowed on this plan"))).toBe("eth_call");
});

test("no answer to the probe is no answer: the start is tried again", async () => {
  await expect(methodAfter(new RetryableError("timeout", "no answer in 1000 ms"))).rejects.toThrow(
    "no answer",
  );
});
