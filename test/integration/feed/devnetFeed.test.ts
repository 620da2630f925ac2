import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startDevnet, type Devnet } from "../../../devnet/devnet.ts";
import { followDevnet, type DevnetFeed } from "../../support/feedDevnet.ts";
import { withinMs } from "../../support/patience.ts";

/** One feed for the whole file: what one test leaves behind, the next one starts from. */
let devnet: Devnet;
let followed: DevnetFeed;

beforeAll(async () => {
  devnet = await startDevnet({ seed: 7, traders: true });
  await devnet.build(70);
  followed = await followDevnet(devnet);
});
afterAll(async () => {
  await followed.stop();
  await devnet.stop();
});
afterEach(() => devnet.faults.clear());

/** At the tip, with the counts so far. */
const atRest = async () => {
  await followed.until("at the tip", followed.atTip);
  const { gaps, blocks, logs } = followed.feed.stats();
  return { ...followed, before: { gaps, reverted: blocks.reverted, lost: logs.lost, taints: logs.taints } };
};

describe("reorgs", () => {
  for (const depth of [1, 5, 64]) {
    for (const removed of [true, false]) {
      test(`depth ${depth}, ${removed ? "with" : "without"} removed logs`, async () => {
        const { before, feed, until, atTip, expectTruth } = await atRest();
        for (let i = 0; i < depth; i++) {
          await devnet.build();
          await until("at the tip", atTip);
        }
        await devnet.reorg(depth, { removed });
        await devnet.build();
        await until("at the tip of the new branch", atTip);
        await expectTruth();
        expect(feed.stats()).toMatchObject({
          syncs: 1,
          gaps: before.gaps,
          blocks: { reverted: before.reverted + depth },
        });
      });
    }
  }

  test("only the last head of the new branch is announced, and its transactions are gone", async () => {
    const { before, feed, until, atTip, expectTruth } = await atRest();
    await devnet.build(4);
    await until("at the tip", atTip);
    await devnet.reorg(3, { removed: false, heads: "last", keeps: "return" });
    await devnet.build();
    await until("at the tip of the new branch", atTip);
    await expectTruth();
    expect(feed.stats()).toMatchObject({
      syncs: 1,
      gaps: before.gaps,
      blocks: { reverted: before.reverted + 3 },
    });
  });
});

describe("notifications", () => {
  test("lost, duplicated and reordered logs and heads: the graph is the chain after every block", async () => {
    const { before, feed, until, atTip, expectTruth } = await atRest();
    devnet.faults.notices("logs", { drop: 0.1, duplicate: 0.1, reorder: 0.1 });
    devnet.faults.notices("heads", { duplicate: 0.2, reorder: 0.1 });
    for (let i = 0; i < 20; i++) {
      await devnet.build();
      await until("at the tip", atTip);
      await expectTruth();
    }
    const { logs } = feed.stats();
    expect(logs.lost).toBeGreaterThan(before.lost);
    expect(logs.taints).toBe(before.taints);
    // The node's frames have the form that is read in place.
    expect(logs.framesFast).toBeGreaterThan(20);
    expect(logs.framesGeneral).toBe(0);
  });

  test("deaf logs: noticed after two blocks, nothing is missed", async () => {
    const { feed, until, atTip, expectTruth } = await atRest();
    devnet.faults.deaf("logs");
    for (let i = 0; i < 4; i++) {
      await devnet.build();
      await until("at the tip", atTip);
    }
    expect(feed.stats().logs.deafBlocks).toBeGreaterThanOrEqual(2);
    await expectTruth();
  });

  test("pending transactions come with their bodies, before their block", async () => {
    const { events, until, atTip } = await atRest();
    await devnet.build(3);
    await until("at the tip", atTip);
    const pending = events.filter((event) => event.type === "pending").map(({ transaction }) => transaction);
    expect(pending.length).toBeGreaterThan(0);
    expect(pending.every(({ input, to, from }) => input.length > 10 && to !== null && from !== to)).toBe(
      true,
    );
    const hashes = new Set(pending.map(({ hash }) => hash));
    const tip = devnet.head();
    expect(tip.transactions.filter(({ hash }) => hashes.has(hash)).length).toBeGreaterThan(0);
  });
});

describe("outages", () => {
  for (const seconds of [0.5, 3, 12]) {
    test(`node killed for ${seconds} s`, async () => {
      const { before, feed, events, until, atTip, isBlind, expectTruth } = await atRest();
      await devnet.build();
      await until("at the tip", atTip);
      const down = devnet.faults.kill(seconds * 1000);
      await until("gap", isBlind, withinMs(500));
      const told = events.length;
      for (let i = 0; i < Math.ceil(seconds / 1.5); i++) await devnet.build();
      await down;
      await until("first event", () => events.length > told, withinMs(1500));
      await devnet.build();
      await until("at the tip", atTip);
      await expectTruth();
      expect(feed.stats()).toMatchObject({ syncs: 1, gaps: before.gaps + 1 });
    });
  }

  test("node frozen: noticed in 5 s, back in 2 s", async () => {
    const { before, feed, until, atTip, isBlind, expectTruth } = await atRest();
    await devnet.build();
    await until("at the tip", atTip);
    devnet.faults.freeze();
    await until("gap", isBlind, withinMs(5000));
    await sleep(500);
    devnet.faults.thaw();
    await devnet.build();
    await until("at the tip", atTip, withinMs(2000));
    await expectTruth();
    expect(feed.stats()).toMatchObject({ syncs: 1, gaps: before.gaps + 1 });
  });
});
