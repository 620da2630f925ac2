import { expect, test } from "vitest";
import { dislocated, drawRoutes, reservesOf } from "../../../bench/cases/brainRoutes.ts";
import { generatePreset } from "../../../bench/market/generate.ts";

const market = generatePreset("1k", 7);

test("routes are distinct cycles, and their words name their pools", () => {
  const routes = drawRoutes(market, 500, 3);
  expect(new Set(routes.map(({ said }) => JSON.stringify(said))).size).toBe(500);
  const pools = new Map(market.pools.map((pool) => [pool.address, pool]));
  for (const { said, hops } of routes) {
    expect(said.path[0]).toBe(said.path.at(-1));
    for (const [i, { pool, zeroForOne }] of hops.entries()) {
      const { token0, token1, dex } = pools.get(pool) ?? {};
      expect(said.path.slice(i, i + 2)).toEqual(zeroForOne ? [token0, token1] : [token1, token0]);
      expect(said.dexes[i]).toBe(dex);
      const same = market.pools.filter(
        (other) => other.token0 === token0 && other.token1 === token1 && other.dex === dex,
      );
      expect(same).toHaveLength(1);
    }
  }
});

test("the same seed draws the same routes, another one others, and all there are at most", () => {
  const [first] = drawRoutes(market, 1, 3);
  expect(drawRoutes(market, 1, 3)).toEqual([first]);
  expect(drawRoutes(market, 1, 4)).not.toEqual([first]);
  const all = drawRoutes(market, 1_000_000, 3);
  expect(all.length).toBeGreaterThan(5_000);
  expect(new Set(all.map(({ said }) => JSON.stringify(said))).size).toBe(all.length);
});

test("one pool in so many holds more of its token1, and Python is told of the states as they are", () => {
  const moved = dislocated(market, 100);
  const changed = moved.states.flatMap((state, i) => (state === market.states[i] ? [] : i));
  expect(changed).toEqual(Array.from({ length: 10 }, (_, i) => 100 * i));
  const [pool, state] = [market.pools[100], moved.states[100]];
  if (state?.kind !== "v2") throw new Error("a market of V2 pools");
  const reserves = [Number(state.reserve0), Number(state.reserve1), state.feePpm];
  expect(reservesOf(moved)[`${pool?.token0} ${pool?.token1} ${pool?.dex}`]).toEqual(reserves);
});
