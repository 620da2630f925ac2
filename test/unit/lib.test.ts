import { expect, test } from "vitest";
import { ceilDiv } from "../../src/lib/bigint.ts";

test("ceilDiv rounds up, and only when there is a rest", () => {
  expect(ceilDiv(6n, 3n)).toBe(2n);
  expect(ceilDiv(7n, 3n)).toBe(3n);
  expect(ceilDiv(0n, 3n)).toBe(0n);
});
