import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import { swap } from "../../../src/amm/swap.ts";
import type { Address } from "../../../src/chain/types.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import type { StateView } from "../../../src/market/stateView.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { selectPlan } from "../../../src/search/plan.ts";
import type { PlanOptions } from "../../../src/search/plan.ts";
import { createSearch } from "../../../src/search/search.ts";
import type { Search } from "../../../src/search/search.ts";
import { addressOf, v2State } from "../../support/marketBlocks.ts";
import { randomPools, seeded } from "../../support/searchMarkets.ts";

const MIN_PROFIT = 10n ** 12n;
const BASE = addressOf(0xa0);

interface Market {
  readonly view: StateView;
  readonly search: Search;
  readonly opportunities: readonly Opportunity[];
}

/** A random market in which many cycles share pools, and what pays in it. */
function market(seed: number): Market {
  const random = seeded(seed);
  const pools = randomPools(random, 5, 14);
  const states = new Map<Address, PoolState>(
    pools.map(({ address }) => [
      address,
      v2State(10n ** 18n, 10n ** 18n + BigInt(Math.round(random() * 8e16))),
    ]),
  );
  const view: StateView = { stateOf: (pool) => states.get(pool) ?? null };
  const search = createSearch({ bases: [BASE], maxHops: 4, wrappedNative: BASE, isTaxed: () => false });
  search.addPools(pools);
  return { view, search, opportunities: search.run({ view, changed: "all", atRest: true }).opportunities };
}

const optionsFor = ({ search }: Market, options: Partial<PlanOptions> = {}): PlanOptions => ({
  maxCycles: 4,
  worth: ({ profit }) => (profit >= MIN_PROFIT ? profit : null),
  further: (view, changed) => search.run({ view, changed, atRest: true }),
  ...options,
});

const idsOf = (opportunities: readonly Opportunity[]) => opportunities.map(({ cycle }) => cycle.id);

/** The view after these have been executed one after the other, and what each really earned. */
function execute(view: StateView, chosen: readonly Opportunity[]) {
  const overlay = createOverlay(view);
  const profits = chosen.map(({ hops, amountIn }) => {
    let amount = amountIn;
    for (const { pool, zeroForOne } of hops) {
      const state = overlay.stateOf(pool);
      const result = state && swap(state, { zeroForOne, amountIn: amount });
      if (!result?.ok) throw new Error(`${pool} refused`);
      overlay.set(pool, result.swap.after);
      amount = result.swap.amountOut;
    }
    return amount - amountIn;
  });
  return { profits, view: overlay };
}

test("random markets: each chosen cycle is the best of all others after those before it, and earns what it says", () => {
  let [several, found, resized] = [0, 0, 0];
  for (let seed = 1; seed <= 20; seed++) {
    const place = market(seed);
    const { view, search, opportunities } = place;
    const { chosen, dropped } = selectPlan(opportunities, view, optionsFor(place));
    expect(execute(view, chosen).profits).toEqual(chosen.map(({ profit }) => profit));
    for (const [i, { profit }] of chosen.entries()) {
      const now = execute(view, chosen.slice(0, i)).view;
      const before = idsOf(chosen.slice(0, i));
      const best = search
        .run({ view: now, changed: "all", atRest: true })
        .opportunities.find(({ cycle }) => !before.includes(cycle.id));
      expect(profit).toBe(best?.profit);
      expect(profit).toBeGreaterThanOrEqual(MIN_PROFIT);
    }
    const left = search
      .run({ view: execute(view, chosen).view, changed: "all", atRest: true })
      .opportunities.filter(({ cycle }) => !idsOf(chosen).includes(cycle.id));
    expect(chosen.length === 4 || (left[0]?.profit ?? 0n) < MIN_PROFIT).toBe(true);
    const ids = idsOf(chosen);
    expect(new Set(ids).size).toBe(ids.length);
    const given = new Set(idsOf(opportunities));
    const told = [
      ...ids.filter((id) => given.has(id)),
      ...dropped.map(({ opportunity }) => opportunity.cycle.id),
    ];
    expect(told.toSorted()).toEqual([...given].toSorted());
    if (chosen.length > 1) several++;
    found += ids.filter((id) => !given.has(id)).length;
    resized += chosen.filter((now) => given.has(now.cycle.id) && !opportunities.includes(now)).length;
  }
  expect(several).toBeGreaterThan(8);
  expect(found).toBeGreaterThan(4);
  expect(resized).toBeGreaterThan(2);
});

