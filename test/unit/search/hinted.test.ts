import { expect, test } from "vitest";
import type { Address, Pool } from "../../../src/chain/types.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import type { StateView } from "../../../src/market/stateView.ts";
import { createNamedCycles } from "../../../src/search/hinted.ts";
import type { NamedCycles, NamedRequest } from "../../../src/search/hinted.ts";
import { amountsAlong, createLeg } from "../../../src/search/leg.ts";
import type { Leg } from "../../../src/search/leg.ts";
import { createNamedTable } from "../../../src/search/namedTable.ts";
import type { NamedCycle, NamedTable } from "../../../src/search/namedTable.ts";
import type { RouteHint } from "../../../src/search/search.ts";
import { addressOf } from "../../support/marketBlocks.ts";
import { mixedMarket } from "../../support/mixedMarket.ts";
import { bestByLooking, integer, seeded, unitsAlong } from "../../support/searchMarkets.ts";

const NATIVE = addressOf(0xa0);
const BASE = addressOf(0xa1);
const OPTIONS = { bases: [BASE], wrappedNative: NATIVE, maxHops: 4, isTaxed: () => false };

const otherOf = (pool: Pool, token: Address) => (pool.token0 === token ? pool.token1 : pool.token0);

/** Random simple cycles of 2 to 6 hops, each once. */
function randomRoutes(random: () => number, pools: readonly Pool[], count: number): readonly RouteHint[] {
  const routes = new Map<string, RouteHint>();
  for (let trial = 0; trial < 200 * count && routes.size < count; trial++) {
    const start = pools[integer(random, 0, pools.length - 1)]?.token0 ?? NATIVE;
    const length = integer(random, 2, 6);
    const hops: { pool: Address; zeroForOne: boolean }[] = [];
    const tokens = new Set<Address>();
    let token = start;
    for (let hop = 0; hop < length; hop++) {
      tokens.add(token);
      const ways = pools.filter((pool) => {
        if (pool.token0 !== token && pool.token1 !== token) return false;
        if (hops.some((crossed) => crossed.pool === pool.address)) return false;
        const next = otherOf(pool, token);
        return hop === length - 1 ? next === start : !tokens.has(next);
      });
      const way = ways[integer(random, 0, Math.max(0, ways.length - 1))];
      if (way === undefined) break;
      hops.push({ pool: way.address, zeroForOne: way.token0 === token });
      token = otherOf(way, token);
    }
    if (hops.length === length) routes.set(hops.map(({ pool }) => pool).join(), hops);
  }
  return [...routes.values()];
}

const request = (view: StateView, changes: Partial<NamedRequest> = {}): NamedRequest => ({
  view,
  through: null,
  prices: { rateFloat: () => NaN },
  leastFloat: null,
  limit: 1000,
  ...changes,
});

function tableOf(named: NamedCycles, routes: readonly RouteHint[]): NamedTable {
  const table = createNamedTable();
  for (const route of routes) table.add(cycleOf(named, route));
  return table;
}

function cycleOf(named: NamedCycles, route: RouteHint): NamedCycle {
  const cycle = named.named(route);
  if (typeof cycle === "string") throw new Error(cycle);
  return cycle;
}

const legsOf = (hops: RouteHint, view: StateView): readonly Leg[] =>
  hops.flatMap(({ pool, zeroForOne }) => {
    const state = view.stateOf(pool);
    return state === null ? [] : [createLeg(state, zeroForOne)];
  });

test("every cycle is sized as well as a long search by exact trials does, and none that pays is passed over", () => {
  const random = seeded(61);
  const market = mixedMarket(random, { tokens: 10, pools: 40, bases: 2, spread: 0.02 });
  const named = createNamedCycles(OPTIONS);
  named.load(market.pools);
  const routes = randomRoutes(random, market.pools, 120);
  const table = tableOf(named, routes);
  const { opportunities } = named.price(table, request(market.view));
  const found = new Map(opportunities.map((one) => [named.keyOf(one.cycle.hops), one]));
  const lengths = new Set<number>();
  for (const { key, outcome } of table.cycles) expect(outcome).toBe(found.has(key) ? "listed" : "no_profit");
  for (const route of routes) {
    const cycle = cycleOf(named, route);
    const start = cycle.edges[0] ?? -1;
    const first = route.findIndex(({ pool }) => pool === market.pools[start >> 1]?.address);
    const legs = legsOf([...route.slice(first), ...route.slice(0, first)], market.view);
    const best = bestByLooking(legs);
    const ours = found.get(cycle.key);
    const profit = ours?.profit ?? 0n;
    const near = profit * 1_000_000n >= best.profit * 999_999n;
    expect(profit).toBeGreaterThanOrEqual(near ? 0n : best.profit - unitsAlong(legs, best.input));
    if (ours === undefined) continue;
    lengths.add(legs.length);
    expect([ours.amountIn, ...ours.hops.map(({ amountOut }) => amountOut)]).toEqual(
      amountsAlong(legs, ours.amountIn),
    );
    expect(ours.profit).toBe(ours.amountOut - ours.amountIn);
  }
  expect(found.size).toBeGreaterThan(20);
  expect([...lengths].toSorted((a, b) => a - b)).toEqual([2, 3, 4, 5, 6]);
});

