import { afterEach, describe, expect, test } from "vitest";
import type { FeedEvent } from "../../../src/engine/events.ts";
import { headerJson, logsJson } from "../../support/feedChain.ts";
import { seededRandom } from "../../support/feedRandom.ts";
import { startStage, type FeedStage, type StageOptions } from "../../support/feedStage.ts";

let stage: FeedStage | null = null;

const start = async (options: StageOptions): Promise<FeedStage> => {
  stage = await startStage(options);
  await stage.ready();
  return stage;
};

afterEach(async () => {
  await stage?.stop();
  stage = null;
});

const lastCommitted = (events: readonly FeedEvent[]) =>
  events.findLast((event) => event.type === "committed");

describe("lost, duplicated and reordered notifications", () => {
  for (const seed of [201, 202, 203]) {
    test(`the reader is in step after every one of 300 blocks with reorgs (seed ${seed})`, async () => {
      const { node, chain, reader, mine, reorg, inStep, feed } = await start({ seed, pools: 100 });
      const random = seededRandom(seed);
      Object.assign(node.faults, {
        loseLogs: 0.1,
        duplicateLogs: 0.1,
        reorderLogs: 0.1,
        loseHeads: 0.05,
        duplicateHeads: 0.1,
      });
      for (let i = 0; i < 300; i++) {
        const dice = random();
        if (dice < 0.05 && chain.tip.number > 1010)
          reorg(1 + Math.floor(random() * 3), { removed: random() < 0.5 });
        else mine(1 + Math.floor(random() * 10));
        // The head itself may have been lost: a second announcement of it comes, as the next block would.
        if (reader.head?.hash !== chain.tip.hash) node.say(headFrame(headerJson(chain.tip), node.headIds()));
        await reader.until(`in step at ${chain.tip.number}`, inStep);
      }
      const { logs, syncs } = feed.stats();
      expect(syncs).toBe(1);
      expect(logs.lost).toBeGreaterThan(20);
      expect(logs).toMatchObject({ taints: 0, unproven: 0, refusedAnswers: 0 });
    });
  }
});

const headFrame = (result: unknown, [subscription]: readonly string[]): string =>
  JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result } });

describe("proofs", () => {
  test("an answer for another block, against the bloom or unreadable is refused and asked for again", async () => {
    const { node, chain, reader, inStep, mine, feed } = await start({ seed: 210 });
    const stranger = chain.extend({ touched: 4 });
    node.announce(stranger);
    await reader.until("in step", inStep);
    const made = [
      { result: logsJson(stranger) },
      { result: [{ ...logsJson(stranger)[0], blockHash: 7 }] },
      { result: "0x" },
      { error: { code: -32000, message: "unknown block" } },
    ];
    node.faults.answers.set("eth_getLogs", () => made.shift());
    mine();
    await reader.until("in step", inStep);
    expect(feed.stats().logs.refusedAnswers).toBe(4);
    expect(lastCommitted(reader.events)?.tainted).toEqual([]);
  });

  test("no proof in time: what was told is committed, its pools are tainted, and a repair reads them", async () => {
    const { node, reader, mine, inStep, feed } = await start({ seed: 211, feed: { proofMs: 200 } });
    node.faults.answers.set("eth_getLogs", () => ({ error: { code: -32005, message: "limit exceeded" } }));
    const block = mine();
    await reader.until("in step", inStep);
    const tainted = lastCommitted(reader.events)?.tainted ?? [];
    const touched = new Set(block.logs.slice(0, -1).map(({ address }) => address));
    expect(new Set(tainted)).toEqual(touched);
    feed.repair(tainted);
    await reader.until("repaired", () => reader.events.at(-1)?.type === "repaired");
    const repaired = reader.events.at(-1);
    const addresses = repaired?.type === "repaired" ? repaired.pools.map(({ address }) => address) : [];
    expect(new Set(addresses)).toEqual(touched);
    expect(feed.stats()).toMatchObject({ repairsWaiting: 0, logs: { unproven: 1 } });
  });

  test("a proof that lacks what the subscription told taints, at the latest with the next block", async () => {
    const { node, reader, mine, feed } = await start({ seed: 212 });
    node.faults.shortProofs = true;
    const block = mine();
    await reader.until("committed", () => reader.head?.hash === block.hash);
    node.faults.shortProofs = false;
    const next = mine(0);
    await reader.until("committed", () => reader.head?.hash === next.hash);
    const tainted = reader.events.flatMap((event) => (event.type === "committed" ? event.tainted : []));
    expect(tainted).toContain(block.logs.at(-2)?.address);
    expect(feed.stats().logs.taints).toBeGreaterThan(0);
  });

  test("a state read while the head moved on is read again", async () => {
    const { node, chain, reader, mine, inStep, feed } = await start({ seed: 213 });
    let reads = 0;
    node.faults.answers.set("test_reserves", async ([hash]) => {
      // The next block comes while the first answer is under way.
      if (++reads === 1) mine();
      await reader.until("in step", inStep);
      return { result: Object.fromEntries(chain.byHash(String(hash))?.reserves ?? []) };
    });
    feed.repair(chain.pools.slice(0, 2));
    await reader.until("repaired", () => reader.events.some(({ type }) => type === "repaired"));
    await reader.until("in step", inStep);
    expect(reads).toBe(2);
  });
});
