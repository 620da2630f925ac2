import { expect, test } from "vitest";
import type { Address, Pool } from "../../../src/chain/types.ts";
import { createScanSearch } from "../../../src/search/scanSearch.ts";
import type { Search, SearchRequest } from "../../../src/search/search.ts";
import { mixedMarket } from "../../support/mixedMarket.ts";
import { integer, seeded } from "../../support/searchMarkets.ts";

const SEED = 20261130;
const SETUPS = [
  { tokens: 10, pools: 60, bases: 3, spread: 0.004, maxHops: 4, minProfit: 10n ** 17n, blocks: 200 },
  // Tokens that come and go with their only pool, until there is no room for more.
  { tokens: 50, pools: 260, bases: 4, spread: 0.02, maxHops: 4, minProfit: 10n ** 17n, blocks: 200 },
  { tokens: 7, pools: 40, bases: 2, spread: 0.03, maxHops: 3, minProfit: 10n ** 18n, blocks: 120 },
];

for (const [i, setup] of SETUPS.entries()) {
  test(`pools that join and leave between blocks leave the answers of a search made anew: set-up ${i}`, () => {
    const random = seeded(SEED + i);
    const market = mixedMarket(random, setup);
    const [wrappedNative = "0x"] = market.bases;
    const create = (pools: readonly Pool[]): Search => {
      const options = { bases: market.bases, maxHops: setup.maxHops, wrappedNative, isTaxed: () => false };
      const search = createScanSearch({ ...options, minProfit: setup.minProfit });
      search.addPools(pools);
      search.run({ view: market.view, changed: "all", atRest: true });
      return search;
    };
    const here = new Map<Address, Pool>(
      market.pools.slice(0, setup.pools / 2).map((pool) => [pool.address, pool]),
    );
    const search = create([...here.values()]);
    let found = 0;
    for (let block = 0; block < setup.blocks; block++) {
      const joining: Pool[] = [];
      const leaving: Address[] = [];
      for (let moves = integer(random, 0, 5); moves > 0; moves--) {
        const pool = market.pools[integer(random, 0, market.pools.length - 1)];
        if (pool === undefined) continue;
        if (!here.has(pool.address)) joining.push(pool);
        else if (random() < 0.7) leaving.push(pool.address);
      }
      for (const address of leaving) here.delete(address);
      for (const pool of joining) here.set(pool.address, pool);
      search.removePools(leaving);
      search.addPools(joining);
      const changed = [
        ...market.move(integer(random, 1, 4)),
        ...joining.filter(() => random() < 0.8).map(({ address }) => address),
      ];
      const request = { view: market.view, changed: [...new Set(changed)], atRest: true };
      const fresh = create([...here.values()]);
      const answer = essence(search, request);
      expect(answer).toEqual(essence(fresh, request));
      expect(search.cycleCount).toBe(fresh.cycleCount);
      found += answer.opportunities.length;
    }
    expect(found).toBeGreaterThan(setup.blocks / 10);
  });
}

/** An answer without what only tells how it was found. */
function essence(search: Search, request: SearchRequest) {
  const { opportunities, complete, unlisted } = search.run(request);
  return { opportunities, complete, unlisted };
}
