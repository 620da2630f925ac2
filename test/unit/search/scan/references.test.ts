import { expect, test } from "vitest";
import type { PoolState } from "../../../../src/amm/poolState.ts";
import { createDrift } from "../../../../src/search/scan/drift.ts";
import type { Drift } from "../../../../src/search/scan/drift.ts";
import { createLadder } from "../../../../src/search/scan/ladder.ts";
import { ROW } from "../../../../src/search/scan/layout.ts";
import { createPoolTable } from "../../../../src/search/scan/poolTable.ts";
import type { PoolTable } from "../../../../src/search/scan/poolTable.ts";
import { createReferences } from "../../../../src/search/scan/references.ts";
import type { References } from "../../../../src/search/scan/references.ts";
import { nearDepthFloat } from "../../../../src/search/nearDepth.ts";
import { concentratedPool, integer, seeded, tickless, v2Pool } from "../../../support/searchMarkets.ts";

interface Link {
  readonly one: number;
  readonly other: number;
  readonly state: PoolState | null;
}

interface Scene {
  readonly table: PoolTable;
  readonly references: References;
  readonly drift: Drift;
}

/** Token 0 is native. */
function scene(tokens: number, links: readonly Link[]): Scene {
  const tokenIn = Int32Array.from(links.flatMap(({ one, other }) => [one, other]));
  const prices = new Float64Array(tokens);
  const layout = { edgeRates: new Float64Array(2 * links.length * ROW) };
  const table = createPoolTable(tokenIn, { layout, ladder: createLadder(1e16, 4), prices });
  for (const [pool, { state }] of links.entries()) table.set(pool, state);
  const references = createReferences(0, { curves: table.curves, tokenIn, prices });
  return { table, references, drift: createDrift(references) };
}

const token = { decimals: 18, price: 1 };
/** `depth` of each side; one of the first token buys `rate` of the second. */
const pool = (depth: number, rate: number): PoolState => v2Pool([token, token], depth, rate, 3000);

const taken = (drift: Drift): number[] => {
  const tokens: number[] = [];
  for (let at = drift.repriceNext(); at >= 0; at = drift.repriceNext()) tokens.push(at);
  return tokens;
};

test("a token is priced by its deepest way, not by the nearest or a dead pool", () => {
  const { references } = scene(4, [
    { one: 0, other: 1, state: pool(1e6, 2) },
    { one: 1, other: 2, state: pool(1e5, 10) },
    // Direct, but with dust in it.
    { one: 0, other: 2, state: pool(10, 1) },
    { one: 3, other: 2, state: pool(1e3, 4) },
  ]);
  const [native, one, two, three] = references.prices;
  expect(native).toBe(1);
  expect(one).toBeCloseTo(0.5, 12);
  expect(two).toBeCloseTo(0.05, 12);
  expect(three).toBeCloseTo(0.2, 12);
  expect(references.depths[3]).toBeCloseTo(1e3 * 1e18 * 4 * 0.05 * (1 - 1 / Math.sqrt(1.02)), -14);
});

test("depth and way of random markets: no way to native is deeper at its shallowest pool", () => {
  const random = seeded(61);
  for (let round = 0; round < 60; round++) {
    const tokens = integer(random, 3, 7);
    const links = Array.from({ length: integer(random, 3, 14) }, (): Link => {
      const one = integer(random, 0, tokens - 1);
      const other = (one + integer(random, 1, tokens - 1)) % tokens;
      const depth = 10 ** (random() * 6);
      const state =
        random() < 0.5
          ? pool(depth, 0.9 + 0.2 * random())
          : concentratedPool(random, [token, token], depth, 1);
      return { one, other, state: random() < 0.1 ? null : state };
    });
    const { references } = scene(tokens, links);
    const widest = new Map([[0, Infinity]]);
    // Bellman-Ford on bottlenecks, at the prices found.
    for (let pass = 0; pass < tokens; pass++)
      for (const { one, other, state } of links)
        for (const [from, to, zeroForOne] of [
          [one, other, false],
          [other, one, true],
        ] as const) {
          if (state === null) continue;
          const depth = nearDepthFloat(state, zeroForOne) * (references.prices[from] ?? 0);
          const wide = Math.min(widest.get(from) ?? 0, depth);
          if (wide > (widest.get(to) ?? 0)) widest.set(to, wide);
        }
    for (let id = 1; id < tokens; id++) {
      const depth = references.depths[id] ?? 0;
      expect(references.prices[id]).toBeGreaterThan(0);
      expect(Math.abs(depth - (widest.get(id) ?? 0))).toBeLessThanOrEqual(depth * 1e-9 + 1e-300);
    }
  }
});

