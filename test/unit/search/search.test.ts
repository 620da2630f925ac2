import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import type { Address, Pool } from "../../../src/chain/types.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import type { StateView } from "../../../src/market/stateView.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { createSearch } from "../../../src/search/search.ts";
import type { Search, SearchOptions } from "../../../src/search/search.ts";
import { addressOf, poolOf, v2State } from "../../support/marketBlocks.ts";
import { pick, randomPools, seeded } from "../../support/searchMarkets.ts";

const [NATIVE, USD, GOLD] = [addressOf(0xa0), addressOf(0xa1), addressOf(0xa2)];
const ETHER = 10n ** 18n;

const viewOf = (states: ReadonlyMap<Address, PoolState>): StateView => ({
  stateOf: (pool) => states.get(pool) ?? null,
});

/** Two NATIVE/USD pools, and a triangle through GOLD; 1 NATIVE = 2 USD = 2 GOLD. */
function smallMarket() {
  const pools: Pool[] = [
    poolOf(1, NATIVE, USD),
    poolOf(2, NATIVE, USD),
    poolOf(3, USD, GOLD),
    poolOf(4, NATIVE, GOLD),
  ];
  const states = new Map<Address, PoolState>(
    pools.map(({ address, token0 }) => [
      address,
      v2State((token0 === USD ? 2000n : 1000n) * ETHER, 2000n * ETHER),
    ]),
  );
  return { pools, states, view: viewOf(states) };
}

function searchOver(pools: readonly Pool[], options: Partial<SearchOptions> = {}): Search {
  const search = createSearch({
    bases: [NATIVE, USD],
    maxHops: 3,
    wrappedNative: NATIVE,
    isTaxed: () => false,
    ...options,
  });
  search.addPools(pools);
  return search;
}

const idsOf = (opportunities: readonly Opportunity[]) => opportunities.map(({ cycle }) => cycle.id);

test("a market at one price pays nothing; a pool that moves opens the cycles through it", () => {
  const { pools, states, view } = smallMarket();
  const search = searchOver(pools);
  expect(search.cycleCount).toBe(6);
  expect(search.run({ view, changed: "all", atRest: true })).toEqual({
    opportunities: [],
    looked: 6,
    complete: true,
    unlisted: [],
  });
  states.set(addressOf(1), v2State(1000n * ETHER, 2060n * ETHER));
  const { opportunities, looked } = search.run({ view, changed: [addressOf(1)], atRest: true });
  expect(looked).toBe(4);
  expect(opportunities.map(({ cycle }) => cycle.hops.map(({ tokenOut }) => tokenOut))).toEqual([
    [USD, NATIVE],
    [USD, GOLD, NATIVE],
  ]);
  const [best] = opportunities;
  expect(best?.marginal).toBeCloseTo(1.03 * 0.997 ** 2, 9);
  expect(best).toMatchObject({ verdict: "ok", profit: (best?.amountOut ?? 0n) - (best?.amountIn ?? 0n) });
  expect(best?.profitNativeFloat).toBe(Number(best?.profit));
});

test("only cycles through changed pools are looked at", () => {
  const { pools, states, view } = smallMarket();
  const search = searchOver(pools);
  states.set(addressOf(1), v2State(1000n * ETHER, 2060n * ETHER));
  const untouched = search.run({ view, changed: [], atRest: true });
  expect(untouched).toEqual({ opportunities: [], looked: 0, complete: true, unlisted: [] });
  const { opportunities } = search.run({ view, changed: [addressOf(3)], atRest: true });
  expect(opportunities.map(({ hops }) => hops.length)).toEqual([3]);
});

