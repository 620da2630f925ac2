import { expect, test } from "vitest";
import type { Address } from "../../../src/chain/types.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { createScanSearch } from "../../../src/search/scanSearch.ts";
import { createSearch } from "../../../src/search/search.ts";
import type { RouteHint, Search, SearchRequest } from "../../../src/search/search.ts";
import { addressOf, poolOf, v2State } from "../../support/marketBlocks.ts";
import { mixedMarket } from "../../support/mixedMarket.ts";
import { integer, seeded } from "../../support/searchMarkets.ts";

const MIN_PROFIT = 10n ** 17n;
const SETUP = { tokens: 8, pools: 32, bases: 3, spread: 0.004 };

/** A market, the search of it with all states in, and what makes others like it. */
function scene(seed: number, setup: Partial<typeof SETUP> = {}) {
  const random = seeded(seed);
  const market = mixedMarket(random, { ...SETUP, ...setup });
  const [wrappedNative = "0x"] = market.bases;
  const options = { bases: market.bases, maxHops: 4, wrappedNative, isTaxed: () => false };
  const create = (): Search => {
    const search = createScanSearch({ ...options, minProfit: MIN_PROFIT });
    search.addPools(market.pools);
    search.run({ view: market.view, changed: "all", atRest: true });
    return search;
  };
  const plain = createSearch(options);
  plain.addPools(market.pools);
  return { random, market, create, plain, search: create() };
}

const idsOf = (opportunities: readonly Opportunity[]) => opportunities.map(({ cycle }) => cycle.id);

/** An answer without what only tells how it was found. */
const essence = (search: Search, request: SearchRequest) => {
  const { opportunities, complete, unlisted } = search.run(request);
  return { opportunities, complete, unlisted };
};

test("what was only imagined is gone with the next search, whoever asks and for what", () => {
  const { random, market, create, search } = scene(1);
  const other = mixedMarket(seeded(2), SETUP);
  let found = 0;
  for (let block = 0; block < 40; block++) {
    const changed = market.move(integer(random, 1, 3));
    const request = { view: market.view, changed, atRest: true };
    const answer = essence(search, request);
    expect(answer).toEqual(essence(create(), request));
    found += answer.opportunities.length;
    // Some pools of another market, in one or more steps.
    const overlay = createOverlay(market.view);
    for (let steps = integer(random, 1, 3); steps > 0; steps--) {
      for (let i = 0; i < 3; i++) {
        const pool = market.pools[integer(random, 0, market.pools.length - 1)]?.address ?? "0x";
        const state = other.view.stateOf(pool);
        if (state !== null) overlay.set(pool, state);
      }
      search.run({ view: overlay, changed: overlay.changed, atRest: true, whatIf: true });
    }
  }
  expect(found).toBeGreaterThan(40);
});

test("an imagined state is searched as well as a real one, at the prices of the last real one", () => {
  const { random, market, plain, search } = scene(3);
  let found = 0;
  for (let block = 0; block < 20; block++) {
    const overlay = createOverlay(market.view);
    const before = new Map(market.pools.map(({ address }) => [address, market.view.stateOf(address)]));
    for (const pool of market.move(integer(random, 1, 3))) {
      const state = market.view.stateOf(pool);
      if (state !== null) overlay.set(pool, state);
    }
    const base = createOverlay({ stateOf: (pool) => before.get(pool) ?? null });
    for (const pool of overlay.changed) {
      const state = overlay.stateOf(pool);
      if (state !== null) base.set(pool, state);
    }
    const { opportunities } = search.run({
      view: base,
      changed: base.changed,
      atRest: true,
      whatIf: true,
      limit: 64,
    });
    const all = plain.run({ view: base, changed: base.changed, atRest: true }).opportunities;
    const sure = all.filter(({ profitNativeFloat }) => profitNativeFloat > Number(MIN_PROFIT) * 1.01);
    const ids = new Set(idsOf(opportunities));
    expect(idsOf(sure.slice(0, 64)).filter((id) => !ids.has(id))).toEqual([]);
    found += sure.length;
    search.run({ view: market.view, changed: overlay.changed, atRest: true });
  }
  expect(found).toBeGreaterThan(20);
});

test("a search that is broken off leaves nothing behind", () => {
  const { random, market, create, search } = scene(4);
  const other = mixedMarket(seeded(5), SETUP);
  const breakOff = (request: SearchRequest): void => {
    let left = integer(random, 0, 5);
    const view = {
      stateOf: (pool: Address) => {
        if (left-- <= 0) throw new Error("broken off");
        return request.view.stateOf(pool);
      },
    };
    expect(() => search.run({ ...request, view })).toThrow("broken off");
  };
  for (let block = 0; block < 20; block++) {
    const overlay = createOverlay(market.view);
    for (const { address } of market.pools) {
      const state = other.view.stateOf(address);
      if (state !== null && random() < 0.5) overlay.set(address, state);
    }
    breakOff({ view: overlay, changed: overlay.changed, atRest: true, whatIf: true });
    const changed = market.move(3);
    const request = { view: market.view, changed, atRest: true };
    if (block % 2 === 0) breakOff({ ...request, changed: market.pools.map(({ address }) => address) });
    expect(essence(search, request)).toEqual(essence(create(), request));
  }
});

