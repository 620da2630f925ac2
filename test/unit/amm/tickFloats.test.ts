import { expect, test } from "vitest";
import { sqrtPriceFloatAtTick, tickFloats } from "../../../src/amm/tickFloats.ts";
import { MAX_TICK, MIN_TICK, sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable } from "../../../src/amm/tickTable.ts";
import { seeded } from "../../support/searchMarkets.ts";

test("prices at ticks are the contract's to 2e-15", () => {
  const random = seeded(51);
  const ticks = [MIN_TICK, MAX_TICK, 0, -1, 1, -600_000, -600_001];
  for (let i = 0; i < 4000; i++) ticks.push(Math.round((random() * 2 - 1) * MAX_TICK));
  for (const tick of ticks) {
    const exact = Number(sqrtRatioAtTick(tick)) / 2 ** 96;
    expect(Math.abs(sqrtPriceFloatAtTick(tick) / exact - 1)).toBeLessThan(2e-15);
  }
});

test("liquidity is added up exactly, and from what the pool says it has", () => {
  const dust = 3n;
  const table = tickTable([
    [-100, 10n ** 30n],
    [-50, dust],
    [0, -(10n ** 30n)],
    [50, -dust],
  ]);
  const whole = tickFloats(table, 1, 10n ** 30n + dust);
  expect([...whole.liquidity]).toEqual([0, 1e30, 1e30, 3, 0]);
  expect(tickFloats(table, 0, 10n ** 30n)).toBe(whole);
  // A table that is not whole: there are seven more than its ticks tell.
  expect([...tickFloats(table, 2, 10n).liquidity]).toEqual([7, 1e30, 1e30, 10, 7]);
  // No pool can be so: the range cannot be traded.
  expect([...tickFloats(table, 2, 1n).liquidity]).toEqual([-1, 1e30, 1e30, 1, -1]);
  expect([...tickFloats(table, -1, 0n).liquidity]).toEqual([0, 1e30, 1e30, 3, 0]);
});
