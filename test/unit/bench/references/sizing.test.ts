import { expect, test } from "vitest";
import type { PoolState } from "../../../../src/amm/poolState.ts";
import type { Token } from "../../../../src/chain/types.ts";
import { goldenSection } from "../../../../bench/references/goldenSection.ts";
import { grid, gridOf } from "../../../../bench/references/grid.ts";
import { hillClimb } from "../../../../bench/references/hillClimb.ts";
import type { SizingLeg } from "../../../../bench/references/sizing.ts";
import { exactChain, exactHop } from "../../../../bench/references/sizing.ts";
import { ternary } from "../../../../bench/references/ternary.ts";
import { amountsAlong } from "../../../../src/search/leg.ts";
import { estimateSize, sizeCycle } from "../../../../src/search/sizing.ts";
import { addressOf, v2State } from "../../../support/marketBlocks.ts";
import {
  concentratedPool,
  integer,
  randomLegs,
  seeded,
  unitsAlong,
  v2Pool,
} from "../../../support/searchMarkets.ts";

const BASE: Token = { address: addressOf(0xa0), symbol: "BASE", decimals: 6, taxed: false };
const METHODS = { ternary, goldenSection, hillClimb };
const ETHER = 10n ** 18n;

const leg = (state: PoolState, zeroForOne = true): SizingLeg => ({ state, zeroForOne });

/** Base to a token of many decimals and back: only the last division is coarse. */
const smallCycle = (baseIn: number, baseOut: number, margin: bigint): readonly SizingLeg[] => [
  leg(v2State(BigInt(baseIn), 1000n * ETHER)),
  leg(v2State(5000n * ETHER, 5000n * ETHER, 500)),
  leg(
    v2State(((1000n * ETHER * BigInt(baseOut)) / BigInt(baseIn) / 100n) * (100n - margin), BigInt(baseOut)),
  ),
];

function bestByCounting(legs: readonly SizingLeg[], most: bigint): bigint {
  const out = exactChain(legs.map(exactHop));
  let best = 0n;
  for (let amountIn = 1n; amountIn <= most; amountIn++) {
    const gain = out(amountIn) - amountIn;
    if (gain > best) best = gain;
  }
  return best;
}

test("a chain gives what the contracts give", () => {
  const random = seeded(7);
  for (let i = 0; i < 40; i++) {
    const legs = randomLegs(random, 3, (tokens, skew) =>
      random() < 0.5 ? v2Pool(tokens, 1e6, skew, 3000) : concentratedPool(random, tokens, 1e6, skew),
    );
    const input = 10n ** BigInt(integer(random, 2, 18));
    expect(exactChain(legs.map(exactHop))(input)).toBe(amountsAlong(legs, input)?.at(-1) ?? 0n);
  }
});

/** Units that a method may miss where the integer staircase has more than one top. */
const MISSED = { ternary: 1n, goldenSection: 1n, hillClimb: 4n };

test.each(Object.entries(METHODS))("%s finds what counting through all sizes finds", (name, size) => {
  const missed = new Map(Object.entries(MISSED)).get(name) ?? 0n;
  const random = seeded(11);
  let same = 0;
  for (let i = 0; i < 20; i++) {
    const [baseIn, baseOut] = [integer(random, 3000, 9000), integer(random, 3000, 9000)];
    const legs = smallCycle(baseIn, baseOut, BigInt(integer(random, 3, 20)));
    const best = bestByCounting(legs, 5000n);
    const found = size(legs)?.profit ?? 0n;
    expect(found <= best && found >= best - missed, `${found} of ${best}`).toBe(true);
    if (found === best) same++;
  }
  expect(same).toBeGreaterThan(10);
});

test("ternary is the true optimum of a plain case, to the unit", () => {
  const legs = smallCycle(8000, 8000, 12n);
  const found = ternary(legs);
  const best = bestByCounting(legs, 8000n);
  expect(best).toBeGreaterThan(10n);
  expect(found?.profit).toBe(best);
  expect(
    amountsAlong(
      legs.map((each) => ({ ...each, curve: { piece: () => undefined } })),
      found?.amountIn ?? 0n,
    )?.at(-1),
  ).toBe((found?.amountIn ?? 0n) + best);
});

test.each(Object.entries(METHODS))("%s comes near the search's own size on mixed routes", (_, size) => {
  const random = seeded(3);
  const shares: number[] = [];
  for (let i = 0; i < 80; i++) {
    const legs = randomLegs(random, integer(random, 2, 4), (tokens, skew) =>
      random() < 0.5 ? v2Pool(tokens, 1e6, skew, 500) : concentratedPool(random, tokens, 1e6, skew),
    );
    const estimate = estimateSize(legs);
    const ours = estimate && sizeCycle(legs, estimate);
    // Where one unit on the way is worth much, every method stops on some step of the staircase.
    if (ours === null || unitsAlong(legs, ours.amounts[0] ?? 0n) * 10_000n > ours.profit) continue;
    const { amountIn, profit } = size(legs) ?? { amountIn: 0n, profit: 0n };
    expect((amountsAlong(legs, amountIn)?.at(-1) ?? 0n) - amountIn).toBe(profit);
    shares.push(Number(profit) / Number(ours.profit));
  }
  expect(shares.length).toBeGreaterThan(10);
  expect(Math.min(...shares)).toBeGreaterThan(0.999);
  expect(Math.max(...shares)).toBeLessThan(1 + 1e-9);
});

test.each(Object.entries({ ...METHODS, grid }))("%s finds nothing where nothing pays", (_, size) => {
  expect(size(smallCycle(8000, 8000, 0n), BASE)).toBeNull();
  expect(size([leg(v2State(0n, 0n)), leg(v2State(5n, 5n))], BASE)).toBeNull();
});

test("the grid is 1, 2, 5 in each decade, in raw units, and its best point wins", () => {
  expect(gridOf(6).slice(0, 4)).toEqual([100n, 200n, 500n, 1000n]);
  expect(gridOf(18).at(-1)).toBe(5_000_000n * ETHER);
  for (const margin of [4n, 9n, 20n, 40n]) {
    const legs = smallCycle(8_000_000, 8_000_000, margin);
    const out = exactChain(legs.map(exactHop));
    const best = gridOf(6).reduce((most, size) => (out(size) - size > out(most) - most ? size : most));
    expect(grid(legs, BASE)).toEqual({ amountIn: best, profit: out(best) - best });
    expect(grid(legs, BASE)?.profit).toBeLessThan(ternary(legs)?.profit ?? 0n);
  }
});