test("what is dropped says why: conflict, too little, or no place left", () => {
  const place = market(4);
  const { view, opportunities } = place;
  const [best, ...others] = opportunities;
  if (best === undefined) throw new Error("nothing pays in this market");
  const pools = new Set(best.hops.map(({ pool }) => pool));
  const met = others.filter(
    ({ hops, profit }) => profit >= MIN_PROFIT && hops.some(({ pool }) => pools.has(pool)),
  );
  expect(met.length).toBeGreaterThan(1);
  const nothing = { opportunities: [], complete: true };
  expect(selectPlan([best, ...met], view, optionsFor(place, { further: () => nothing }))).toEqual({
    chosen: [best],
    dropped: met.map((opportunity) => ({ opportunity, why: "conflict" })),
  });
  // A search that was cut off closes nothing for sure.
  const cut = { opportunities: [], complete: false };
  expect(selectPlan([best, ...met], view, optionsFor(place, { further: () => cut }))).toEqual({
    chosen: [best],
    dropped: met.map((opportunity) => ({ opportunity, why: "plan_full" })),
  });
  const none = selectPlan([best], view, optionsFor(place, { worth: () => null }));
  expect(none).toEqual({ chosen: [], dropped: [{ opportunity: best, why: "below_min_profit" }] });
  const { chosen, dropped } = selectPlan(opportunities, view, optionsFor(place, { maxCycles: 1 }));
  expect(chosen).toEqual([best]);
  expect(dropped).toEqual(
    others.map((opportunity) => ({
      opportunity,
      why: opportunity.profit >= MIN_PROFIT ? "plan_full" : "below_min_profit",
    })),
  );
});

test("a cycle is not taken twice, however much of it is left", () => {
  const place = market(4);
  const { view, opportunities } = place;
  const [best] = opportunities;
  if (best === undefined) throw new Error("nothing pays in this market");
  const further = () => ({ opportunities: [best], complete: true });
  expect(selectPlan([best], view, optionsFor(place, { further }))).toEqual({ chosen: [best], dropped: [] });
});

test("an opportunity that was priced on another view is a fault of the caller", () => {
  const place = market(4);
  const { view, opportunities } = place;
  const [best] = opportunities;
  if (best === undefined) throw new Error("nothing pays in this market");
  const moved: StateView = {
    stateOf: (pool) => {
      const state = view.stateOf(pool);
      return state?.kind === "v2" ? { ...state, reserve0: state.reserve0 * 2n } : state;
    },
  };
  expect(() => selectPlan([best], moved, optionsFor(place))).toThrow(/not priced on this view/);
});

test("what the transaction has no room for is left out, and what is smaller still comes in", () => {
  const place = market(3);
  const { view, opportunities } = place;
  const [first, second] = selectPlan(opportunities, view, optionsFor(place)).chosen;
  const fits = ({ cycle }: Opportunity) => cycle.id !== first?.cycle.id;
  const { chosen, dropped } = selectPlan(opportunities, view, optionsFor(place, { fits }));
  expect(second).toBeDefined();
  expect(idsOf(chosen)).not.toContain(first?.cycle.id);
  expect(chosen.length).toBeGreaterThan(1);
  expect(dropped).toContainEqual({ opportunity: first, why: "plan_full" });
});
