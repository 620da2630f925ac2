import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  POLYGON_FEES,
  backrunFees,
  baseFeeBound,
  effectiveGasPrice,
  effectiveTip,
  replacementFees,
  settledFees,
} from "../../../src/chain/fees.ts";

const GWEI = 1_000_000_000n;
const wei = fc.bigInt({ min: 0n, max: 10n ** 15n });

describe("base fee bound", () => {
  test("is 5 % a block, each step rounded up", () => {
    expect(baseFeeBound(30n * GWEI, 50_000n, 0)).toBe(30n * GWEI);
    expect(baseFeeBound(30n * GWEI, 50_000n, 2)).toBe(33_075_000_000n);
    expect(baseFeeBound(1n, 50_000n, 1)).toBe(2n);
  });

  test("is never below any path of steps within 5 %", () => {
    fc.assert(
      fc.property(
        wei,
        fc.array(fc.integer({ min: -50_000, max: 50_000 }), { maxLength: 8 }),
        (start, steps) => {
          let fee = start;
          for (const step of steps) fee = (fee * BigInt(1_000_000 + step)) / 1_000_000n;
          expect(baseFeeBound(start, 50_000n, steps.length)).toBeGreaterThanOrEqual(fee);
        },
      ),
    );
  });
});

describe("fees on settled state", () => {
  test("pay the floor where the tip is lower, and stay good for the blocks ahead", () => {
    const fees = settledFees({ ...POLYGON_FEES, tip: 1n }, 30n * GWEI);
    expect(fees).toEqual({ maxFeePerGas: 63_075_000_000n, maxPriorityFeePerGas: 30n * GWEI });
    expect(effectiveTip(fees, 33_075_000_000n)).toBe(30n * GWEI);
    expect(effectiveGasPrice(fees, 30n * GWEI)).toBe(60n * GWEI);
  });

  test("the tip shrinks when the base fee rises above what was foreseen", () => {
    const fees = settledFees(POLYGON_FEES, 30n * GWEI);
    expect(effectiveTip(fees, fees.maxFeePerGas - 1n)).toBe(1n);
    expect(effectiveTip(fees, fees.maxFeePerGas + 1n)).toBe(-1n);
  });
});

test("a replacement is at least 10 % above in both fields", () => {
  fc.assert(
    fc.property(wei, wei, wei, (tip, cap, floor) => {
      const old = { maxFeePerGas: cap, maxPriorityFeePerGas: tip };
      const bumped = replacementFees(old, { maxFeePerGas: floor, maxPriorityFeePerGas: 0n });
      expect(bumped.maxFeePerGas * 10n).toBeGreaterThanOrEqual(cap * 11n);
      expect(bumped.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(tip * 11n);
      expect(bumped.maxFeePerGas).toBeGreaterThanOrEqual(floor);
    }),
  );
});

describe("fees of a back-run", () => {
  test("are the trigger's own, under every base fee", () => {
    fc.assert(
      fc.property(wei, wei, wei, (tip, cap, baseFee) => {
        const trigger = { gasPrice: null, maxFeePerGas: cap, maxPriorityFeePerGas: tip };
        const fees = backrunFees(trigger);
        if (fees === null) throw new Error("no fees");
        expect(effectiveTip(fees, baseFee)).toBe(tip < cap - baseFee ? tip : cap - baseFee);
      }),
    );
  });

  test("of a legacy trigger are its gas price in both fields; without any fee there are none", () => {
    const legacy = { gasPrice: 7n, maxFeePerGas: null, maxPriorityFeePerGas: null };
    expect(backrunFees(legacy)).toEqual({ maxFeePerGas: 7n, maxPriorityFeePerGas: 7n });
    expect(backrunFees({ ...legacy, gasPrice: null })).toBeNull();
  });
});