test("the list ends at the limit once it is enough; what is cut off is found through the pools that it names", () => {
  const { random, market, search } = scene(5, { spread: 0.006 });
  let cuts = 0;
  for (let block = 0; block < 20; block++) {
    const changed = market.move(integer(random, 2, 4));
    const request = { view: market.view, changed, atRest: true };
    const whole = search.run(request);
    if (whole.unlisted.length > 0) continue;
    const { opportunities, unlisted, complete } = search.run({ ...request, limit: 2 });
    expect(complete).toBe(true);
    expect(idsOf(opportunities).slice(0, 2)).toEqual(idsOf(whole.opportunities).slice(0, 2));
    const missing = whole.opportunities.slice(opportunities.length);
    const through = search.run({ view: market.view, changed: unlisted, atRest: true });
    if (missing.length === 0 || through.unlisted.length > 0) continue;
    cuts++;
    expect(idsOf(through.opportunities)).toEqual(expect.arrayContaining(idsOf(missing)));
    const asked: number[] = [];
    const enough = (found: readonly Opportunity[]): boolean => {
      asked.push(found.length);
      return found.length >= 5;
    };
    const longer = search.run({ ...request, limit: 2, enough });
    expect(longer.opportunities.length).toBeGreaterThanOrEqual(Math.min(5, whole.opportunities.length));
    expect(asked[0]).toBeGreaterThanOrEqual(2);
  }
  expect(cuts).toBeGreaterThan(5);
});

const outOfTime = () => true;
const hintOf = ({ hops }: Opportunity): RouteHint =>
  hops.map(({ pool, zeroForOne }) => ({ pool, zeroForOne }));

test("a hinted cycle is in the answer however little time there is", () => {
  const { random, market, search } = scene(6, { spread: 0.01 });
  let late = 0;
  for (let block = 0; block < 30; block++) {
    const changed = market.move(integer(random, 2, 4));
    const request = { view: market.view, changed, atRest: true };
    const all = search.run(request).opportunities;
    const hinted = all[Math.floor(all.length / 2)];
    if (hinted === undefined) continue;
    const without = search.run({ ...request, expired: outOfTime }).opportunities;
    const hints = [hintOf(hinted)];
    const { opportunities, complete } = search.run({ ...request, expired: outOfTime, hints });
    expect(complete).toBe(false);
    // Only the best of what was found is sized when time is out.
    expect(opportunities[0]?.profitNativeFloat).toBeGreaterThanOrEqual(hinted.profitNativeFloat * 0.999);
    if (idsOf(without)[0] !== hinted.cycle.id && idsOf(opportunities)[0] === hinted.cycle.id) late++;
    expect(search.run({ ...request, hints }).opportunities).toEqual(all);
  }
  expect(late).toBeGreaterThan(3);
});

test("hints that are no cycles of the request are passed over, and a turned one is the cycle that it is", () => {
  const { random, market, search } = scene(7, { spread: 0.01 });
  let squares = 0;
  for (let block = 0; block < 30; block++) {
    const changed = market.move(integer(random, 2, 4));
    const request = { view: market.view, changed, atRest: true };
    const all = essence(search, request);
    const square = all.opportunities.find(({ hops }) => hops.length === 4);
    const hint = square === undefined ? [] : hintOf(square);
    const [first, second, third, last] = hint;
    if (first === undefined || second === undefined || third === undefined || last === undefined) continue;
    const rest = [third, last];
    squares++;
    const unknown: Address = "0x00000000000000000000000000000000000000ff";
    const bad: readonly RouteHint[] = [
      [],
      [first],
      [first, first],
      [first, { ...first, zeroForOne: !first.zeroForOne }],
      [first, { ...second, zeroForOne: !second.zeroForOne }, ...rest],
      [{ ...first, pool: unknown }, second, ...rest],
      [first, third, second, last],
      [...hint, ...hint],
      market.pools.slice(0, 9).map(({ address }) => ({ pool: address, zeroForOne: true })),
    ];
    const turned: RouteHint = [second, ...rest, first];
    expect(essence(search, { ...request, hints: [...bad, turned] })).toEqual(all);
    // Through no changed pool: it stands as it was.
    const still = search.run({ view: market.view, changed: [], atRest: true, hints: [hint] });
    expect(still.opportunities).toEqual([]);
  }
  expect(squares).toBeGreaterThan(5);
});

test("a pool that takes the place of one that left is the one that cycles name", () => {
  const [native, other] = [addressOf(0xa0), addressOf(0xa1)];
  const [low, high] = [v2State(10n ** 24n, 10n ** 24n, 3000), v2State(10n ** 24n, 11n * 10n ** 23n, 3000)];
  const fillers = Array.from({ length: 16 }, (_, i) => poolOf(0x100 + i, native, addressOf(0x200 + i)));
  const [stays, leaves, joins] = [1, 2, 3].map((id) => poolOf(id, native, other));
  if (!stays || !leaves || !joins) throw new Error("three pools");
  const states = new Map([stays, leaves, joins].map(({ address }, i) => [address, i === 0 ? low : high]));
  const view = { stateOf: (pool: Address) => states.get(pool) ?? null };
  const search = createScanSearch({
    bases: [native],
    wrappedNative: native,
    maxHops: 4,
    isTaxed: () => false,
    minProfit: MIN_PROFIT,
  });
  search.addPools([stays, leaves, ...fillers]);
  const poolsOf = (changed: readonly Address[] | "all") =>
    search.run({ view, changed, atRest: true }).opportunities.map(({ hops }) => hops.map(({ pool }) => pool));
  expect(poolsOf("all").map((pools) => pools.toSorted())).toEqual([[stays.address, leaves.address]]);
  search.removePools([leaves.address]);
  expect(poolsOf("all")).toEqual([]);
  search.addPools([joins]);
  expect(poolsOf([joins.address]).map((pools) => pools.toSorted())).toEqual([[stays.address, joins.address]]);
});
