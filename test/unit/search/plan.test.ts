import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import { swap } from "../../../src/amm/swap.ts";
import type { Address } from "../../../src/chain/types.ts";
import type { StateView } from "../../../src/market/stateView.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { selectPlan } from "../../../src/search/plan.ts";
import { createSearch } from "../../../src/search/search.ts";
import { addressOf, v2State } from "../../support/marketBlocks.ts";
import { randomPools, seeded } from "../../support/searchMarkets.ts";

const MIN_PROFIT = 10n ** 12n;
const BASE = addressOf(0xa0);
const options = { maxCycles: 4, minProfit: ({ profit }: Opportunity) => profit >= MIN_PROFIT };

/** A random market in which many cycles share pools, and what pays in it. */
function market(seed: number): { readonly view: StateView; readonly opportunities: readonly Opportunity[] } {
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
  return { view, opportunities: search.run({ view, changed: "all", atRest: true }).opportunities };
}

/** Executes opportunities one after the other on copies of the states; returns each one's real profit. */
function execute(view: StateView, chosen: readonly Opportunity[]): bigint[] {
  const states = new Map<Address, PoolState>();
  return chosen.map(({ hops, amountIn }) => {
    let amount = amountIn;
    for (const { pool, zeroForOne } of hops) {
      const state = states.get(pool) ?? view.stateOf(pool);
      const result = state && swap(state, { zeroForOne, amountIn: amount });
      if (!result?.ok) throw new Error(`${pool} refused`);
      states.set(pool, result.swap.after);
      amount = result.swap.amountOut;
    }
    return amount - amountIn;
  });
}

test("random markets: executed in order, every chosen opportunity earns exactly what it says", () => {
  let [several, resized] = [0, 0];
  for (let seed = 1; seed <= 20; seed++) {
    const { view, opportunities } = market(seed);
    const { chosen, dropped } = selectPlan(opportunities, view, options);
    expect(execute(view, chosen)).toEqual(chosen.map(({ profit }) => profit));
    expect(chosen.every(({ profit }) => profit >= MIN_PROFIT)).toBe(true);
    const ids = [
      ...chosen.map(({ cycle }) => cycle.id),
      ...dropped.map(({ opportunity }) => opportunity.cycle.id),
    ];
    expect(ids.toSorted()).toEqual(opportunities.map(({ cycle }) => cycle.id).toSorted());
    if (chosen.length > 1) several++;
    resized += chosen.filter((now) => !opportunities.includes(now)).length;
  }
  expect(several).toBeGreaterThan(8);
  expect(resized).toBeGreaterThan(4);
});

test("what is dropped says why: conflict, too little, or no place left", () => {
  const { view, opportunities } = market(4);
  const [best, ...others] = opportunities;
  if (best === undefined) throw new Error("nothing pays in this market");
  expect(others.length).toBeGreaterThan(1);
  const twice = selectPlan([best, best], view, options);
  expect(twice).toEqual({ chosen: [best], dropped: [{ opportunity: best, why: "conflict" }] });
  const none = selectPlan([best], view, { ...options, minProfit: () => false });
  expect(none).toEqual({ chosen: [], dropped: [{ opportunity: best, why: "below_min_profit" }] });
  const { chosen, dropped } = selectPlan(opportunities, view, { ...options, maxCycles: 1 });
  expect(chosen).toEqual([best]);
  expect(dropped).toEqual(others.map((opportunity) => ({ opportunity, why: "plan_full" })));
});

test("an opportunity that was priced on another view is a fault of the caller", () => {
  const { view, opportunities } = market(4);
  const [best] = opportunities;
  if (best === undefined) throw new Error("nothing pays in this market");
  const moved: StateView = {
    stateOf: (pool) => {
      const state = view.stateOf(pool);
      return state?.kind === "v2" ? { ...state, reserve0: state.reserve0 * 2n } : state;
    },
  };
  expect(() => selectPlan([best], moved, options)).toThrow(/not priced on this view/);
});

test("what the transaction has no room for is left out, and what is smaller still comes in", () => {
  const { view, opportunities } = market(3);
  const [, second] = selectPlan(opportunities, view, options).chosen;
  const fits = ({ cycle }: Opportunity) => cycle.id !== second?.cycle.id;
  const { chosen, dropped } = selectPlan(opportunities, view, { ...options, fits });
  expect(second).toBeDefined();
  expect(chosen.map(({ cycle }) => cycle.id)).not.toContain(second?.cycle.id);
  expect(chosen.length).toBeGreaterThan(1);
  expect(dropped).toContainEqual({
    opportunity: expect.objectContaining({ cycle: second?.cycle }),
    why: "plan_full",
  });
});

test("no more are sized again than there is time for", () => {
  const { view, opportunities } = market(3);
  const all = selectPlan(opportunities, view, options);
  const { chosen, dropped } = selectPlan(opportunities, view, { ...options, maxResized: 0 });
  const pools = chosen.flatMap(({ hops }) => hops.map(({ pool }) => pool));
  expect(new Set(pools).size).toBe(pools.length);
  expect(dropped.filter(({ why }) => why === "plan_full").length).toBeGreaterThan(0);
  expect(all.chosen.length).toBeGreaterThan(chosen.length);
});
