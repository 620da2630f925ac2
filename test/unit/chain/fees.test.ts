import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  POLYGON_FEES,
  backrunFees,
  baseFeeBound,
  effectiveGasPrice,
  effectiveTip,
  outbids,
  raceFees,
  replacementFees,
  settledFees,
  type RacePolicy,
  type RaceStake,
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

/** Cap and tip. */
const bidding = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint) => ({
  maxFeePerGas,
  maxPriorityFeePerGas,
});

test("a replacement outbids what it replaces; a pool takes what is 10 % above in both fields, rounded down", () => {
  fc.assert(
    fc.property(wei, wei, (cap, tip) => {
      const old = bidding(cap + 1n, tip + 1n);
      expect(outbids(replacementFees(old, bidding(0n, 0n)), old)).toBe(true);
      expect(outbids(old, old)).toBe(false);
    }),
  );
  const old = bidding(119n, 19n);
  expect(outbids(bidding(130n, 20n), old)).toBe(true);
  expect(outbids(bidding(129n, 20n), old)).toBe(false);
  expect(outbids(bidding(130n, 19n), old)).toBe(false);
  // Where a tenth is less than a unit, one more is wanted all the same.
  expect(outbids(bidding(1n, 1n), bidding(1n, 1n))).toBe(false);
  expect(outbids(bidding(2n, 2n), bidding(1n, 1n))).toBe(true);
});

describe("fees of a back-run", () => {
  const legacy = { gasPrice: 7n, maxFeePerGas: null, maxPriorityFeePerGas: null };
  const other = fc.oneof(
    fc.tuple(wei, wei).map(([maxFeePerGas, maxPriorityFeePerGas]) => ({
      gasPrice: null,
      maxFeePerGas,
      maxPriorityFeePerGas,
    })),
    wei.map((gasPrice) => ({ ...legacy, gasPrice })),
  );

  test("tie with the cheapest of the row, under every base fee", () => {
    fc.assert(
      fc.property(fc.array(other, { minLength: 1, maxLength: 5 }), wei, (row, baseFee) => {
        const fees = backrunFees(row);
        if (fees === null) throw new Error("no fees");
        const tips = row.map(({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }) => {
          const [tip, cap] = [maxPriorityFeePerGas ?? gasPrice ?? 0n, maxFeePerGas ?? gasPrice ?? 0n];
          return tip < cap - baseFee ? tip : cap - baseFee;
        });
        expect(effectiveTip(fees, baseFee)).toBe(tips.reduce((least, tip) => (tip < least ? tip : least)));
      }),
    );
  });

  test("behind one are its own; a legacy one's gas price is both", () => {
    expect(backrunFees([{ gasPrice: null, maxFeePerGas: 9n, maxPriorityFeePerGas: 3n }])).toEqual({
      maxFeePerGas: 9n,
      maxPriorityFeePerGas: 3n,
    });
    expect(backrunFees([legacy])).toEqual({ maxFeePerGas: 7n, maxPriorityFeePerGas: 7n });
  });

  test("are not known behind nothing, nor where one of the row bids nothing that is known", () => {
    expect(backrunFees([])).toBeNull();
    // One EIP-1559 field alone does not say what the other is.
    for (const changes of [{ gasPrice: null }, { maxFeePerGas: 9n }, { maxPriorityFeePerGas: 9n }]) {
      const unknown = { ...legacy, ...changes };
      for (const row of [[unknown], [legacy, unknown], [unknown, legacy]])
        expect(backrunFees(row)).toBeNull();
    }
  });
});

describe("a race", () => {
  const race: RacePolicy = { sharePpm: 300_000n, decayPpm: 500_000n, maxTip: 500n * GWEI };
  const stake: RaceStake = {
    profit: 10n ** 18n,
    minNet: 10n ** 16n,
    gas: { expected: 300_000n, limit: 400_000n },
    baseFee: 100n * GWEI,
    age: 0,
    recentTip: 10_000n * GWEI,
  };
  const tip = (changes: Partial<RaceStake>, policy: Partial<RacePolicy> = {}): bigint =>
    raceFees(POLYGON_FEES, { ...race, ...policy }, { ...stake, ...changes }).maxPriorityFeePerGas;

  test("bids the share of what the base fee leaves, a unit of the gas limit", () => {
    // (1 - 300,000 x 105 gwei) x 0.3 / 400,000 gas
    expect(tip({ profit: 10n ** 17n })).toBe(51_375_000_000n);
    expect(tip({ profit: 10n ** 17n, age: 1 })).toBe(30n * GWEI);
    expect(tip({ age: 1 }, { maxTip: 10_000n * GWEI })).toBe(tip({}, { maxTip: 10_000n * GWEI }) / 2n);
  });

  test("is bounded by the cap, by what others paid, and by what minNet leaves", () => {
    expect(tip({})).toBe(500n * GWEI);
    expect(tip({ recentTip: 77n * GWEI })).toBe(77n * GWEI);
    expect(tip({ minNet: 9n * 10n ** 17n })).toBe(
      (10n ** 18n - 300_000n * 105n * GWEI - 9n * 10n ** 17n) / 300_000n,
    );
    expect(tip({ recentTip: null })).toBe(30n * GWEI);
  });

  test("always: not below the usual bid, and above it only with minNet left, under every cap and below 1 POL", () => {
    fc.assert(
      fc.property(
        fc.record({
          profit: wei.map((x) => x * 1000n),
          minNet: wei,
          baseFee: wei,
          recentTip: fc.option(wei, { nil: null }),
        }),
        fc.record({ expected: fc.bigInt(21_000n, 10n ** 7n), more: fc.bigInt(0n, 10n ** 7n) }),
        fc.nat({ max: 1000 }),
        ({ profit, minNet, baseFee, recentTip }, { expected, more }, age) => {
          const gas = { expected, limit: expected + more };
          const usual = settledFees(POLYGON_FEES, baseFee);
          const fees = raceFees(POLYGON_FEES, race, { profit, minNet, gas, baseFee, age, recentTip });
          const bid = fees.maxPriorityFeePerGas;
          expect(fees.maxFeePerGas - bid).toBe(usual.maxFeePerGas - usual.maxPriorityFeePerGas);
          expect(bid).toBeGreaterThanOrEqual(usual.maxPriorityFeePerGas);
          if (bid === usual.maxPriorityFeePerGas) return;
          expect(
            profit - expected * effectiveGasPrice(fees, baseFeeBound(baseFee, 50_000n, 1)),
          ).toBeGreaterThanOrEqual(minNet);
          expect(bid <= race.maxTip && bid <= (recentTip ?? 0n)).toBe(true);
          expect(gas.limit * fees.maxFeePerGas).toBeLessThanOrEqual(POLYGON_FEES.txFeeCap);
        },
      ),
    );
  });
});
