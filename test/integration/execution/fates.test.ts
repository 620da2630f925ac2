import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Journal } from "../../../src/ledger/journal.ts";
import { newJournal, nextBlock, privateChannel, relayChannel, startRun } from "../../support/executionRun.ts";
import { startExecutionStage, type ExecutionStage } from "../../support/executionStage.ts";

const GWEI = 1_000_000_000n;

let stage: ExecutionStage;
let journal: Journal;
beforeAll(async () => {
  stage = await startExecutionStage();
});
afterAll(async () => {
  await stage?.stop();
});
beforeEach(async () => {
  journal = newJournal(stage);
  stage.devnet.faults.clear();
  stage.devnet.setBaseFee(30n * GWEI);
  await stage.devnet.build();
  await stage.unbalance();
});
afterEach(() => {
  journal.dispose();
});

const channelsOf = (kind: "bundle" | "private") => [
  kind === "bundle" ? relayChannel(stage) : privateChannel(stage),
];

describe("one fate each", () => {
  test("missed: another parent, the relay leaves the bundle out, and the next plan takes the same nonce", async () => {
    const run = await startRun(stage, { channels: channelsOf("bundle"), journal });
    await run.execution.submit(await stage.decide());
    await stage.devnet.reorg(1);
    await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "missed" }]);
    await stage.unbalance();
    run.execution.onBlock(await stage.header());
    await run.execution.idle();
    await run.execution.submit(await stage.decide());
    await nextBlock(stage, run);
    expect(run.fates()).toEqual(["missed", "included"]);
    expect(journal.openIntents()).toEqual([]);
  });

  test("reverted: a private transaction behind a rival's trade costs gas and nothing else", async () => {
    const run = await startRun(stage, { channels: channelsOf("private"), journal });
    const decision = await stage.decide();
    await run.execution.submit(decision);
    await stage.takeArbitrage(decision);
    const block = await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "reverted", block }]);
    expect(journal.openIntents()).toEqual([]);
  });

  test("replaced: somebody else spent the nonce, which two looks have to see", async () => {
    const run = await startRun(stage, { channels: channelsOf("private"), journal });
    await run.execution.submit(await stage.decide());
    await stage.spendNonce();
    await nextBlock(stage, run);
    expect(run.fates()).toEqual([]);
    await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "replaced", reason: "nonce spent by another transaction" }]);
  });

  test("a lingering private transaction is cancelled, and the nonce is free again", async () => {
    const run = await startRun(stage, {
      channels: channelsOf("private"),
      journal,
      options: { cancelAfterBlocks: 2 },
    });
    await run.execution.submit(await stage.decide());
    // Too dear for the transaction's fee cap: it stays in the private pool.
    stage.devnet.setBaseFee(200n * GWEI);
    for (let i = 0; i < 3; i++) await nextBlock(stage, run);
    expect(run.fates()).toEqual([]);
    expect(run.execution.status().nonces.held).toHaveLength(1);
    for (let i = 0; i < 2; i++) await nextBlock(stage, run);
    expect(run.outcomes).toMatchObject([{ fate: "replaced", reason: "cancelled" }]);
    expect(run.execution.status().nonces.held).toEqual([]);
  });

  test("in flight: a second plan waits for nothing, it is refused", async () => {
    const run = await startRun(stage, { channels: channelsOf("private"), journal });
    const decision = await stage.decide();
    await Promise.all([
      run.execution.submit(decision),
      run.execution.submit({ ...decision, intentId: "second" }),
    ]);
    expect(run.outcomes).toMatchObject([{ intentId: "second", fate: "rejected", reason: "in_flight" }]);
    await run.execution.submit({ ...decision, intentId: "third" });
    expect(run.outcomes[1]).toMatchObject({ intentId: "third", fate: "rejected", reason: "in_flight" });
    await nextBlock(stage, run);
    expect(run.outcomes[2]).toMatchObject({ intentId: decision.intentId, fate: "included" });
    expect(journal.openIntents()).toEqual([]);
  });
});

describe("reorgs", () => {
  test.each(["remine", "return"] as const)(
    "included, undone (%s), and included again: booked once, when confirmed",
    async (keeps) => {
      const run = await startRun(stage, {
        channels: channelsOf("private"),
        journal,
        options: { confirmations: 2, graceBlocks: 5 },
      });
      await run.execution.submit(await stage.decide());
      await nextBlock(stage, run);
      const mined = await stage.header();
      expect(run.fates()).toEqual(["included"]);
      expect(journal.openIntents()).toHaveLength(1);
      await stage.devnet.reorg(1, { keeps });
      run.execution.onReverted({ number: mined.number, hash: mined.hash });
      expect(run.fates()).toEqual(["included", "unknown"]);
      expect(run.execution.status().nonces.held).toHaveLength(1);
      run.execution.onBlock(await stage.header());
      await run.execution.idle();
      for (let i = 0; i < 3; i++) await nextBlock(stage, run);
      expect(run.fates()).toEqual(["included", "unknown", "included"]);
      expect(journal.openIntents()).toEqual([]);
    },
  );

  test("included, undone and never again: the executor's guard makes it a revert or it is cancelled", async () => {
    const run = await startRun(stage, {
      channels: channelsOf("bundle"),
      journal,
      options: { confirmations: 3 },
    });
    await run.execution.submit(await stage.decide());
    await nextBlock(stage, run);
    const mined = await stage.header();
    await stage.devnet.reorg(1, { keeps: "forget" });
    run.execution.onReverted({ number: mined.number, hash: mined.hash });
    run.execution.onBlock(await stage.header());
    await run.execution.idle();
    expect(run.fates()).toEqual(["included", "unknown", "missed"]);
    // Yet another block in its place could still hold it.
    expect(journal.openIntents()).toHaveLength(1);
    for (let i = 0; i < 3; i++) await nextBlock(stage, run);
    expect(run.fates()).toEqual(["included", "unknown", "missed"]);
    expect(journal.openIntents()).toEqual([]);
  });
});

describe("a relay that misbehaves", () => {
  test.each([
    ["cut", "included"],
    ["reset", "missed"],
    ["garbage", "missed"],
    ["500", "missed"],
  ] as const)("%s: unknown until the chain answers, then %s", async (fault, fate) => {
    const run = await startRun(stage, { channels: channelsOf("bundle"), journal });
    stage.devnet.faults.relay(fault);
    await run.execution.submit(await stage.decide());
    expect(run.fates()).toEqual(["unknown"]);
    expect(run.execution.status().nonces.held).toHaveLength(1);
    await nextBlock(stage, run);
    expect(run.fates()).toEqual(["unknown", fate]);
    expect(journal.openIntents()).toEqual([]);
  });

  test("429: surely not taken, so rejected at once and the nonce free", async () => {
    const run = await startRun(stage, { channels: channelsOf("bundle"), journal });
    stage.devnet.faults.relay("429");
    await run.execution.submit(await stage.decide());
    expect(run.outcomes).toMatchObject([{ fate: "rejected", reason: "channels: relay refused http 429" }]);
    expect(run.execution.status().nonces.held).toEqual([]);
    expect(journal.openIntents()).toEqual([]);
  });
});