test("tokens without a way have prices that fit each other", () => {
  const { references } = scene(5, [
    { one: 0, other: 1, state: null },
    { one: 2, other: 3, state: pool(100, 7) },
  ]);
  const { prices, depths } = references;
  expect((prices[2] ?? 0) / (prices[3] ?? 0)).toBeCloseTo(7, 12);
  expect([...depths.subarray(1)]).toEqual([0, 0, 0, 0]);
  expect(prices.every((price) => price > 0 && price < Infinity)).toBe(true);
});

test("a price that moved through its way is followed, a pool that is off by itself is not", () => {
  const { table, references, drift } = scene(3, [
    { one: 0, other: 1, state: pool(1e6, 1) },
    { one: 0, other: 1, state: pool(1e3, 1) },
    { one: 1, other: 2, state: pool(1e4, 1) },
  ]);
  table.set(1, pool(1e3, 1.3));
  drift.look(1);
  expect(taken(drift)).toEqual([]);
  table.set(0, pool(1e6, 1.04));
  drift.look(0);
  expect(taken(drift)).toEqual([]);
  table.set(0, pool(1e6, 1.25));
  drift.look(0);
  drift.look(0);
  expect(taken(drift)).toEqual([1]);
  expect(references.prices[1]).toBeCloseTo(0.8, 12);
  // What stands behind it follows when its own pool is seen.
  expect(references.prices[2]).toBeCloseTo(1, 12);
  drift.look(2);
  expect(taken(drift)).toEqual([2]);
  expect(references.prices[2]).toBeCloseTo(0.8, 12);
});

test("a way that is drained or lost is replaced, and a new pool gives a token its first", () => {
  const { table, references, drift } = scene(3, [
    { one: 0, other: 1, state: pool(1e6, 1) },
    { one: 0, other: 1, state: pool(1e5, 1.02) },
    { one: 1, other: 2, state: null },
  ]);
  expect(references.parents[1]).toBe(1);
  table.set(0, pool(10, 1));
  drift.look(0);
  expect(taken(drift)).toEqual([1]);
  expect(references.parents[1]).toBe(3);
  expect(references.prices[1]).toBeCloseTo(1 / 1.02, 12);
  table.set(2, pool(100, 5));
  drift.look(2);
  expect(taken(drift)).toEqual([2]);
  expect(references.prices[2]).toBeCloseTo(1 / 1.02 / 5, 12);
  table.set(1, null);
  drift.look(1);
  taken(drift);
  expect(references.parents[1]).toBe(1);
  // A token is never priced through itself.
  table.set(0, null);
  drift.look(0);
  expect(taken(drift)).toEqual([]);
  expect(references.depths[1]).toBe(0);
  expect(references.prices[1]).toBeGreaterThan(0);
});

test("pools known inside their interval only, and with one side empty, still give a price", () => {
  const random = seeded(62);
  const concentrated = concentratedPool(random, [token, token], 1e6, 1);
  const { references } = scene(2, [{ one: 0, other: 1, state: tickless(concentrated) }]);
  // Within the fee.
  expect(references.prices[1]).toBeCloseTo(1, 1);
});
