import { expect, test } from "vitest";
import { createBellmanFord } from "../../../../bench/references/bellmanFord.ts";
import type { Pool } from "../../../../src/chain/types.ts";
import { listCycles } from "../../../../src/search/cycles.ts";
import { buildGraph } from "../../../../src/search/graph.ts";
import { addressOf, poolOf } from "../../../support/marketBlocks.ts";
import { randomPools, seeded } from "../../../support/searchMarkets.ts";

const TOKENS = Array.from({ length: 7 }, (_, i) => addressOf(0xa0 + i));

/** Largest product over all simple cycles, by the plain enumeration. */
function bestProduct(pools: readonly Pool[], rates: readonly number[]): number {
  const { edges, stride, count } = listCycles(buildGraph(pools), { bases: TOKENS, maxHops: TOKENS.length });
  let best = 0;
  for (let cycle = 0; cycle < count; cycle++) {
    const hops = [...edges.subarray(cycle * stride, (cycle + 1) * stride)].filter((edge) => edge >= 0);
    best = Math.max(
      best,
      hops.reduce((product, edge) => product * (rates[edge] ?? 0), 1),
    );
  }
  return best;
}

test("a planted cycle is found among pools that lose", () => {
  const ring = TOKENS.map((token, i) => poolOf(1 + i, token, TOKENS[(i + 1) % TOKENS.length]));
  const spokes = TOKENS.slice(2).map((token, i) => poolOf(50 + i, TOKENS[0], token));
  const bellmanFord = createBellmanFord([...ring, ...spokes]);
  for (const [i] of [...ring, ...spokes].entries()) bellmanFord.setRates(i, 0.99, 0.99);
  expect(bellmanFord.find()).toBeNull();
  // Against the ring's direction from token 5 to 4 to 3; the way back is pool 3 → 0 → 5 by the spokes.
  bellmanFord.setRates(4, 0.2, 1.06);
  const found = bellmanFord.find();
  expect(found?.productFloat).toBeGreaterThan(1);
  expect(found?.edges).toContain(2 * 4 + 1);
  bellmanFord.setRates(4, 0.99, 0.99);
  expect(bellmanFord.find()).toBeNull();
});

test("it finds a cycle exactly where the enumeration knows one, and a true one", () => {
  const random = seeded(17);
  const seen = { found: 0, none: 0 };
  for (let market = 0; market < 60; market++) {
    const pools = randomPools(random, TOKENS.length, 14);
    const worth = TOKENS.map(() => 10 ** (4 * random() - 2));
    const rates = pools.flatMap(({ token0, token1 }) => {
      const price =
        ((worth[TOKENS.indexOf(token0)] ?? 1) / (worth[TOKENS.indexOf(token1)] ?? 1)) *
        (1 + random() * 0.007);
      return [price * 0.997, 0.997 / price];
    });
    const bellmanFord = createBellmanFord(pools);
    for (const [i] of pools.entries()) bellmanFord.setRates(i, rates[2 * i] ?? 0, rates[2 * i + 1] ?? 0);
    const found = bellmanFord.find();
    expect(found !== null).toBe(bestProduct(pools, rates) > 1);
    seen[found === null ? "none" : "found"]++;
    if (found === null) continue;
    const ends = found.edges.map((edge) => {
      const { token0, token1 } = pools[edge >> 1] ?? poolOf(0);
      return edge % 2 === 0 ? [token0, token1] : [token1, token0];
    });
    for (const [i, [from]] of ends.entries()) expect(from).toBe(ends.at(i - 1)?.[1]);
    expect(new Set(ends.map(([from]) => from)).size).toBe(ends.length);
  }
  expect(seen.found).toBeGreaterThan(10);
  expect(seen.none).toBeGreaterThan(10);
});
