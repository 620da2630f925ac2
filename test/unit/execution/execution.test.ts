import { decodeFunctionData, parseTransaction } from "viem";
import { describe, expect, test, vi } from "vitest";
import { executorAbi } from "../../../src/chain/executorAbi.ts";
import type { Channel } from "../../../src/execution/channels/channel.ts";
import type { Live } from "../../../src/execution/context.ts";
import { nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { createLocalSigner } from "../../../src/execution/localSigner.ts";
import type { Signer, SyncSigner } from "../../../src/execution/signer.ts";
import { secret } from "../../../src/lib/secret.ts";
import { expiring, fakeChannel, headerOf, startFakes } from "../../support/executionFakes.ts";
import { TEST_KEY, decisionOf, hashOf, opportunityOf } from "../../support/executionPlan.ts";
import { PATIENT } from "../../support/patience.ts";

const decision = decisionOf();
const local = createLocalSigner(secret(TEST_KEY));
const never = (): Promise<never> => new Promise(() => undefined);
const liveOf = (signer: Signer, channel: Channel): Live => ({
  signer,
  channels: [channel],
  keccak256: nobleKeccak256,
});

/** How the plan's transaction is tied to blocks. */
const guards = async (graceBlocks: number, leastProfitPpm = 1_000_000n) => {
  const channel = fakeChannel(false);
  const run = await startFakes(decision, [channel], { options: { graceBlocks, leastProfitPpm } });
  await run.execution.submit(decision);
  const data = run.intents.get(decision.intentId)?.calldata ?? "0x";
  const [cycles, maxBlock, parentHash] = decodeFunctionData({ abi: executorAbi, data }).args ?? [];
  return { cycles, maxBlock, parentHash, targets: channel.sent[0]?.targetBlocks };
};

describe("the transaction", () => {
  test("carries the plan to the executor with the journaled figures, and no value", async () => {
    const channel = fakeChannel(true);
    const run = await startFakes(decision, [channel]);
    await run.execution.submit(decision);
    const [raw] = channel.sent[0]?.transactions ?? [];
    if (raw === undefined) throw new Error("nothing was sent");
    const record = run.signed.get(decision.intentId);
    expect(parseTransaction(raw)).toMatchObject({
      chainId: 137,
      nonce: 7,
      to: run.intents.get(decision.intentId)?.executor,
      data: run.intents.get(decision.intentId)?.calldata,
      gas: record?.gasLimit,
      maxFeePerGas: 63_075_000_000n,
      maxPriorityFeePerGas: 30_000_000_000n,
    });
    expect(record).toMatchObject({ rawTransaction: raw, nonce: 7, bundleId: channel.sent[0]?.id });
    expect(record?.merkleRoot).toBe(record?.transactionHash);
    expect(run.intents.get(decision.intentId)).toMatchObject({
      predicted: [{ profit: 500n }],
      net: decision.net,
    });
  });

  test("is tied to its parent and block; with grace blocks to a last block alone", async () => {
    const cycles = [expect.objectContaining({ minProfit: 500n })];
    expect(await guards(0)).toEqual({ cycles, maxBlock: 101n, parentHash: hashOf(100), targets: [101] });
    expect(await guards(2)).toEqual({
      cycles,
      maxBlock: 103n,
      parentHash: hashOf(0),
      targets: [101, 102, 103],
    });
    const lessWillDo = await guards(2, 250_000n);
    expect(lessWillDo.cycles).toEqual([expect.objectContaining({ minProfit: 125n })]);
  });
});

describe("a signer that fails", () => {
  test("slow or broken: the plan is dropped, and after three in a row nothing is asked of it any more", async () => {
    const channel = fakeChannel(true);
    const signTransaction = vi
      .fn<Signer["signTransaction"]>()
      .mockImplementationOnce(never)
      .mockRejectedValueOnce(new Error("device locked"))
      .mockImplementationOnce(never);
    const live = liveOf({ address: local.address, signTransaction }, channel);
    const run = await startFakes(decision, [channel], { parts: { live }, options: { signTimeoutMs: 20 } });
    for (let i = 0; i < 5; i++) await run.execution.submit({ ...decision, intentId: `i${i}` });
    expect(run.outcomes.map(({ reason }) => reason)).toEqual([
      "signer",
      "signer",
      "signer",
      "signer_halted",
      "signer_halted",
    ]);
    expect(signTransaction).toHaveBeenCalledTimes(3);
    expect(run.execution.status().halted).toBe("signer");
    expect(channel.sent).toEqual([]);
  });

  test("in this process: it is asked at once and alone, and its refusals count the same", async () => {
    const channel = fakeChannel(true);
    const signer = {
      address: local.address,
      signTransaction: vi.fn<Signer["signTransaction"]>(never),
      signTransactionSync: vi.fn<SyncSigner["signTransactionSync"]>(() => {
        throw new Error("no entropy");
      }),
    };
    const run = await startFakes(decision, [channel], { parts: { live: liveOf(signer, channel) } });
    for (let i = 0; i < 4; i++) await run.execution.submit({ ...decision, intentId: `i${i}` });
    expect(run.outcomes.map(({ reason }) => reason)).toEqual(["signer", "signer", "signer", "signer_halted"]);
    expect(signer.signTransactionSync).toHaveBeenCalledTimes(3);
    expect(signer.signTransaction).not.toHaveBeenCalled();
    expect(run.signed.size).toBe(0);
    expect(channel.sent).toEqual([]);
  });
});

describe("a journal that cannot write", () => {
  test.each(["open", "signed"] as const)(
    "%s: nothing is sent; when it can again, plans go out",
    async (act) => {
      const channel = fakeChannel(true);
      const run = await startFakes(decision, [channel]);
      run.broken.add(act);
      await run.execution.submit(decision);
      expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "journal" }]);
      expect(channel.sent).toEqual([]);
      expect(run.execution.status().nonces.held).toEqual([]);
      run.broken.clear();
      await run.execution.submit({ ...decision, intentId: "next" });
      expect(channel.sent).toHaveLength(1);
    },
  );

  test("submitted, close: what is out stays watched, and its fate is written when the disk is back", async () => {
    const channel = fakeChannel(true);
    const run = await startFakes(decision, [channel]);
    run.broken.add("submitted").add("close");
    await run.execution.submit(decision);
    run.chain.mine(channel.sent[0]?.hashes[0] ?? "0x");
    run.execution.onBlock(headerOf(101));
    await run.execution.idle();
    expect(run.fates()).toEqual(["included"]);
    expect(run.booked.size).toBe(0);
    expect(run.execution.status().openIntents).toBe(1);
    run.broken.clear();
    run.execution.onBlock(headerOf(102));
    await run.execution.idle();
    expect(run.fates()).toEqual(["included"]);
    expect(run.journal.openIntents()).toEqual([]);
  });
});

