import { afterEach, describe, expect, test } from "vitest";
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

describe("in order", () => {
  test("every block is told once, at the head, with all its logs", async () => {
    const { reader, mine, inStep, feed } = await start({ seed: 1 });
    for (let i = 0; i < 50; i++) {
      mine();
      await reader.until("in step", inStep);
    }
    const committed = reader.events.filter((event) => event.type === "committed");
    expect(committed).toHaveLength(50);
    expect(committed.every(({ atHead, tainted }) => atHead && tainted.length === 0)).toBe(true);
    expect(feed.stats().blocks).toEqual({ committed: 50, backfilled: 0, reverted: 0 });
    // Four notifications a block, and one answer.
    expect(feed.stats().logs).toMatchObject({ framesFast: 5 * 50, framesGeneral: 0, lost: 0 });
  });

  test("a block that touches no pool of ours asks nothing of the node", async () => {
    const { reader, mine, inStep, node, feed } = await start({ seed: 2 });
    mine(0);
    await reader.until("in step", inStep);
    expect(node.calls.get("eth_getLogs")).toBeUndefined();
    expect(feed.stats().logs.provenByBloom).toBe(1);
  });

  test("blocks that come faster than their proofs are all told, and only the newest is at the head", async () => {
    const { reader, mine, inStep } = await start({ seed: 3 });
    for (let i = 0; i < 30; i++) mine();
    await reader.until("in step", inStep);
    const committed = reader.events.filter((event) => event.type === "committed");
    expect(committed).toHaveLength(30);
    expect(committed.at(-1)?.atHead).toBe(true);
    expect(committed.filter(({ atHead }) => atHead).length).toBeLessThan(30);
  });
});

describe("reorgs", () => {
  for (const depth of [1, 5, 64]) {
    for (const removed of [true, false]) {
      test(`depth ${depth}, ${removed ? "with" : "without"} removed logs`, async () => {
        const { reader, mine, reorg, inStep, feed } = await start({ seed: depth });
        for (let i = 0; i < depth + 3; i++) mine();
        await reader.until("in step", inStep);
        reorg(depth, { removed });
        await reader.until("in step on the new branch", inStep);
        expect(feed.stats().blocks.reverted).toBe(depth);
        expect(feed.stats().syncs).toBe(1);
        mine();
        await reader.until("in step after it", inStep);
      });
    }
  }

  test("deeper than the way we walk: everything is loaded anew", async () => {
    const { reader, mine, reorg, inStep, feed } = await start({ seed: 8, feed: { maxBackfill: 10 } });
    for (let i = 0; i < 20; i++) {
      mine();
      await reader.until("in step", inStep);
    }
    reorg(15, { removed: false });
    await reader.until("in step on the new branch", inStep);
    expect(feed.stats().syncs).toBe(2);
    expect(reader.events.some(({ type }) => type === "gap")).toBe(true);
  });
});

test("what the reader throws ends the feed, from a timer as from a socket", async () => {
  for (const type of ["committed", "pending"]) {
    const play = await start({
      seed: 9,
      onEvent: (event) => {
        if (event.type === type) throw new Error(`broken by ${type}`);
      },
    });
    play.mine();
    play.node.tellPending({
      hash: play.chain.tip.hash,
      from: play.chain.pools[0],
      to: play.chain.pools[1],
      nonce: "0x0",
      value: "0x0",
      gas: "0x5208",
      input: "0x",
      gasPrice: "0x1",
    });
    await expect(play.running).rejects.toThrow(`broken by ${type}`);
    await play.stop();
  }
});

test("a resync that is asked for loads everything anew", async () => {
  const { reader, mine, inStep, feed } = await start({ seed: 10 });
  mine();
  await reader.until("in step", inStep);
  feed.resync("asked");
  await reader.until("synced again", () => feed.stats().syncs === 2);
  expect(reader.events.map(({ type }) => type)).toEqual(["synced", "committed", "gap", "synced"]);
  mine();
  await reader.until("in step", inStep);
});
