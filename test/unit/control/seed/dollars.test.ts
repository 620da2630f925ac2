import { expect, test } from "vitest";
import { dollarsOf } from "../../../../src/control/seed/dollars.ts";
import { address } from "../../../support/marketFixture.ts";
import { tokenOf } from "../../../support/seedMarket.ts";

const [CHEAP, DEAR, UNPRICED] = [
  tokenOf(address(1), "A", 6),
  tokenOf(address(2), "B", 18),
  tokenOf(address(3), "C"),
];
const tokens = new Map([CHEAP, DEAR, UNPRICED].map((token) => [token.address, token]));
/** Wei of native for a raw unit: one native is two dollars, or 2.5. */
const rates = new Map([
  [CHEAP.address, 0.5e12],
  [DEAR.address, 0.4],
]);
const valuer = {
  rateFloat: (token: string) => new Map<string, number>(rates).get(token) ?? NaN,
  toNative: () => null,
};
const dollars = (wei: bigint, usd = [CHEAP.address, DEAR.address, UNPRICED.address]) =>
  dollarsOf(wei, valuer, { tokens, usd });

test("a gain counts at the price that makes least of it, a loss at the other, both rounded down", () => {
  expect(dollars(10n ** 18n)).toBe("1.988000");
  expect(dollars(-(10n ** 18n))).toBe("-2.500000");
  expect(dollars(1n)).toBe("0.000000");
  expect(dollars(-1n)).toBe("-0.000001");
});

test("without a price there is no figure", () => {
  expect(dollars(10n ** 18n, [UNPRICED.address])).toBe("0");
  expect(dollars(10n ** 18n, [])).toBe("0");
  expect(dollars(0n)).toBe("0");
  expect(dollars(10n ** 40n)).toBe("0");
});
