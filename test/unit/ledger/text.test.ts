import { array, assert, bigInt, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { amountText, groupThousands } from "../../../src/cli/amountText.ts";
import { safeText } from "../../../src/lib/safeText.ts";

test("safeText keeps what can be read and ends after 32 characters", () => {
  expect(safeText("USDC.e")).toBe("USDC.e");
  expect(safeText("Ünïcode 币 🚀")).toBe("Ünïcode 币 🚀");
  expect(safeText("a\u001B[31mb\r\n\u0085\u202Ec\u200Dd\u2028")).toBe("a[31mbcd");
  expect(safeText("x".repeat(32))).toBe("x".repeat(32));
  expect(safeText("x".repeat(33))).toBe(`${"x".repeat(31)}…`);
  expect(safeText("🚀".repeat(40))).toBe(`${"🚀".repeat(31)}…`);
});

test("safeText of anything is short and without a control", () => {
  assert(
    property(array(integer({ min: 0, max: 0x10ffff }), { maxLength: 100 }), (codePoints) => {
      const text = String.fromCodePoint(...codePoints);
      const safe = safeText(text);
      expect(Array.from(safe).length).toBeLessThanOrEqual(32);
      expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
    { seed: 7 },
  );
});

test("amountText is exact, and says where it cut", () => {
  expect(amountText(1_500_000n, 6)).toBe("1.5");
  expect(amountText(0n, 18)).toBe("0");
  expect(amountText(1n, 18)).toBe("0.000000000000000001");
  expect(amountText(-1_234_567_890n, 6)).toBe("-1,234.56789");
  expect(amountText(42n, 0)).toBe("42");
  expect(amountText(1_234_567n, 6, 2)).toBe("1.23…");
  expect(amountText(1_230_000n, 6, 2)).toBe("1.23");
  expect(amountText(1n, 18, 6)).toBe("0.000000…");
  expect(groupThousands(82_114_920)).toBe("82,114,920");
});

test("no digit is lost on the way to decimals and back", () => {
  assert(
    property(
      bigInt({ min: -(2n ** 256n), max: 2n ** 256n }),
      integer({ min: 0, max: 30 }),
      (amount, decimals) => {
        const [whole = "", fraction = ""] = amountText(amount, decimals).replaceAll(",", "").split(".");
        expect(BigInt(whole + fraction.padEnd(decimals, "0"))).toBe(amount);
      },
    ),
    { seed: 7 },
  );
});