test("what is remembered of pools that stand still is what they give: blocks in a row as each one afresh", () => {
  const random = seeded(62);
  const market = mixedMarket(random, { tokens: 10, pools: 40, bases: 2, spread: 0.02 });
  const named = createNamedCycles(OPTIONS);
  named.load(market.pools);
  const routes = randomRoutes(random, market.pools, 80);
  const table = tableOf(named, routes);
  let kept = 0;
  for (let block = 0; block < 12; block++) {
    market.move(3);
    // What is imagined in between changes nothing.
    const overlay = createOverlay(market.view);
    const [pool, twin] = [market.pools[block], market.pools[block + 1]].map((one) => one?.address ?? "0x");
    const state = market.view.stateOf(pool ?? "0x");
    if (pool !== undefined && twin !== undefined && state !== null) overlay.set(pool, state);
    named.price(table, request(overlay, { through: overlay.changed }));
    const answer = named.price(table, request(market.view));
    kept += answer.opportunities.length - answer.fresh.length;
    const afresh = createNamedCycles(OPTIONS);
    afresh.load(market.pools);
    const expected = afresh.price(tableOf(afresh, routes), request(market.view));
    expect(answer.opportunities).toEqual(expected.opportunities);
  }
  expect(kept).toBeGreaterThan(50);
});

test("of an imagined state only the cycles through the named pools are priced", () => {
  const random = seeded(63);
  const market = mixedMarket(random, { tokens: 10, pools: 40, bases: 2, spread: 0.02 });
  const named = createNamedCycles(OPTIONS);
  named.load(market.pools);
  const table = tableOf(named, randomRoutes(random, market.pools, 80));
  const all = named.price(table, request(market.view)).opportunities;
  let some = 0;
  for (const { address: pool } of market.pools) {
    const { opportunities } = named.price(table, request(market.view, { through: [pool] }));
    const through = all.filter(({ hops }) => hops.some((hop) => hop.pool === pool));
    expect(opportunities.map(({ cycle }) => cycle.id)).toEqual(through.map(({ cycle }) => cycle.id));
    some += through.length;
  }
  expect(some).toBeGreaterThan(50);
});

test("where there is no room for all, the better score has its turn first, then who has waited longest", () => {
  const random = seeded(64);
  const market = mixedMarket(random, { tokens: 12, pools: 70, bases: 2, spread: 0.05 });
  const routes = randomRoutes(random, market.pools, 400);
  const [unbounded, bounded] = [0, 1].map(() => {
    const named = createNamedCycles(OPTIONS);
    named.load(market.pools);
    const table = tableOf(named, routes);
    return { table, price: (limit: number) => named.price(table, request(market.view, { limit })) };
  });
  unbounded?.price(1000);
  const last = unbounded?.table.cycles.findLastIndex(({ outcome }) => outcome === "listed") ?? -1;
  const favourite = bounded?.table.cycles[last];
  if (bounded === undefined || favourite === undefined) throw new Error("none pays");
  favourite.scoreFloat = 1;
  bounded.price(1);
  expect(favourite.outcome).not.toBe("unseen");
  const unseen = () => bounded.table.cycles.filter(({ outcome }) => outcome === "unseen").length;
  expect(unseen()).toBeGreaterThan(0);
  for (let look = 0; look < 30; look++) bounded.price(1);
  expect(unseen()).toBe(0);
});

/** A pool between two tokens by number. */
const pool = (n: number, low: number, high: number): Pool => ({
  address: addressOf(n),
  kind: "v2",
  dex: "dex",
  token0: addressOf(0xa0 + low),
  token1: addressOf(0xa0 + high),
});

/** Pools by number; below zero from token1 to token0. */
const via = (...hops: readonly number[]): RouteHint =>
  hops.map((hop) => ({ pool: addressOf(Math.abs(hop)), zeroForOne: hop > 0 }));

test("a route is a simple cycle over known pools, or not taken", () => {
  const named = createNamedCycles(OPTIONS);
  named.load([pool(1, 2, 3), pool(2, 3, 4), pool(3, 2, 4), pool(4, 2, 3), pool(5, 1, 3), pool(6, 1, 2)]);
  const edgesOf = (route: RouteHint) => {
    const cycle = named.named(route);
    return typeof cycle === "string" ? cycle : cycle.edges;
  };
  expect(edgesOf(via(1, 2, -3))).toEqual([0, 2, 5]);
  expect(edgesOf(via(1, -4))).toEqual([0, 7]);
  expect(edgesOf(via(1, -1))).toBe("not_a_cycle");
  expect(edgesOf(via(1, 2))).toBe("not_a_cycle");
  expect(edgesOf(via(1, -2, -3))).toBe("not_a_cycle");
  expect(edgesOf(via(1))).toBe("not_a_cycle");
  // A token twice: two small cycles in a row.
  expect(edgesOf(via(1, -4, 1, -4))).toBe("not_a_cycle");
  expect(edgesOf(via(6, 1, -5, 5, -4, -6))).toBe("not_a_cycle");
  expect(edgesOf(via(1, 9))).toBe("unknown_pool");
  // It starts at a base, if it has one, so that what it earns has a price; its name is the same from everywhere.
  expect(edgesOf(via(1, -5, 6))).toEqual(edgesOf(via(6, 1, -5)));
  expect(named.keyOf(via(2, -3, 1))).toBe(named.keyOf(via(1, 2, -3)));
  expect(named.keyOf(via(2, -3, 1))).not.toBe(named.keyOf(via(3, -2, -1)));
});
