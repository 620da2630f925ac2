import { expect, test } from "vitest";
import { createTokenBucket } from "../../../src/lib/tokenBucket.ts";

test("a burst, then so much a second", () => {
  let now = 1000;
  const bucket = createTokenBucket(2000, 4000, () => now);
  expect(bucket.take(4000)).toBe(0);
  expect(bucket.take(100)).toBe(50);
  now += 49;
  expect(bucket.take(100)).toBeCloseTo(1);
  now += 1;
  expect(bucket.take(100)).toBe(0);
  expect(bucket.take(1)).toBeGreaterThan(0);
  now += 3_600_000;
  expect(bucket.take(4000)).toBe(0);
  expect(bucket.take(1)).toBeGreaterThan(0);
});

test("more than a burst is never given, and costs nothing", () => {
  const bucket = createTokenBucket(10, 10, () => 0);
  expect(bucket.take(11)).toBe(Infinity);
  expect(bucket.take(10)).toBe(0);
});