test("random markets: touched answers put together are the whole answer, in one order", () => {
  const random = seeded(31);
  const pools = randomPools(random, 6, 18);
  const states = new Map<Address, PoolState>();
  const move = (pool: Address) => {
    const depth = 1_000_000 * (1 + random());
    const fee = pick(random, [3000, 500]);
    states.set(
      pool,
      v2State(BigInt(Math.round(depth)), BigInt(Math.round(depth * (1 + random() / 50))), fee),
    );
  };
  for (const { address } of pools) move(address);
  const view = viewOf(states);
  const options = { bases: [NATIVE], maxHops: 4 };
  const search = searchOver(pools, options);
  const open = new Map<string, Opportunity>();
  let changed: Address[] = pools.map(({ address }) => address);
  for (let block = 0; block < 30; block++) {
    for (const [id, { hops }] of open) if (hops.some(({ pool }) => changed.includes(pool))) open.delete(id);
    for (const found of search.run({ view, changed, atRest: false }).opportunities)
      open.set(found.cycle.id, found);
    const whole = searchOver(pools, options).run({ view, changed: "all", atRest: false }).opportunities;
    expect(new Set(idsOf(whole)).size).toBe(whole.length);
    expect(open).toEqual(new Map(whole.map((opportunity) => [opportunity.cycle.id, opportunity])));
    const best = searchOver(pools, options).run({ view, changed: "all", atRest: false, limit: 3 });
    expect(best.opportunities).toEqual(whole.slice(0, 3));
    const profits = whole.map(({ profit }) => profit);
    expect(profits).toEqual(profits.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
    changed = pools.filter(() => random() < 0.15).map(({ address }) => address);
    for (const pool of changed) move(pool);
  }
});

test("a what-if view leaves no trace in the next answer", () => {
  const { pools, view } = smallMarket();
  const search = searchOver(pools);
  const overlay = createOverlay(view);
  overlay.set(addressOf(2), v2State(1000n * ETHER, 1900n * ETHER));
  const changed = [addressOf(2)];
  expect(search.run({ view: overlay, changed, atRest: false }).opportunities).toHaveLength(2);
  expect(search.run({ view, changed: "all", atRest: true }).opportunities).toEqual([]);
});

test("taxed tokens and margins too wide for a market at rest are shown, and not ok", () => {
  const { pools, states, view } = smallMarket();
  states.set(addressOf(1), v2State(1000n * ETHER, 2200n * ETHER));
  const search = searchOver(pools, { isTaxed: (token) => token === GOLD });
  const verdicts = (atRest: boolean) =>
    search
      .run({ view, changed: "all", atRest })
      .opportunities.map(({ hops, verdict }) => [hops.length, verdict]);
  expect(verdicts(true)).toEqual([
    [2, "suspect:marginal"],
    [3, "suspect:taxed"],
  ]);
  expect(verdicts(false)).toEqual([
    [2, "ok"],
    [3, "suspect:taxed"],
  ]);
});

test("when time runs out the answer is what was found, the dearest first", () => {
  const { pools, states, view } = smallMarket();
  const search = searchOver(pools);
  states.set(addressOf(1), v2State(1000n * ETHER, 2060n * ETHER));
  const whole = search.run({ view, changed: "all", atRest: true }).opportunities;
  let looks = 0;
  const cut = search.run({ view, changed: "all", atRest: true, expired: () => ++looks > 3 });
  expect(cut).toEqual({ opportunities: whole.slice(0, 1), looked: 6, complete: false, unlisted: [] });
  const none = search.run({ view, changed: "all", atRest: true, expired: () => true });
  expect(none).toEqual({ opportunities: [], looked: 6, complete: false, unlisted: [] });
  const limited = search.run({ view, changed: "all", atRest: true, limit: 1 });
  expect(limited).toEqual({
    opportunities: whole.slice(0, 1),
    looked: 6,
    complete: true,
    unlisted: pools.map(({ address }) => address),
  });
});

test("bases of unequal price are ranked by their value in native", () => {
  const [low, high] = [addressOf(0xb0), addressOf(0xb1)];
  const pools = [
    poolOf(1, NATIVE, USD),
    poolOf(2, USD, low),
    poolOf(3, USD, low),
    poolOf(4, NATIVE, high),
    poolOf(5, NATIVE, high),
  ];
  const states = new Map<Address, PoolState>([
    [addressOf(1), v2State(1000n * ETHER, 2000n * 10n ** 6n)],
    [addressOf(2), v2State(2000n * 10n ** 6n, 1000n)],
    [addressOf(3), v2State(2200n * 10n ** 6n, 1000n)],
    [addressOf(4), v2State(1000n * ETHER, 1000n * ETHER)],
    [addressOf(5), v2State(1000n * ETHER, 1010n * ETHER)],
  ]);
  const bases = searchOver(pools)
    .run({ view: viewOf(states), changed: "all", atRest: false })
    .opportunities.map(({ cycle, profit }) => [cycle.base, profit > ETHER / 1000n]);
  expect(bases).toEqual([
    [USD, false],
    [NATIVE, true],
  ]);
});

test("pools are added once, and gone with all their cycles when removed", () => {
  const { pools } = smallMarket();
  const search = searchOver(pools);
  search.addPools(pools);
  expect(search.cycleCount).toBe(6);
  search.removePools([addressOf(2), addressOf(77)]);
  expect(search.cycleCount).toBe(2);
  search.addPools(pools);
  expect(search.cycleCount).toBe(6);
});

test("a pool without a state takes part in nothing until it has one", () => {
  const { pools, states, view } = smallMarket();
  states.delete(addressOf(1));
  const search = searchOver(pools);
  expect(search.run({ view, changed: "all", atRest: true }).opportunities).toEqual([]);
  states.set(addressOf(1), v2State(1000n * ETHER, 2060n * ETHER));
  expect(search.run({ view, changed: [addressOf(1)], atRest: true }).opportunities).toHaveLength(2);
});