describe("a node that is away", () => {
  test("keeps the intent open; the next head that it knows brings the fate", async () => {
    const channel = fakeChannel(true);
    const run = await startFakes(decision, [channel]);
    await run.execution.submit(decision);
    run.chain.mine(channel.sent[0]?.hashes[0] ?? "0x");
    run.chain.state.down = true;
    for (let n = 101; n < 105; n++) run.execution.onBlock(headerOf(n));
    await run.execution.idle();
    expect(run.fates()).toEqual([]);
    run.chain.state.down = false;
    run.execution.onBlock(headerOf(105));
    await run.execution.idle();
    expect(run.outcomes).toMatchObject([{ fate: "included", block: 101 }]);
  });

  test("at the start: recovery says so", async () => {
    const run = await startFakes(decision, null);
    run.chain.state.down = true;
    await expect(run.execution.recover()).rejects.toThrow("node is away");
  });
});

describe("stop", () => {
  test("ends a wait for a dead signer within its time, and nothing is sent after it", async () => {
    const channel = fakeChannel(true);
    let answer: ((raw: `0x${string}`) => void) | undefined;
    const signTransaction = (): Promise<`0x${string}`> => new Promise((resolve) => (answer = resolve));
    const live = liveOf({ address: local.address, signTransaction }, channel);
    const run = await startFakes(decision, [channel], { parts: { live }, options: { stopMs: 50 } });
    const work = run.execution.submit(decision);
    await vi.waitUntil(() => run.stages.includes("journaled"), PATIENT);
    await run.execution.stop();
    answer?.("0x02aa");
    await work;
    expect(channel.sent).toEqual([]);
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "stopping" }]);
    await run.execution.submit({ ...decision, intentId: "after" });
    expect(run.outcomes.at(-1)).toMatchObject({ intentId: "after", reason: "stopping" });
  });
});

