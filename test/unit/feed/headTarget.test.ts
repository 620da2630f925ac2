import { expect, test } from "vitest";
import { createHeads } from "../../../src/feed/heads.ts";
import { createHeadTarget } from "../../../src/feed/headTarget.ts";
import { parseHeader } from "../../../src/feed/parse.ts";
import { createFakeChain, headerJson, type FakeBlock } from "../../support/feedChain.ts";

const setUp = () => {
  const chain = createFakeChain(1, 3, () => 1_000_000);
  const heads = createHeads(16);
  const root = parseHeader(headerJson(chain.tip));
  if (root !== null) heads.reset(root);
  let time = 0;
  const target = createHeadTarget({ clock: { now: () => ++time, monotonic: () => time }, heads });
  const tell = (block: FakeBlock): void => target.announce(headerJson(block));
  return { chain, heads, target, tell };
};

test("only the newest of several announcements is the target, and all are known", () => {
  const { chain, target, tell } = setUp();
  const blocks = [chain.extend(), chain.extend(), chain.extend()];
  for (const block of blocks) tell(block);
  expect(target.take()).toMatchObject({ hash: chain.tip.hash });
  expect(target.reached).toBe(true);
  expect(blocks.map(({ hash }) => target.known(hash)?.time)).toEqual([1, 2, 3]);
});

test("an announcement that comes late or competes makes us ask the node", () => {
  const { chain, target, tell } = setUp();
  const [first, second] = [chain.extend(), chain.extend()];
  tell(second);
  tell(first);
  expect(target.take()).toBe("latest");
  tell(chain.extend({ parent: first }));
  tell(second);
  expect(target.take()).toBe("latest");
});

test("what is held already is no target", () => {
  const { chain, target, tell } = setUp();
  tell(chain.tip);
  expect(target.reached).toBe(true);
  expect(target.stats).toMatchObject({ heads: 1, duplicates: 1 });
});

test("an announcement that cannot be read still says that there is something", () => {
  const { target } = setUp();
  for (const head of [null, 7, "0x", [], {}, { number: "0x1" }]) target.announce(head);
  expect(target.take()).toBe("latest");
  expect(target.stats.unreadable).toBe(6);
});

test("a wait ends with an announcement before or after it, or with the signal", async () => {
  const { chain, target, tell } = setUp();
  const stop = new AbortController();
  tell(chain.extend());
  await target.wait(stop.signal);
  const waiting = target.wait(stop.signal);
  target.check();
  await waiting;
  const last = target.wait(stop.signal);
  stop.abort();
  await last;
  expect(target.take()).toBe("latest");
});
