import { expect, test } from "vitest";
import { swap } from "../../../src/amm/swap.ts";
import type { Address } from "../../../src/chain/types.ts";
import { createOverlay } from "../../../src/market/overlay.ts";
import type { StateView } from "../../../src/market/stateView.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { selectPlan } from "../../../src/search/plan.ts";
import { createScanSearch } from "../../../src/search/scanSearch.ts";
import { createSearch } from "../../../src/search/search.ts";
import type { Search } from "../../../src/search/search.ts";
import { mixedMarket } from "../../support/mixedMarket.ts";
import { integer, seeded } from "../../support/searchMarkets.ts";

const SEED = 20261126;
const SETUPS = [
  { tokens: 9, pools: 34, bases: 3, spread: 0.004, minProfit: 10n ** 17n, blocks: 150 },
  { tokens: 6, pools: 28, bases: 2, spread: 0.015, minProfit: 10n ** 18n, blocks: 60 },
];
const MOST_CYCLES = 4;

/** Sizing may lose a millionth, or one raw unit of a token on the way. */
const mostLost = ({ hops, profit }: Opportunity): number =>
  Math.max(
    1e-6,
    ...hops.map(({ amountIn }) => Number(hops[0]?.amountIn) / Number(amountIn) / Number(profit)),
  );

for (const [i, setup] of SETUPS.entries()) {
  test(`every cycle of a plan is the best of all in the state that those before it leave: set-up ${i}`, () => {
    const random = seeded(SEED + i);
    const market = mixedMarket(random, setup);
    const [wrappedNative = "0x"] = market.bases;
    const options = { bases: market.bases, maxHops: 4, wrappedNative, isTaxed: () => false };
    const scan = createScanSearch({ ...options, minProfit: setup.minProfit });
    const plain = createSearch(options);
    for (const search of [scan, plain]) search.addPools(market.pools);
    scan.run({ view: market.view, changed: "all", atRest: true });

    const short: string[] = [];
    let [plans, further] = [0, 0];
    for (let block = 0; block < setup.blocks; block++) {
      const changed = market.move(integer(random, 1, 3));
      const { view } = market;
      const { rateFloat } = plain.valuer(view);
      const worth = ({ profit, cycle }: Opportunity): bigint | null => {
        const wei = Number(profit) * rateFloat(cycle.base);
        return wei >= Number(setup.minProfit) ? BigInt(Math.floor(wei)) : null;
      };
      // No more is listed than is needed: the rest is left to the further searches.
      const answer = scan.run({ view, changed, atRest: true, limit: 2 });
      const { chosen } = selectPlan(answer.opportunities, view, {
        maxCycles: MOST_CYCLES,
        worth,
        further: (state, moved) => {
          const pools = [...moved, ...answer.unlisted];
          const more = scan.run({ view: state, changed: pools, atRest: true, whatIf: true, limit: 2 });
          return { ...more, complete: more.complete && more.unlisted.length === 0 };
        },
      });
      plans += chosen.length > 0 ? 1 : 0;
      further += chosen.filter((one) => !answer.opportunities.includes(one)).length;
      for (let place = 0; place < Math.min(chosen.length + 1, MOST_CYCLES); place++) {
        const before = chosen.slice(0, place);
        const best = bestBehind(before, { search: plain, view, changed, worth });
        if (best === null) continue;
        const most = Number(worth(best) ?? 0n);
        const next = chosen[place];
        const got = next === undefined ? 0 : Number(worth(next) ?? 0n);
        const lost = mostLost(best);
        if (most > Number(setup.minProfit) * (1 + lost) && got < most * (1 - lost))
          short.push(`block ${block}, place ${place}: ${got} of ${most}`);
      }
    }
    expect(short).toEqual([]);
    expect({ plans: plans > setup.blocks / 4, further: further > plans }).toEqual({
      plans: true,
      further: true,
    });
  });
}

interface Oracle {
  readonly search: Search;
  readonly view: StateView;
  readonly changed: readonly Address[];
  readonly worth: (opportunity: Opportunity) => bigint | null;
}

/** Of all cycles through pools that moved, or that these move, the best in the state that they leave. */
function bestBehind(
  before: readonly Opportunity[],
  { search, view, changed, worth }: Oracle,
): Opportunity | null {
  const overlay = createOverlay(view);
  for (const { hops } of before)
    for (const { pool, zeroForOne, amountIn } of hops) {
      const state = overlay.stateOf(pool);
      const result = state && swap(state, { zeroForOne, amountIn });
      if (!result?.ok) throw new Error(`${pool} refused`);
      overlay.set(pool, result.swap.after);
    }
  const taken = new Set(before.map(({ cycle }) => cycle.id));
  const pools = [...changed, ...overlay.changed];
  let best: Opportunity | null = null;
  for (const one of search.run({ view: overlay, changed: pools, atRest: true }).opportunities)
    if (!taken.has(one.cycle.id) && (worth(one) ?? 0n) > ((best && worth(best)) ?? 0n)) best = one;
  return best;
}
