import { keccak256, parseTransaction } from "viem";
import { describe, expect, test } from "vitest";
import { silentLog } from "../../../src/lib/log.ts";
import {
  expiring,
  fakeChannel,
  headerOf,
  startFakes,
  type FakeChannel,
} from "../../support/executionFakes.ts";
import { EXECUTOR, decisionOf, hashOf } from "../../support/executionPlan.ts";
import { TRADER, backrunOf, pendingOf } from "../../support/executionTriggers.ts";

const decision = decisionOf();

test("two open intents of a former run with one nonce do not keep the daemon from starting", async () => {
  const relay = fakeChannel(true);
  const run = await startFakes(decision, [relay]);
  await run.execution.submit(decision);
  // Missed, and its block undone before that was booked: the next plan has taken its nonce.
  const record = run.signed.get(decision.intentId);
  if (record === undefined) throw new Error("not signed");
  const second = await run.signer.signTransaction({
    chainId: 137,
    nonce: 7,
    to: EXECUTOR,
    data: "0x",
    value: 0n,
    gas: 21_000n,
    maxFeePerGas: 60n,
    maxPriorityFeePerGas: 30n,
  });
  const twin = { ...record, intentId: "twin", rawTransaction: second, transactionHash: keccak256(second) };
  const [open] = run.journal.openIntents();
  if (open === undefined) throw new Error("not open");
  const journal = {
    ...run.journal,
    openIntents: () => [open, { ...open, intent: { ...open.intent, id: "twin" }, signed: twin }],
  };
  const next = await startFakes(decision, [relay], { parts: { journal } });
  expect(next.execution.status()).toMatchObject({ openIntents: 2, nonces: { next: 7 } });
  expect(next.execution.status().nonces.held).toHaveLength(2);
});

test("where a former run sent its transaction is journaled: other channels now change nothing", async () => {
  const before = await startFakes(decision, [fakeChannel(false)], { options: { graceBlocks: 2 } });
  await before.execution.submit(decision);
  const after = await startFakes(decision, [fakeChannel(true)], {
    parts: { journal: before.journal },
    options: { cancelAfterBlocks: 100 },
  });
  for (let n = 101; n < 110; n++) {
    after.execution.onBlock(headerOf(n));
    await after.execution.idle();
  }
  expect(after.fates()).toEqual([]);
  expect(before.signed.get(decision.intentId)).toMatchObject({ lastBlock: 103, atomicOnly: false });
});

test("what a former run sent under conditions has expired: missed, and nothing is sent to cancel it", async () => {
  const before = await startFakes(decision, [expiring()]);
  await before.execution.submit(decision);
  const place = fakeChannel(false);
  const after = await startFakes(decision, [place], { parts: { journal: before.journal } });
  for (let n = 101; n < 110; n++) {
    after.execution.onBlock(headerOf(n));
    await after.execution.idle();
  }
  expect(after.fates()).toEqual(["missed"]);
  expect(place.sent).toEqual([]);
});

describe("one of ours around one trigger, over restarts too", () => {
  const trigger = pendingOf({ nonce: 3 });
  const tail = backrunOf([trigger]);
  const later = { ...tail, parent: { number: 101, hash: hashOf(101) }, targetBlock: 102 };

  /** What a run answers a second tail behind the trigger, after the one that `before` had. */
  async function secondTail(before: Awaited<ReturnType<typeof startFakes>>, place: FakeChannel) {
    const parts = { journal: before.journal, rpc: before.chain.rpc };
    const next = await startFakes(tail, [place], { parts });
    next.execution.onBlock(headerOf(101));
    await next.execution.idle();
    await next.execution.submit({ ...later, intentId: "again" });
    return next.outcomes.at(-1)?.reason;
  }

  test("mined and booked, it is remembered", async () => {
    const place = fakeChannel(false);
    const before = await startFakes(tail, [place]);
    before.chain.others.set(TRADER, 3);
    await before.execution.submit(tail);
    before.chain.mine(before.signed.get(tail.intentId)?.transactionHash ?? "0x");
    before.execution.onBlock(headerOf(101));
    await before.execution.idle();
    expect(before.fates()).toEqual(["included"]);
    expect(await secondTail(before, place)).toBe("tail_once");
    expect(place.sent).toHaveLength(1);
  });

  test("refused by every channel, it never was", async () => {
    const place = fakeChannel(false);
    place.answer = () => Promise.resolve({ result: "refused", detail: "busy" });
    const before = await startFakes(tail, [place]);
    before.chain.others.set(TRADER, 3);
    await before.execution.submit(tail);
    expect(before.booked.get(tail.intentId)?.fate).toBe("rejected");
    expect(await secondTail(before, place)).toBe("channels: private refused busy");
    expect(place.sent).toHaveLength(2);
  });
});

/** A private transaction of a former run, on these channels until block 109. */
async function recovered(channels: readonly FakeChannel[] | null) {
  const before = await startFakes(decision, [fakeChannel(false)]);
  await before.execution.submit(decision);
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_facts: object, message: string) => void warnings.push(message) };
  const run = await startFakes(decision, channels, { parts: { journal: before.journal, log } });
  for (let n = 101; n < 110; n++) {
    run.execution.onBlock(headerOf(n));
    await run.execution.idle();
  }
  return { run, warnings };
}

describe("what a former run sent to a place that may land it at any time", () => {
  test("is cancelled in bundles where there are relays alone, each good until the next", async () => {
    const relay = fakeChannel(true);
    const { run, warnings } = await recovered([relay]);
    expect(relay.sent.map(({ targetBlocks }) => targetBlocks)).toEqual([
      [105, 106, 107],
      [108, 109, 110],
    ]);
    const bare = relay.sent[0]?.transactions[0] ?? "0x02";
    expect(relay.sent.map(({ transactions }) => transactions)).toEqual([[bare], [bare]]);
    const to = run.signer.address;
    expect(parseTransaction(bare)).toMatchObject({ nonce: 7, to, gas: 21_000n });
    expect(warnings).toEqual(["lingering transaction cancelled", "lingering transaction cancelled"]);
    run.chain.state.nonce = 8;
    for (const n of [110, 111]) {
      run.execution.onBlock(headerOf(n));
      await run.execution.idle();
    }
    expect(run.outcomes).toMatchObject([{ fate: "replaced", reason: "cancelled" }]);
    expect(run.execution.status().nonces.held).toEqual([]);
  });

  test("is cancelled where it may lie, and not in bundles, as long as there is such a place", async () => {
    const [relay, mempool] = [fakeChannel(true), fakeChannel(false)];
    await recovered([relay, mempool]);
    expect(relay.sent).toEqual([]);
    expect(mempool.sent).toHaveLength(2);
  });

  test("stays open where nobody can cancel it, which is said once", async () => {
    const { run, warnings } = await recovered(null);
    expect(warnings).toEqual(["nobody to cancel with, it may still land"]);
    expect(run.execution.status().openIntents).toBe(1);
  });
});
