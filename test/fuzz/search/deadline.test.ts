import { expect, test } from "vitest";
import { generateMarket } from "../../../bench/market/generate.ts";
import type { PoolState } from "../../../src/amm/poolState.ts";
import type { Address } from "../../../src/chain/types.ts";
import { createScanSearch } from "../../../src/search/scanSearch.ts";
import type { SearchRequest } from "../../../src/search/search.ts";

/** A large market whose blocks change many pools, and the search of it with all states in. */
function scene(options: Parameters<typeof generateMarket>[0]) {
  const market = generateMarket(options);
  const states = new Map<Address, PoolState | null>(
    market.pools.map(({ address }, i) => [address, market.states[i] ?? null]),
  );
  const view = { stateOf: (pool: Address) => states.get(pool) ?? null };
  const [wrappedNative = "0x"] = market.bases;
  const search = createScanSearch({
    bases: market.bases,
    maxHops: 4,
    wrappedNative,
    isTaxed: () => false,
    minProfit: market.minProfit,
  });
  search.addPools(market.pools);
  search.run({ view, changed: "all", atRest: true, limit: 1 });
  const nextBlock = (count: number): SearchRequest => {
    const changed = market.nextBlock(count).changes.map(({ pool, state }) => {
      const address = market.pools[pool]?.address ?? "0x";
      states.set(address, state);
      return address;
    });
    return { view, changed, atRest: true, limit: 16 };
  };
  /** The best of a search that may look at the clock so often, as a share of the exact best; null where none pays. */
  const shareWithin = (looks: number, request: SearchRequest): number | null => {
    let looked = 0;
    const cut = search.run({ ...request, expired: () => ++looked > looks });
    const [best] = search.run(request).opportunities;
    return best === undefined
      ? null
      : (cut.opportunities[0]?.profitNativeFloat ?? 0) / best.profitNativeFloat;
  };
  return { nextBlock, shareWithin };
}

test("fifty looks at the clock give nearly always nine tenths of the best of 122 million cycles", () => {
  const { nextBlock, shareWithin } = scene({ seed: 31, v2: 10_000, v3: 900, algebra: 100 });
  const shares: number[] = [];
  for (let block = 0; block < 120; block++) {
    const share = shareWithin(50, nextBlock(block % 2 === 0 ? 20 : 100));
    if (share !== null) shares.push(share);
  }
  expect(shares.length).toBeGreaterThan(40);
  expect(shares.filter((share) => share === 0)).toEqual([]);
  expect(shares.filter((share) => share >= 0.9).length / shares.length).toBeGreaterThan(0.9);
});

test("an answer is in hand when time is out before the screen is through", () => {
  const { nextBlock, shareWithin } = scene({ seed: 32, v2: 10_000 });
  const shares: number[] = [];
  for (let block = 0; block < 16; block++) {
    const share = shareWithin(block % 4, nextBlock(3000));
    if (share !== null) shares.push(share);
  }
  expect(shares.length).toBeGreaterThan(12);
  expect(shares.filter((share) => !(share > 0))).toEqual([]);
});
