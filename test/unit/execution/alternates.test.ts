import { describe, expect, test, vi } from "vitest";
import { parseTransaction } from "viem";
import { fakeChannel, headerOf, startFakes } from "../../support/executionFakes.ts";
import { decisionOf, hashOf, opportunityOf } from "../../support/executionPlan.ts";
import { PATIENT } from "../../support/patience.ts";

const first = decisionOf({ intentId: "first" });
/** A newer decision for the same block that brings more. */
const second = decisionOf({
  intentId: "second",
  plan: { trigger: first.plan.trigger, opportunities: [opportunityOf(500n, ["v2", "v3"])] },
});
const other = { ...second, intentId: "other", parent: { number: 101, hash: hashOf(101) }, targetBlock: 102 };

const nonceOf = (raw: `0x${string}` | undefined): number | undefined => parseTransaction(raw ?? "0x02").nonce;

describe("in bundles alone", () => {
  test("a newer plan for the same block has the same nonce and slot, and is an intent of its own", async () => {
    const relay = fakeChannel(true);
    const run = await startFakes(first, [relay]);
    await run.execution.submit(first);
    await run.execution.submit(second);
    expect(run.outcomes).toEqual([]);
    expect(relay.sent.map(({ transactions }) => nonceOf(transactions[0]))).toEqual([7, 7]);
    const [one, two] = relay.sent;
    expect(one?.slot).toBe(`${run.signer.address}:7`);
    expect(two?.slot).toBe(one?.slot);
    expect(two?.id).not.toBe(one?.id);
    expect(run.execution.status()).toMatchObject({ openIntents: 2 });
    expect(run.execution.status().nonces.held).toHaveLength(2);
  });

  test.each(["first", "second"])(
    "when the %s lands the other is replaced, and the next nonce is free",
    async (winner) => {
      const relay = fakeChannel(true);
      const run = await startFakes(first, [relay]);
      await run.execution.submit(first);
      await run.execution.submit(second);
      run.chain.mine(run.signed.get(winner)?.transactionHash ?? "0x");
      run.execution.onBlock(headerOf(101));
      // At once, as the engine decides.
      await run.execution.submit(other);
      expect(run.signed.get("other")?.nonce).toBe(8);
      run.execution.onBlock(headerOf(102));
      await run.execution.idle();
      const loser = winner === "first" ? "second" : "first";
      expect(run.outcomes.filter(({ intentId }) => intentId !== "other")).toMatchObject([
        { intentId: winner, fate: "included", block: 101 },
        { intentId: loser, fate: "replaced", reason: `its alternate ${winner} landed` },
      ]);
      expect([...run.booked.values()].map(({ fate }) => fate).toSorted()).toEqual([
        "included",
        "missed",
        "replaced",
      ]);
      expect(run.execution.status()).toMatchObject({ openIntents: 0, nonces: { held: [] } });
    },
  );

  test("when none lands both have missed, and the nonce is free", async () => {
    const run = await startFakes(first, [fakeChannel(true)]);
    await run.execution.submit(first);
    await run.execution.submit(second);
    run.execution.onBlock(headerOf(101));
    await run.execution.submit(other);
    expect(run.outcomes.map(({ intentId, fate }) => `${intentId} ${fate}`)).toEqual([
      "first missed",
      "second missed",
    ]);
    expect(run.signed.get("other")?.nonce).toBe(7);
  });

  test("refused by all its channels, the newer one leaves the older where it is", async () => {
    const relay = fakeChannel(true);
    const run = await startFakes(first, [relay]);
    await run.execution.submit(first);
    relay.answer = () => Promise.resolve({ result: "refused", detail: "" });
    await run.execution.submit(second);
    expect(run.outcomes).toMatchObject([{ intentId: "second", fate: "rejected" }]);
    const held = run.signed.get("first")?.transactionHash;
    expect(run.execution.status().nonces.held).toMatchObject([{ nonce: 7, hash: held, bundledUntil: 101 }]);
  });

  test("both are found again after a crash: a third may join them, and one has landed in the end", async () => {
    const relay = fakeChannel(true);
    const before = await startFakes(first, [relay]);
    await before.execution.submit(first);
    await before.execution.submit(second);
    const after = await startFakes(first, [relay], { parts: { journal: before.journal } });
    expect(after.execution.status().nonces.held).toHaveLength(2);
    await after.execution.submit({ ...first, intentId: "third" });
    expect(before.signed.get("third")?.nonce).toBe(7);
    after.chain.mine(before.signed.get("second")?.transactionHash ?? "0x");
    for (const n of [101, 102]) {
      after.execution.onBlock(headerOf(n));
      await after.execution.idle();
    }
    expect(after.outcomes.map(({ intentId, fate }) => `${intentId} ${fate}`).toSorted()).toEqual([
      "first replaced",
      "second included",
      "third replaced",
    ]);
  });
});

