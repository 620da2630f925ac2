import { expect, test } from "vitest";
import type { Address } from "../../../../src/chain/types.ts";
import { createSeedDesk } from "../../../../src/control/seed/seedDesk.ts";
import { nearDepthFloat } from "../../../../src/search/nearDepth.ts";
import { address } from "../../../support/marketFixture.ts";
import { mixedMarket } from "../../../support/mixedMarket.ts";
import { seeded } from "../../../support/searchMarkets.ts";
import { seedStage, tokenOf, type SeedStage } from "../../../support/seedMarket.ts";

const clock = { now: () => 0, monotonic: () => 0 };

function randomStage(seed: number, count: number, poolCount: number): SeedStage {
  const market = mixedMarket(seeded(seed), { tokens: count, pools: poolCount, bases: 3, spread: 0.01 });
  return seedStage({
    tokens: Array.from({ length: count }, (_, i) => tokenOf(address(0xa0 + i), `T${i}`)),
    dexes: ["quickswap_v2"],
    bases: market.bases,
    usd: [],
    entries: market.pools.map((pool) => ({ pool, state: market.view.stateOf(pool.address) })),
  });
}

/** What the thinnest hop is worth, by the plain definition. */
function worthOf(path: readonly string[], { ports }: SeedStage): number {
  const prices = ports.valuer();
  const hops = path.slice(1).map((to, i) => {
    const from = path[i];
    const depths = [...ports.market.pools.values()].flatMap(({ address: at, token0, token1 }) => {
      const state = ports.market.stateOf(at);
      const forwards = token0 === from && token1 === to;
      if ((!forwards && !(token0 === to && token1 === from)) || state === null) return [];
      const [out, back] = forwards ? [token1, token0] : [token0, token1];
      const rate = prices.rateFloat(out);
      return Number.isNaN(rate)
        ? nearDepthFloat(state, !forwards) * prices.rateFloat(back)
        : nearDepthFloat(state, forwards) * rate;
    });
    return Math.max(0, ...depths.filter((depth) => !Number.isNaN(depth)));
  });
  return Math.min(...hops);
}

/** All simple paths by looking everywhere. */
function allPaths(start: string, end: string, most: number, { ports }: SeedStage): string[][] {
  const pools = [...ports.market.pools.values()];
  const between = (one: string, other: string): number =>
    pools.filter(
      ({ token0, token1 }) => (token0 === one && token1 === other) || (token0 === other && token1 === one),
    ).length;
  const tokens = [...new Set<Address>(pools.flatMap(({ token0, token1 }) => [token0, token1]))];
  const found: string[][] = [];
  const extend = (path: string[]): void => {
    const at = path.at(-1) ?? "";
    for (const token of tokens) {
      if (path.length > most || between(at, token) === 0) continue;
      const thereAndBack = path.length === 2 && token === start;
      if (token === end && !(thereAndBack && between(at, token) < 2)) found.push([...path, token]);
      if (token !== end && !path.includes(token)) extend([...path, token]);
    }
  };
  extend([start]);
  return found;
}

test("all paths are found: the shortest first, then those whose thinnest hop is the most liquid", () => {
  for (const [seed, start, end] of [
    [1, 0, 3],
    [2, 4, 5],
    [3, 0, 0],
    [4, 6, 6],
  ] as const) {
    const stage = randomStage(seed, 9, 30);
    const desk = createSeedDesk(stage.ports, { clock });
    const ask = (limit: number) =>
      desk.getPaths({ start: `t${start}`, end: `T${end}`, max_hops: 4, limit }).paths;
    const paths = ask(1000);
    const expected = allPaths(address(0xa0 + start), address(0xa0 + end), 4, stage);
    expect(expected.length).toBeGreaterThan(8);
    expect(paths.map((path) => path.join()).toSorted()).toEqual(
      expected.map((path) => path.join()).toSorted(),
    );
    const ranks = paths.map((path) => [path.length, -worthOf(path, stage)] as const);
    const sorted = ranks.toSorted(([a, x], [b, y]) => a - b || x - y);
    expect(ranks).toEqual(sorted);
    // Cut short, it is the same list's head.
    for (const limit of [1, 3, 7]) {
      const worths = ask(limit).map((path) => [path.length, -worthOf(path, stage)]);
      expect(worths).toEqual(sorted.slice(0, limit));
    }
  }
});

test("what is unknown or not connected has no paths", () => {
  const desk = createSeedDesk(randomStage(1, 9, 22).ports, { clock });
  const paths = (start: string, end: string, maxHops = 3) =>
    desk.getPaths({ start, end, max_hops: maxHops, limit: 10 }).paths;
  expect(paths("T0", "DOGE")).toEqual([]);
  expect(paths(address(0x77), "T0")).toEqual([]);
  expect(paths("T0", "T0", 1)).toEqual([]);
});

test("a question over a crowded market ends, with as many as were asked for", () => {
  const stage = randomStage(9, 60, 1500);
  const desk = createSeedDesk(stage.ports, { clock });
  for (const end of ["T1", "T0"]) {
    const { paths } = desk.getPaths({ start: "T0", end, max_hops: 6, limit: 1000 });
    expect(paths).toHaveLength(1000);
    for (const path of paths) expect(new Set(path.slice(1)).size).toBe(path.length - 1);
  }
});
