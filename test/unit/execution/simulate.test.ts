import { describe, expect, test } from "vitest";
import { createSimulator } from "../../../src/execution/simulate.ts";
import type { Hex } from "../../../src/chain/types.ts";
import { RetryableError } from "../../../src/lib/errors.ts";
import { encodeEventTopics } from "viem";
import { executorAbi } from "../../../src/chain/executorAbi.ts";
import { EXECUTOR, addressOf, hashOf } from "../../support/executionPlan.ts";
import { TRADER, pendingOf } from "../../support/executionTriggers.ts";

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

/** What a node's answer with these logs means. */
async function simulated(logs: readonly unknown[]): Promise<unknown> {
  const answer = [{ calls: [{ status: "0x1", gasUsed: "0x30d40", returnData: "0x", logs }] }];
  const request = async (_method: string, params: readonly unknown[]): Promise<unknown> => {
    if (params.length === 0) throw rpcError(-32602, "missing value");
    return await Promise.resolve(answer);
  };
  const simulator = await createSimulator(options, { request });
  return await simulator.simulate({
    parent: { number: 100, hash: hashOf(100) },
    block: 101,
    timestamp: 1,
    gas: 1n,
    bases: [addressOf(2)],
    minProfits: [1n],
    behind: [],
    encode: () => "0x",
  });
}

test("of the logs only the executor's decide, and these are looked at closely", async () => {
  const topics = encodeEventTopics({
    abi: executorAbi,
    eventName: "CycleExecuted",
    args: { index: 0n, base: addressOf(2) },
  });
  const ours = { address: `0x${EXECUTOR.slice(2).toUpperCase()}`, topics, data: hashOf(7) };
  const foreign = { address: addressOf(9), topics: [hashOf(1)], data: "0x" };
  const sound = { type: "ok", gasUsed: 200_000n, realised: [{ base: addressOf(2), profit: 7n }] };
  expect(await simulated([foreign, ours])).toEqual(sound);
  expect(await simulated([null, 5, {}, { address: 5 }, { ...foreign, data: "?" }, ours])).toEqual(sound);
  expect(await simulated([{ ...ours, address: addressOf(9) }])).toEqual({ ...sound, realised: [] });
  for (const bad of [{ data: "0x0" }, { data: null }, { topics: ["0x12"] }, { topics: null }])
    expect(await simulated([{ ...ours, ...bad }])).toMatchObject({ type: "unavailable" });
});

const callOf = (status: string, gasUsed = "0x5") => ({ status, gasUsed, returnData: "0x", logs: [] });

describe("behind pending transactions", () => {
  const trigger = pendingOf({ value: 5n });
  const creation = pendingOf({ nonce: 4, to: null });
  const request = {
    parent: { number: 100, hash: hashOf(100) },
    block: 101,
    timestamp: 1,
    gas: 9n,
    bases: [],
    minProfits: [],
    behind: [trigger, creation],
    encode: (): Hex => "0xab",
  } as const;

  const answered = async (calls: readonly unknown[]) => {
    const payloads: unknown[] = [];
    const simulator = await createSimulator(options, {
      request: async (_method, params) => {
        if (params.length === 0) throw rpcError(-32602, "missing value");
        payloads.push(params[0]);
        return await Promise.resolve([{ calls }]);
      },
    });
    return { simulation: await simulator.simulate(request), payloads };
  };

  test("all stand in one block, each from its sender; ours is the last and its gas alone counts", async () => {
    const { simulation, payloads } = await answered([callOf("0x1"), { status: "0x1" }, callOf("0x1", "0x7")]);
    expect(simulation).toEqual({ type: "ok", gasUsed: 7n, realised: [] });
    const shared = { from: TRADER, input: trigger.input, gas: "0x30d40" };
    expect(payloads).toMatchObject([
      {
        validation: false,
        blockStateCalls: [
          {
            blockOverrides: { number: "0x65", time: "0x1" },
            calls: [
              { ...shared, to: trigger.to, value: "0x5" },
              { ...shared, value: "0x0" },
              { from: addressOf(1), to: EXECUTOR, input: "0xab", gas: "0x9" },
            ],
          },
        ],
      },
    ]);
  });

  test("one of them that reverts is named; an answer with too few calls is none", async () => {
    const { simulation } = await answered([callOf("0x1"), callOf("0x0"), callOf("0x1")]);
    expect(simulation).toEqual({ type: "triggerReverts", hash: creation.hash });
    expect((await answered([callOf("0x1"), callOf("0x1")])).simulation).toMatchObject({
      type: "unavailable",
    });
  });

  test("eth_call cannot stack them", async () => {
    const simulator = await createSimulator(options, {
      request: () => Promise.reject(rpcError(-32601, "no")),
    });
    expect(await simulator.simulate(request)).toEqual({
      type: "unavailable",
      reason: "eth_call cannot stack transactions",
    });
  });
});
