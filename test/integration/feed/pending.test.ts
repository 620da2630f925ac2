import { afterEach, describe, expect, test, vi } from "vitest";
import type { PendingTransaction } from "../../../src/chain/types.ts";
import { fakeAddress, fakeHash, headerJson } from "../../support/feedChain.ts";
import { startStage, type FeedStage, type StageOptions } from "../../support/feedStage.ts";
import { PATIENT } from "../../support/patience.ts";

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

const body = (i: number): Record<string, unknown> => ({
  blockHash: null,
  hash: fakeHash(`transaction ${i}`),
  from: fakeAddress(i),
  to: fakeAddress(1),
  nonce: "0x0",
  value: "0x0",
  gas: "0x30d40",
  input: `0x38ed1739${"00".repeat(260)}`,
  type: "0x2",
  maxFeePerGas: "0xba43b7400",
  maxPriorityFeePerGas: "0x6fc23ac00",
});

const told = ({ reader }: FeedStage): readonly PendingTransaction[] =>
  reader.events.filter((event) => event.type === "pending").map(({ transaction }) => transaction);

const hashesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => fakeHash(`transaction ${i}`));

describe("each form tells every transaction once, in order", () => {
  for (const pending of ["full", "alchemy"] as const) {
    test(`${pending}: bodies as they come`, async () => {
      const play = await start({ seed: 301, feed: { pending } });
      for (let i = 0; i < 200; i++) {
        play.node.tellPending(body(i));
        play.node.tellPending(body(i));
      }
      await play.reader.until("all told", () => told(play).length === 200);
      expect(told(play).map(({ hash }) => hash)).toEqual(hashesOf(200));
      expect(play.feed.stats().pending).toMatchObject({ told: 400, duplicates: 200, shed: 0 });
    });
  }

  test("hash: bodies are asked for, no more than a few at a time", async () => {
    const play = await start({ seed: 302, feed: { pending: "hash", hydrateAtOnce: 4 } });
    let underway = 0;
    let most = 0;
    play.node.faults.answers.set("eth_getTransactionByHash", async ([hash]) => {
      most = Math.max(most, ++underway);
      await new Promise((resolve) => setImmediate(resolve));
      underway--;
      const i = hashesOf(50).indexOf(String(hash));
      return { result: i % 10 === 9 ? null : body(i) };
    });
    for (const hash of hashesOf(50)) play.node.tellPending(hash);
    await play.reader.until("all told", () => told(play).length === 45);
    expect(most).toBe(4);
    expect(play.feed.stats().pending).toMatchObject({ told: 50, delivered: 45, unusable: 5 });
  });

  test("off: nothing is subscribed to", async () => {
    const { node } = await start({ seed: 303, feed: { pending: "off" } });
    expect([
      node.subscribers("newPendingTransactions"),
      node.subscribers("alchemy_pendingTransactions"),
    ]).toEqual([0, 0]);
  });
});

test("a flood: blocks are told at once, the oldest transactions are shed and counted", async () => {
  const play = await start({ seed: 310, feed: { pendingQueue: 500 } });
  let block = play.chain.tip;
  for (let i = 0; i < 20_000; i++) {
    play.node.tellPending(body(i));
    if (i === 10_000) block = play.mine();
    if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await play.reader.until("the block", () => play.reader.head?.hash === block.hash);
  await vi.waitUntil(() => {
    const { told: heard, delivered, shed } = play.feed.stats().pending;
    return heard === 20_000 && delivered + shed === 20_000;
  }, PATIENT);
  expect(told(play).at(-1)?.hash).toBe(fakeHash("transaction 19999"));
  expect(told(play)).toHaveLength(play.feed.stats().pending.delivered);
});

test("frames that are no answer to anything neither end the feed nor pass for events", async () => {
  const play = await start({ seed: 320 });
  const before = play.reader.events.length;
  const [subscription = ""] = play.node.headIds();
  const notification = (result: unknown): string =>
    JSON.stringify({ jsonrpc: "2.0", method: "eth_subscription", params: { subscription, result } });
  const frames = [
    "",
    "{",
    "[]",
    "null",
    `[${notification(headerJson(play.chain.tip))}]`,
    "[".repeat(100_000),
    `{"jsonrpc":"2.0","id":1,"result":"0x1"}`,
    `{"jsonrpc":"2.0","id":"1","result":"0x1"}`,
    `{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":"x","message":{}}}`,
    `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xdead","result":{}}}`,
    `{"jsonrpc":"2.0","method":"eth_subscription","params":null}`,
    notification({ ...headerJson(play.chain.tip), number: `0x${"f".repeat(64)}` }),
    notification({ ...headerJson(play.chain.tip), hash: fakeHash("made up"), number: "0x1fffffffffffff" }),
    notification(null),
    notification("0x"),
  ];
  for (const frame of frames) play.node.say(frame);
  play.mine();
  await play.reader.until("in step", play.inStep);
  expect(play.reader.events.slice(before).map(({ type }) => type)).toEqual(["committed"]);
  expect(play.feed.stats()).toMatchObject({ gaps: 0, syncs: 1, socket: { reconnects: 0 } });
});

test("a frame above 16 MiB ends the connection, not the feed", async () => {
  const play = await start({ seed: 321 });
  play.node.say(`"${"x".repeat(16 * 1024 * 1024)}"`);
  await play.reader.until("gap", () => play.reader.blind);
  await vi.waitUntil(() => play.node.subscribers("logs") === 1, PATIENT);
  play.mine();
  await play.reader.until("in step", play.inStep);
  expect(play.feed.stats()).toMatchObject({ gaps: 1, syncs: 1, socket: { reconnects: 1 } });
});