test("where one channel is not for bundles there are no alternates: the older one might land late", async () => {
  const run = await startFakes(first, [fakeChannel(true), fakeChannel(false)]);
  await run.execution.submit(first);
  await run.execution.submit(second);
  expect(run.outcomes).toMatchObject([{ intentId: "second", fate: "rejected", reason: "in_flight" }]);
});

describe("while one is on its way", () => {
  test("past its block its nonce is free, though the relay has not answered yet; it has one fate", async () => {
    const relay = fakeChannel(true);
    const run = await startFakes(first, [relay]);
    let answer: (() => void) | undefined;
    relay.answer = () =>
      new Promise((resolve) => {
        answer = () => {
          resolve({ result: "accepted", detail: "" });
        };
      });
    const slow = run.execution.submit(first);
    await vi.waitUntil(() => relay.sent.length === 1, PATIENT);
    run.execution.onBlock(headerOf(101));
    relay.answer = () => Promise.resolve({ result: "accepted", detail: "" });
    await run.execution.submit(other);
    expect(run.signed.get("other")?.nonce).toBe(7);
    answer?.();
    await slow;
    run.chain.state.head = 101;
    run.chain.mine(run.signed.get("other")?.transactionHash ?? "0x");
    run.execution.onBlock(headerOf(102));
    await run.execution.idle();
    run.execution.onBlock(headerOf(103));
    await run.execution.idle();
    expect(run.outcomes.map(({ intentId, fate }) => `${intentId} ${fate}`)).toEqual([
      "other included",
      "first missed",
    ]);
    expect(run.execution.status()).toMatchObject({ openIntents: 0, nonces: { held: [] } });
  });

  test("the newest waits, the others are refused; it goes when the first one's bytes are out", async () => {
    const relay = fakeChannel(true);
    const run = await startFakes(first, [relay]);
    const { answer } = run.simulation;
    let go: (() => void) | undefined;
    run.simulation.answer = async (timestamp) => {
      await new Promise<void>((resolve) => (go = resolve));
      return await answer(timestamp);
    };
    // The relay answers nothing yet: nobody waits for that.
    const waiting: (() => void)[] = [];
    relay.answer = () =>
      new Promise((resolve) => {
        waiting.push(() => {
          resolve({ result: "accepted", detail: "" });
        });
      });
    const work = ["first", "second", "third"].map((intentId) => run.execution.submit({ ...first, intentId }));
    await vi.waitUntil(() => go !== undefined, PATIENT);
    expect(run.outcomes).toMatchObject([{ intentId: "second", fate: "rejected", reason: "superseded" }]);
    run.simulation.answer = answer;
    go?.();
    await vi.waitUntil(() => relay.sent.length === 2, PATIENT);
    for (const settle of waiting) settle();
    await Promise.all(work);
    expect([...run.signed.keys()]).toEqual(["first", "third"]);
    expect(run.outcomes).toHaveLength(1);
  });

  test("a new head makes the one that waits stale", async () => {
    const relay = fakeChannel(true);
    const run = await startFakes(first, [relay]);
    const { answer } = run.simulation;
    run.simulation.answer = async (timestamp) => {
      await Promise.resolve();
      run.execution.onBlock(headerOf(101));
      return await answer(timestamp);
    };
    await Promise.all([run.execution.submit(first), run.execution.submit(second)]);
    expect(run.outcomes.map(({ intentId, reason }) => `${intentId} ${reason.split(":")[0]}`)).toEqual([
      "first stale",
      "second stale",
    ]);
    expect(run.simulation.asked).toHaveLength(1);
  });
});
