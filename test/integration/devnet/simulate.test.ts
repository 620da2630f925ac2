import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { flowExample } from "../../../devnet/flow/example.ts";
import type { FlowExample } from "../../../devnet/flow/example.ts";
import type { Bound } from "../../../devnet/flow/order.ts";
import { AddressText, HashText, HexText, quantity } from "../../../devnet/hex.ts";

const GWEI = 1_000_000_000n;

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());

const Log = z.looseObject({ address: AddressText, topics: z.array(HashText), data: HexText });
const Call = z.object({
  status: z.enum(["0x0", "0x1"]),
  returnData: HexText,
  logs: z.array(Log),
  error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
});
const Blocks = z.array(z.looseObject({ number: z.string(), timestamp: z.string(), calls: z.array(Call) }));

/** The opaque trigger of alice, and a trade of bob's that pays in the same pools. */
const trigger = (bound: Bound = "none"): FlowExample =>
  flowExample(devnet.market, "aggregator.swap", {
    usd: 1500,
    trader: devnet.accounts.alice.address,
    pools: 2,
    bound,
  });
const ours = (): FlowExample =>
  flowExample(devnet.market, "v2.swapExactTokensForTokens", {
    usd: 400,
    trader: devnet.accounts.bob.address,
    pools: 2,
  });

const asCall = ({ call, order }: FlowExample) => ({
  from: order.trader,
  to: call.to,
  input: call.data,
  value: "0x0",
});

const next = () => ({
  number: quantity(devnet.head().number + 1),
  time: quantity(devnet.head().timestamp + 2),
  baseFeePerGas: quantity(30n * GWEI),
});

const simulate = async (calls: readonly unknown[], tag: unknown) =>
  Blocks.parse(
    await devnet.rpc("eth_simulateV1", [{ blockStateCalls: [{ blockOverrides: next(), calls }] }, tag]),
  );

const bare = (logs: readonly z.infer<typeof Log>[]) =>
  logs.map(({ address, topics, data }) => ({ address, topics, data }));

test("[trigger, ours] in one block: status and logs of each call, as they then are on chain", async () => {
  const both = [asCall(trigger()), asCall(ours())];
  const head = devnet.head();
  const byTag = await simulate(both, "latest");
  const [block] = byTag;
  expect(block).toMatchObject({ number: next().number, timestamp: next().time });
  expect(block?.calls.map(({ status }) => status)).toEqual(["0x1", "0x1"]);
  // The state may be named by number, by hash, and by EIP-1898's object.
  for (const tag of [
    quantity(head.number),
    { blockHash: head.hash },
    { blockNumber: quantity(head.number) },
  ]) {
    expect((await simulate(both, tag))[0]?.calls).toEqual(block?.calls);
  }
  const { alice, bob } = devnet.accounts;
  await devnet.transact(alice, trigger().call, {
    maxFeePerGas: 500n * GWEI,
    maxPriorityFeePerGas: 50n * GWEI,
  });
  await devnet.transact(bob, ours().call);
  const { transactions } = await devnet.build();
  expect(transactions.map(({ ok }) => ok)).toEqual([true, true]);
  expect(block?.calls.map(({ logs }) => bare(logs))).toEqual(
    transactions.map(({ logs }) => bare(logs.map(({ json }) => Log.parse(json)))),
  );
});

test("a call that reverts leaves the others standing, and says so", async () => {
  const [block] = await simulate([asCall(trigger("impossible")), asCall(ours())], "latest");
  expect(block?.calls.map(({ status }) => status)).toEqual(["0x0", "0x1"]);
  expect(block?.calls[0]?.logs).toEqual([]);
  // geth says "execution reverted" here, anvil less: nobody should read it.
  expect(block?.calls.map(({ error }) => error === undefined)).toEqual([false, true]);
});

test("the overridden block is what contracts see", async () => {
  // Multicall3's getBlockNumber and getCurrentBlockTimestamp. The base fee reads as 0: nobody pays in a simulation.
  const calls = ["0x42cbb15c", "0x0f28c97d"].map((input) => ({
    from: devnet.accounts.alice.address,
    to: devnet.registry.multicall3,
    input,
  }));
  const [block] = await simulate(calls, "latest");
  const { number, time } = next();
  expect(block?.calls.map(({ returnData }) => BigInt(returnData))).toEqual([number, time].map(BigInt));
});

test("debug_traceCall gives the logs of what is opaque", async () => {
  const Frame = z.looseObject({ logs: z.array(Log).optional(), calls: z.array(z.unknown()).optional() });
  const logsOf = (json: unknown): readonly z.infer<typeof Log>[] => {
    const { logs = [], calls = [] } = Frame.parse(json);
    return [...logs, ...calls.flatMap(logsOf)];
  };
  const tracer = { tracer: "callTracer", tracerConfig: { withLog: true }, blockOverrides: next() };
  const traced = logsOf(await devnet.rpc("debug_traceCall", [asCall(trigger()), "latest", tracer]));
  const [block] = await simulate([asCall(trigger())], "latest");
  const simulated = bare(block?.calls[0]?.logs ?? []).map((log) => JSON.stringify(log));
  expect(simulated.length).toBeGreaterThan(5);
  expect(
    bare(traced)
      .map((log) => JSON.stringify(log))
      .toSorted(),
  ).toEqual(simulated.toSorted());
});
