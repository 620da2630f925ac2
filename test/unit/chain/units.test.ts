import { assert, bigInt, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { fromDecimal, toDecimal } from "../../../src/chain/units.ts";

test("raw units and decimals", () => {
  expect(toDecimal(1_234_567n, 6)).toBe("1.234567");
  expect(toDecimal(1_500_000n, 6)).toBe("1.5");
  expect(toDecimal(-5n, 2)).toBe("-0.05");
  expect(toDecimal(10n ** 30n, 0)).toBe("1000000000000000000000000000000");
  expect(fromDecimal("0.05", 18)).toBe(5n * 10n ** 16n);
  expect(fromDecimal("1.239", 2)).toBe(123n);
  expect(() => fromDecimal("1e5", 2)).toThrow(RangeError);
  expect(() => fromDecimal("-1", 2)).toThrow(RangeError);
});

test("one is the way back of the other, over all of uint256", () => {
  assert(
    property(bigInt(0n, 2n ** 256n - 1n), integer({ min: 0, max: 36 }), (amount, decimals) => {
      expect(fromDecimal(toDecimal(amount, decimals), decimals)).toBe(amount);
    }),
  );
});
