import { expect, test } from "vitest";
import type { PoolState } from "../../../../src/amm/poolState.ts";
import { optimalInputFloat, profitFloat } from "../../../../src/search/optimum.ts";
import { createLadder } from "../../../../src/search/scan/ladder.ts";
import { createOptimum } from "../../../../src/search/scan/optimum.ts";
import { createPoolTable } from "../../../../src/search/scan/poolTable.ts";
import type { PoolTable } from "../../../../src/search/scan/poolTable.ts";
import type { Leg } from "../../../../src/search/leg.ts";
import {
  concentratedPool,
  integer,
  pick,
  randomLegs,
  seeded,
  tickless,
  v2Pool,
} from "../../../support/searchMarkets.ts";

/** Pools 0, 1, … of one cycle; every token is worth one. */
function tableOf(states: readonly (PoolState | null)[]): {
  table: PoolTable;
  tokenIn: Int32Array;
  prices: Float64Array;
} {
  const tokenIn = new Int32Array(2 * states.length);
  const prices = new Float64Array([1]);
  const layout = { edgeRates: new Float64Array(16 * states.length) };
  const table = createPoolTable(tokenIn, { layout, ladder: createLadder(1, 4), prices });
  for (const [pool, state] of states.entries()) table.set(pool, state);
  return { table, tokenIn, prices };
}

function closedForm(legs: readonly Leg[]): { profit: number; input: number } {
  const { table, tokenIn, prices } = tableOf(legs.map(({ state }) => state));
  const optimum = createOptimum({ curves: table.curves, prices, tokenIn });
  const edges = Int32Array.from(legs, ({ zeroForOne }, pool) => 2 * pool + (zeroForOne ? 0 : 1));
  return { profit: optimum.profitFloat(edges, 0, legs.length), input: optimum.inputFloat[0] ?? 0 };
}

const randomState =
  (random: () => number, v2Share: number) =>
  (tokens: Parameters<typeof v2Pool>[0], skew: number): PoolState => {
    const depth = 10 ** (random() * 7);
    if (random() < v2Share) return v2Pool(tokens, depth, skew, pick(random, [3000, 2500, 1000, 0]));
    const pool = concentratedPool(random, tokens, depth, skew);
    return random() < 0.1 ? tickless(pool) : pool;
  };

test("the peak is that of the piecewise closed form: input and profit, V2 and mixed, 2 to 5 hops", () => {
  const random = seeded(31);
  let [paid, crossed] = [0, 0];
  for (let round = 0; round < 4000; round++) {
    const legs = randomLegs(random, integer(random, 2, 5), randomState(random, random() < 0.3 ? 1 : 0.4));
    const curves = legs.map(({ curve }) => curve);
    const input = optimalInputFloat(curves);
    // Where a curve ends floats may overshoot: a hair less.
    const expected = input > 0 ? profitFloat(curves, input * (1 - 1e-13)) : 0;
    const ours = closedForm(legs);
    // Float error of a profit: the oracle's is a difference of two amounts.
    const error = input * 2e-13;
    expect(Math.abs(ours.profit - expected)).toBeLessThanOrEqual(Math.abs(expected) * 1e-9 + error);
    if (expected <= error) continue;
    paid++;
    // The profit is flat at its peak: an input off by e costs e squared.
    expect(Math.abs(ours.input - input)).toBeLessThanOrEqual(input * 1e-5);
    if (curves.some((curve) => (curve.piece(0)?.endInFloat ?? 0) < input)) crossed++;
  }
  expect(paid).toBeGreaterThan(800);
  expect(crossed).toBeGreaterThan(100);
});

test("a cycle through a pool without a state, or that pays at no size, is worth nothing", () => {
  const token = { decimals: 18, price: 1 };
  const cheap = v2Pool([token, token], 1000, 1.1, 3000);
  const fair = v2Pool([token, token], 1000, 1, 3000);
  const { table, tokenIn, prices } = tableOf([cheap, fair, null]);
  const optimum = createOptimum({ curves: table.curves, prices, tokenIn });
  expect(optimum.profitFloat(Int32Array.of(0, 3), 0, 2)).toBeGreaterThan(0);
  expect(optimum.inputFloat[0]).toBeGreaterThan(0);
  expect(optimum.profitFloat(Int32Array.of(2, 1), 0, 2)).toBe(0);
  expect(optimum.inputFloat[0]).toBe(0);
  expect(optimum.profitFloat(Int32Array.of(0, 3, 4), 0, 3)).toBe(0);
  table.set(1, null);
  expect(optimum.profitFloat(Int32Array.of(0, 3), 0, 2)).toBe(0);
});
