import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import { amountsAlong, createLeg } from "../../../src/search/leg.ts";
import type { Leg } from "../../../src/search/leg.ts";
import { estimateSize, sizeCycle } from "../../../src/search/sizing.ts";
import type { Sizing } from "../../../src/search/sizing.ts";
import { v2State } from "../../support/marketBlocks.ts";
import {
  bestByLooking,
  concentratedPool,
  extremeLegs,
  integer,
  pick,
  profitAt,
  randomLegs,
  seeded,
  tickless,
  unitsAlong,
  v2Pool,
} from "../../support/searchMarkets.ts";

const FEES = [3000, 2500, 1000, 0] as const;

/** What no size may pass, as the search believes. */
function boundOf(legs: readonly Leg[]): number {
  const estimate = estimateSize(legs);
  return estimate === null ? 1 : estimate.profitFloat + estimate.errorFloat;
}

function sized(legs: readonly Leg[]): Sizing | null {
  const estimate = estimateSize(legs);
  return estimate && sizeCycle(legs, estimate);
}

const randomState =
  (random: () => number, v2Share: number) =>
  (tokens: Parameters<typeof v2Pool>[0], skew: number): PoolState => {
    const depth = 10 ** (random() * 7);
    return random() < v2Share
      ? v2Pool(tokens, depth, skew, pick(random, FEES))
      : concentratedPool(random, tokens, depth, skew);
  };

test("small reserves: no input at all earns more (full scan)", () => {
  const random = seeded(21);
  let paid = 0;
  for (let round = 0; round < 300; round++) {
    const legs = Array.from({ length: integer(random, 2, 4) }, () => {
      const [x, y] = [integer(random, 1, 900), integer(random, 1, 900)];
      return createLeg(v2State(BigInt(x), BigInt(y), pick(random, FEES)), random() < 0.5);
    });
    let best = 0n;
    // The last pool holds less than this, so that a larger input cannot pay.
    for (let x = 1n; x <= 900n; x++) {
      const profit = profitAt(legs, x) ?? 0n;
      if (profit > best) best = profit;
    }
    if (best > 0n) paid++;
    expect(sized(legs)?.profit ?? 0n).toBe(best);
  }
  expect(paid).toBeGreaterThan(60);
});

test("V2 cycles with tokens of 2 to 18 decimals: at least 0.999999 of what a long search finds", () => {
  const random = seeded(22);
  let paid = 0;
  for (let round = 0; round < 200; round++) {
    const legs = randomLegs(random, integer(random, 2, 4), randomState(random, 1));
    const { profit } = bestByLooking(legs);
    if (profit > 0n) paid++;
    expect(Number(profit)).toBeLessThanOrEqual(boundOf(legs));
    expect((sized(legs)?.profit ?? 0n) * 1_000_000n).toBeGreaterThanOrEqual(profit * 999_999n);
  }
  expect(paid).toBeGreaterThan(70);
});

test("mixed with V3 and Algebra: the same, or less by no more than a raw unit of each token on the way", () => {
  const random = seeded(23);
  let [paid, short] = [0, 0];
  for (let round = 0; round < 80; round++) {
    const legs = randomLegs(random, integer(random, 2, 4), randomState(random, 0.4));
    const { profit, input } = bestByLooking(legs);
    const ours = sized(legs)?.profit ?? 0n;
    if (profit > 0n) paid++;
    expect(Number(profit)).toBeLessThanOrEqual(boundOf(legs));
    const reached = ours * 1_000_000n >= profit * 999_999n;
    if (!reached) short++;
    expect(ours).toBeGreaterThanOrEqual(reached ? 0n : profit - unitsAlong(legs, input));
  }
  expect(paid).toBeGreaterThan(25);
  // Only where a token's amount is a few hundred raw units.
  expect(short / paid).toBeLessThan(0.05);
});

test("amounts are exact hop by hop, and the profit is their difference", () => {
  const random = seeded(24);
  let paid = 0;
  for (let round = 0; round < 100; round++) {
    const legs = randomLegs(random, integer(random, 2, 4), randomState(random, 0.5));
    const sizing = sized(legs);
    if (sizing === null) continue;
    paid++;
    expect(sizing.amounts).toEqual(amountsAlong(legs, sizing.amounts[0] ?? 0n));
    expect(sizing.profit).toBe((sizing.amounts.at(-1) ?? 0n) - (sizing.amounts[0] ?? 0n));
    expect(sizing.profit).toBeGreaterThan(0n);
  }
  expect(paid).toBeGreaterThan(20);
});

test("a pool without ticks is used to the end of its interval and never beyond", () => {
  const random = seeded(25);
  let ended = 0;
  for (let round = 0; round < 80; round++) {
    const token = { decimals: 18, price: 1 };
    const first = concentratedPool(random, [token, token], 1000, 1);
    if (first.liquidity === 0n) continue;
    const legs = [
      createLeg(tickless(first), false),
      createLeg(v2Pool([token, token], 1e7, 1.05, 3000), true),
    ];
    const sizing = sized(legs);
    const { profit } = bestByLooking(legs);
    expect((sizing?.profit ?? 0n) * 1_000_000n).toBeGreaterThanOrEqual(profit * 999_999n);
    if (sizing === null) continue;
    const more = (sizing.amounts[0] ?? 0n) + (sizing.amounts[0] ?? 0n) / 1000n + 1n;
    if (profitAt(legs, more) === null) ended++;
  }
  expect(ended).toBeGreaterThan(20);
});

test("extremes: one-wei pools, reserves of 112 bits and prices of 1e30 are sized or refused, never wrong", () => {
  let paid = 0;
  for (const legs of extremeLegs()) {
    const { profit } = bestByLooking(legs);
    const ours = sized(legs)?.profit ?? 0n;
    if (ours > 0n) paid++;
    expect(Number(profit)).toBeLessThanOrEqual(boundOf(legs));
    expect(ours * 1_000_000n).toBeGreaterThanOrEqual(profit * 999_999n);
  }
  expect(paid).toBeGreaterThan(30);
});

test("a cycle that only just breaks even is no opportunity", () => {
  const there = createLeg(v2State(10n ** 21n, 10n ** 21n, 0), true);
  const back = createLeg(v2State(10n ** 21n, 10n ** 21n, 0), false);
  expect(estimateSize([there, back])).toBeNull();
});
