import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { NO_ANSWER } from "../../support/feedNode.ts";
import { startStage, type FeedStage, type StageOptions } from "../../support/feedStage.ts";
import { PATIENT, withinMs } from "../../support/patience.ts";

/** Each test has its own node and time is most of what they wait for: they run side by side. */
const on = (options: StageOptions, play: (stage: FeedStage) => Promise<void>) => async (): Promise<void> => {
  const stage = await startStage(options);
  try {
    await stage.ready();
    await play(stage);
  } finally {
    await stage.stop();
  }
};

const FIRST_EVENT_MS = withinMs(1500);
const NOTICED_MS = withinMs(5000);

describe.concurrent("a node that goes away", () => {
  for (const [i, seconds] of [0.5, 3, 12].entries()) {
    test(
      `killed for ${seconds} s: gap at once, first event 1.5 s after its return, in step by the next block`,
      on({ seed: 100 + i }, async ({ node, mine, reader, inStep, chain, feed }) => {
        mine();
        await reader.until("in step", inStep);
        await node.kill();
        await reader.until("gap", () => reader.blind, withinMs(200));
        const backAt = Math.floor(Date.now() / 1000 + seconds);
        for (let block = 0; block < Math.ceil(seconds / 1.5); block++) chain.extend({ timestamp: backAt });
        await sleep(seconds * 1000);
        const told = reader.events.length;
        await node.revive();
        const back = performance.now();
        await reader.until("first event", () => reader.events.length > told, FIRST_EVENT_MS);
        await reader.until("in step", inStep, FIRST_EVENT_MS - (performance.now() - back));
        mine();
        await reader.until("in step with the next block", inStep, withinMs(500));
        expect(feed.stats()).toMatchObject({ gaps: 1, syncs: 1, socket: { reconnects: 1 } });
      }),
    );
  }

  test(
    "a reorg while it was away is undone first",
    on({ seed: 110 }, async ({ node, mine, reorg, reader, inStep, feed }) => {
      for (let i = 0; i < 5; i++) mine();
      await reader.until("in step", inStep);
      await node.kill();
      reorg(3, { removed: false });
      await node.revive();
      await reader.until("in step on the other branch", inStep);
      expect(feed.stats().blocks.reverted).toBe(3);
    }),
  );

  test(
    "back after more blocks than we walk: everything is loaded anew",
    on({ seed: 111, feed: { maxBackfill: 8 } }, async ({ node, chain, reader, inStep, feed }) => {
      await node.kill();
      for (let i = 0; i < 9; i++) chain.extend();
      await node.revive();
      await reader.until("in step", inStep);
      expect(feed.stats()).toMatchObject({ syncs: 2, blocks: { committed: 0 } });
    }),
  );

  for (const pongs of [true, false]) {
    test(
      `frozen, ${pongs ? "with" : "without"} pongs: noticed in 5 s, back in 2 s`,
      on({ seed: 120 }, async ({ node, mine, chain, reader, inStep, feed }) => {
        mine();
        await reader.until("in step", inStep);
        node.freeze({ pongs });
        await reader.until("gap", () => reader.blind, NOTICED_MS);
        chain.extend();
        await sleep(1000);
        node.thaw();
        await reader.until("in step", inStep, withinMs(2000));
        expect(feed.stats()).toMatchObject({ gaps: 1, syncs: 1 });
      }),
    );
  }

  test(
    "frozen in the middle of the way to a head: the way is found after the thaw",
    on({ seed: 121 }, async ({ node, chain, reader, inStep, feed }) => {
      node.faults.answers.set("eth_getLogs", () => NO_ANSWER);
      node.faults.answers.set("eth_getBlockByHash", () => NO_ANSWER);
      chain.extend();
      node.announce(chain.extend());
      await reader.until("gap", () => reader.blind, NOTICED_MS);
      node.faults.answers.clear();
      await reader.until("in step", inStep);
      expect(feed.stats()).toMatchObject({ gaps: 1, syncs: 1, blocks: { committed: 2 } });
    }),
  );
});

describe.concurrent("a node that serves another chain", () => {
  test("is refused with the exit code for configuration", async () => {
    const stage = await startStage({ seed: 130, feed: { chainId: 1 } });
    await expect(stage.running).rejects.toMatchObject({ name: "PlainError", exitCode: 78 });
    expect(stage.reader.events).toEqual([]);
    await stage.node.stop();
  });
});

describe.concurrent("subscriptions that fall silent", () => {
  test(
    "deaf heads: the node is asked, and another connection finds the blocks",
    on({ seed: 140, feed: { headSilenceMs: 300 } }, async ({ node, mine, reader, inStep, feed }) => {
      node.faults.loseHeads = 1;
      mine();
      await reader.until("in step", inStep);
      expect(feed.stats().socket.reconnects).toBe(1);
    }),
  );

  test(
    "a chain at rest is no reason to leave a good connection",
    on({ seed: 141, feed: { headSilenceMs: 100 } }, async ({ node, reader, feed }) => {
      await sleep(700);
      expect(node.calls.get("eth_getBlockByNumber")).toBeGreaterThan(2);
      expect(reader.blind).toBe(false);
      expect(feed.stats().socket.reconnects).toBe(0);
    }),
  );

  test(
    "deaf logs: every block is proven all the same, and the subscription is renewed after two",
    on({ seed: 142 }, async ({ node, mine, reader, inStep, feed }) => {
      node.faults.loseLogs = 1;
      for (let i = 0; i < 3; i++) {
        mine();
        await reader.until("in step", inStep);
      }
      expect(feed.stats().logs).toMatchObject({ deafBlocks: 2, taints: 0 });
      await vi.waitUntil(() => node.calls.get("eth_unsubscribe") === 1, PATIENT);
      node.faults.loseLogs = 0;
      for (let i = 0; i < 3; i++) {
        mine();
        await reader.until("in step", inStep);
      }
      expect(feed.stats().logs.deafBlocks).toBe(0);
    }),
  );
});

describe.concurrent("old blocks", () => {
  test(
    "a newest block that is too old is a gap until a young one comes",
    on({ seed: 150 }, async ({ node, chain, reader, mine, inStep }) => {
      const old = Math.floor(Date.now() / 1000) - 30;
      node.announce(chain.extend({ timestamp: old }));
      await reader.until("gap", () => reader.blind);
      const last = reader.events.findLast((event) => event.type === "committed");
      expect(last?.atHead).toBe(false);
      expect(reader.events.at(-1)).toMatchObject({ type: "gap", reason: expect.stringMatching(/^stale/) });
      mine();
      await reader.until("in step", inStep);
    }),
  );

  test(
    "no new block for long is a gap too",
    on({ seed: 151, feed: { staleAfterMs: 1500 } }, async ({ reader, mine, inStep, feed }) => {
      await reader.until("gap", () => reader.blind, withinMs(4000));
      mine();
      await reader.until("in step", inStep);
      expect(feed.stats().socket.reconnects).toBe(0);
    }),
  );
});
