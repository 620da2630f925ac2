import { expect, test } from "vitest";
import { bloomKey, bloomOf, mayContain } from "../../../src/feed/bloom.ts";
import { bloomOfLogs, fakeAddress, SYNC } from "../../support/feedChain.ts";

test("what is in the block is always found, and little else in a block of ten logs", () => {
  const logs = Array.from({ length: 10 }, (_, i) => ({
    address: fakeAddress(i),
    topics: [SYNC],
    data: "0x" as const,
  }));
  const bloom = bloomOf(bloomOfLogs(logs));
  for (const { address, topics } of logs)
    for (const item of [address, ...topics]) expect(mayContain(bloom, bloomKey(item))).toBe(true);
  const strangers = Array.from({ length: 2000 }, (_, i) => fakeAddress(1000 + i));
  expect(strangers.filter((address) => mayContain(bloom, bloomKey(address))).length).toBeLessThan(10);
});

test("an empty block has nothing", () => {
  const bloom = bloomOf(bloomOfLogs([]));
  expect(mayContain(bloom, bloomKey(SYNC))).toBe(false);
});
