import { expect, test, vi } from "vitest";
import type { FeedEvent } from "../../../src/engine/events.ts";
import { createForesight, foresightDefaults, type ForesightMethod } from "../../../src/feed/foresight.ts";
import type { Asking } from "../../../src/feed/headers.ts";
import { isFields } from "../../../src/feed/parse.ts";
import { RpcError } from "../../../src/feed/rpcError.ts";
import { RetryableError } from "../../../src/lib/errors.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { header } from "../../support/marketFixture.ts";
import { PATIENT } from "../../support/patience.ts";
import { OPAQUE_ROUTER, pendingTransaction } from "../../support/pendingSwaps.ts";

const tip = header(7);
const quantity = (value: number | bigint): string => `0x${value.toString(16)}`;
const JSON_TIP = {
  ...tip,
  number: quantity(tip.number),
  timestamp: quantity(tip.timestamp),
  baseFeePerGas: quantity(tip.baseFeePerGas),
  gasLimit: quantity(tip.gasLimit),
  gasUsed: quantity(tip.gasUsed),
  logsBloom: `0x${"0".repeat(512)}`,
};

/** What a node does with the block that it is told to simulate in. */
type Manner =
  | "obeys"
  | "passes over it"
  | "refuses it"
  | "lacks the method"
  | "is silent"
  | "has no time"
  | "says it in words";

interface Asked {
  readonly method: string;
  readonly block: unknown;
  readonly state: unknown;
}

const blockOf = (value: unknown): unknown => (isFields(value) ? value["blockOverrides"] : undefined);

/** Its contracts log the time, and its own time is zero. */
function nodeThat(manners: Readonly<Record<string, Manner>>) {
  const asked: Asked[] = [];
  const answer = (method: string, state: unknown, block: unknown): unknown => {
    asked.push({ method, state, block });
    const manner = manners[method] ?? "lacks the method";
    if (manner === "says it in words")
      throw new RpcError(method, -32000, `${method} is not available on this plan`, undefined);
    if (manner === "has no time") throw new RpcError(method, -32005, "rate limit exceeded", undefined);
    if (manner === "is silent") throw new RetryableError("timeout", method);
    if (manner === "lacks the method") throw new RpcError(method, -32601, "not found", undefined);
    if (manner === "refuses it")
      throw new RpcError(method, -32602, "unknown field blockOverrides", undefined);
    const time = manner === "obeys" && isFields(block) ? String(block["time"]) : "0x0";
    const topics = [`0x${time.slice(2).padStart(64, "0")}`];
    const log = { address: OPAQUE_ROUTER.address, topics, data: "0x", index: "0x0" };
    return method === "eth_simulateV1" ? [{ calls: [{ status: "0x1", logs: [log] }] }] : { logs: [log] };
  };
  const node: Asking = {
    // oxlint-disable-next-line typescript/require-await -- what it throws is a rejection
    request: async (method, [first, second, third]) => {
      if (method === "eth_getBlockByNumber") return JSON_TIP;
      if (method !== "eth_simulateV1") return answer(method, second, blockOf(third));
      const blocks = isFields(first) ? first["blockStateCalls"] : undefined;
      return answer(method, second, Array.isArray(blocks) ? blockOf(blocks[0]) : undefined);
    },
  };
  return { node, asked };
}

const { signal } = new AbortController();

function stand() {
  const told: FeedEvent[] = [];
  const foresight = createForesight(
    { ...foresightDefaults, blockSeconds: 3, probeAgainMs: 1 },
    {
      clock: systemClock,
      log: silentLog,
      heads: { tip },
      timeline: { emit: (event) => void told.push(event) },
    },
  );
  return { foresight, told };
}

test.each<readonly [Manner, Manner, ForesightMethod]>([
  ["obeys", "obeys", "eth_simulateV1"],
  ["lacks the method", "obeys", "debug_traceCall"],
  ["passes over it", "obeys", "debug_traceCall"],
  ["refuses it", "obeys", "debug_traceCall"],
  ["is silent", "obeys", "debug_traceCall"],
  ["refuses it", "passes over it", "none"],
  ["lacks the method", "lacks the method", "none"],
  ["says it in words", "says it in words", "none"],
])("where eth_simulateV1 %s and debug_traceCall %s, %s is asked", async (simulate, trace, method) => {
  const { foresight } = stand();
  const { node } = nodeThat({ eth_simulateV1: simulate, debug_traceCall: trace });
  await foresight.use(node, signal);
  expect(foresight.stats().method).toBe(method);
});

test("a node that gives no clear answer is asked again, as the next one would be", async () => {
  const { foresight } = stand();
  const manners: Record<string, Manner> = { eth_simulateV1: "has no time", debug_traceCall: "is silent" };
  const { node, asked } = nodeThat(manners);
  const found = foresight.use(node, signal);
  await vi.waitUntil(() => asked.length >= 4, PATIENT);
  expect(foresight.stats().method).toBe("none");
  manners["debug_traceCall"] = "obeys";
  await found;
  expect(foresight.stats().method).toBe("debug_traceCall");
  expect(asked[0]).toMatchObject({ state: { blockHash: tip.hash }, block: { number: "0x8" } });
});

test.each(["eth_simulateV1", "debug_traceCall"])(
  "%s is asked for what happens in the next block: its number, and the time when it is expected",
  async (method) => {
    const { foresight, told } = stand();
    const { node, asked } = nodeThat({ [method]: "obeys" });
    await foresight.use(node, signal);
    const transaction = pendingTransaction(0, { to: OPAQUE_ROUTER.address });
    foresight.ask(transaction, { number: tip.number, hash: tip.hash });
    await vi.waitUntil(() => told.length > 0, PATIENT);
    const time: `0x${string}` = `0x${(tip.timestamp + 3).toString(16)}`;
    expect(asked.at(-1)).toEqual({ method, state: { blockHash: tip.hash }, block: { number: "0x8", time } });
    expect(told).toMatchObject([
      {
        type: "foreseen",
        hash: transaction.hash,
        parent: { number: 7, hash: tip.hash },
        logs: [{ data: "0x" }],
      },
    ]);
  },
);

test("what stands on an older block is not asked for", async () => {
  const { foresight } = stand();
  const { node, asked } = nodeThat({ eth_simulateV1: "obeys" });
  await foresight.use(node, signal);
  const before = asked.length;
  const { number, hash } = header(6);
  foresight.ask(pendingTransaction(0), { number, hash });
  expect([asked.length - before, foresight.stats().dropped]).toEqual([0, 1]);
});