describe("channels", () => {
  test("several: one acceptance is enough, and each answer is journaled", async () => {
    const [relay, mempool] = [fakeChannel(true), fakeChannel(false)];
    relay.answer = () => Promise.resolve({ result: "error", detail: "http 500" });
    const run = await startFakes(decision, [relay, mempool]);
    await run.execution.submit(decision);
    expect(run.fates()).toEqual([]);
    expect(run.submissions.toSorted()).toEqual(["private", "relay"]);
  });

  test("all refuse: rejected with their words, and the nonce is free", async () => {
    const relay = fakeChannel(true);
    relay.answer = () => Promise.resolve({ result: "refused", detail: "too late" });
    const run = await startFakes(decision, [relay]);
    await run.execution.submit(decision);
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "channels: relay refused too late" }]);
    expect(run.execution.status()).toMatchObject({ openIntents: 0, nonces: { next: 7, held: [] } });
  });

  test("one refuses and one is in doubt: unknown, and no other nonce is used meanwhile", async () => {
    const [relay, mempool] = [fakeChannel(true), fakeChannel(false)];
    relay.answer = () => Promise.resolve({ result: "refused", detail: "" });
    mempool.answer = () => Promise.resolve({ result: "timeout", detail: "" });
    const run = await startFakes(decision, [relay, mempool]);
    await run.execution.submit(decision);
    await run.execution.submit({ ...decision, intentId: "next" });
    expect(run.outcomes.map(({ fate, reason }) => `${fate} ${reason}`)).toEqual([
      "unknown relay refused; private timeout",
      "rejected in_flight",
    ]);
  });

  test("a relay whose simulation reverts gets nothing, when it is asked", async () => {
    const relay = {
      ...fakeChannel(true),
      simulate: () => Promise.resolve({ type: "revert", reason: "k" } as const),
    };
    const run = await startFakes(decision, [relay], { options: { relaySimulation: true } });
    await run.execution.submit(decision);
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "relay_simulation: k" }]);
    expect(relay.sent).toEqual([]);
  });
});

const realised = (profit: bigint) => [{ base: opportunityOf(1n).cycle.base, profit }];

describe("Algebra pools", () => {
  const algebra = decisionOf({
    plan: { trigger: decision.plan.trigger, opportunities: [opportunityOf(500n, ["v2", "algebra"])] },
  });

  test("are simulated at every timestamp that the block may have; other pools at one", async () => {
    const run = await startFakes(algebra, null);
    await run.execution.submit(algebra);
    expect(run.simulation.asked).toEqual([1_790_000_001, 1_790_000_002]);
    const plain = await startFakes(decision, null);
    await plain.execution.submit(decision);
    expect(plain.simulation.asked).toEqual([1_790_000_002]);
  });

  test.each([
    [
      "differs at one",
      (t: number) => ({ type: "ok", gasUsed: 1n, realised: realised(t % 2 === 0 ? 500n : 501n) }) as const,
    ],
    [
      "falls below at one",
      (t: number) =>
        t % 2 === 0
          ? ({ type: "ok", gasUsed: 1n, realised: realised(500n) } as const)
          : ({ type: "revert", reason: "ProfitBelowMinimum" } as const),
    ],
  ])("whose profit %s are not traded", async (_name, answer) => {
    const run = await startFakes(algebra, null);
    run.simulation.answer = (timestamp) => Promise.resolve(answer(timestamp));
    await run.execution.submit(algebra);
    expect(run.outcomes).toMatchObject([
      { fate: "rejected", reason: expect.stringMatching(/^algebra_fee_unsettled/) },
    ]);
  });
});

test.each(["ParentChanged(0x01, 0x02)", "TooLate(9, 8)"])(
  "a simulation that ends in %s says that the moment is over, nothing against the plan",
  async (reason) => {
    const run = await startFakes(decision, null);
    run.simulation.answer = () => Promise.resolve({ type: "revert", reason });
    await run.execution.submit(decision);
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: `stale: ${reason}` }]);
  },
);

describe("one block after the other", () => {
  test("a plan decided with the head that settles the former one goes out with the next nonce", async () => {
    const relay = fakeChannel(true);
    const run = await startFakes(decision, [relay]);
    await run.execution.submit(decision);
    run.chain.mine(run.signed.get(decision.intentId)?.transactionHash ?? hashOf(0));
    run.execution.onBlock(headerOf(101));
    // At once, as the engine decides: the look at block 101 has only begun.
    const parent = { number: 101, hash: hashOf(101) };
    await run.execution.submit({ ...decision, intentId: "next", parent, targetBlock: 102 });
    expect(run.outcomes).toMatchObject([{ intentId: decision.intentId, fate: "included" }]);
    expect(run.signed.get("next")?.nonce).toBe(8);
    expect(relay.sent).toHaveLength(2);
  });

  test("what expires outside of bundles is missed with its last block too: nothing cancels it, its nonce is free", async () => {
    const place = expiring();
    const run = await startFakes(decision, [place]);
    await run.execution.submit(decision);
    for (let n = 101; n < 110; n++) {
      run.execution.onBlock(headerOf(n));
      await run.execution.idle();
    }
    expect(run.fates()).toEqual(["missed"]);
    expect(run.execution.status().nonces.held).toEqual([]);
    expect(place.sent).toHaveLength(1);
  });
});
