import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address } from "../../src/chain/types.ts";
import { createPrices } from "../../src/search/prices.ts";
import type { Prices } from "../../src/search/prices.ts";
import { createLadder } from "../../src/search/scan/ladder.ts";
import { createScan, MOST_RANKED } from "../../src/search/scan/scan.ts";
import type { Scan, ScanRequest } from "../../src/search/scan/scan.ts";
import type { BenchMarket, Change } from "../market/types.ts";

/** The daemon's scan over a market, by the market's own numbers of pools. */
export interface MarketScan {
  readonly scan: Scan;
  /** For the best MOST_RANKED cycles worth the market's `minProfit`, without a deadline. */
  readonly request: ScanRequest;
  /** Takes states of all pools, prices the bases, and searches all cycles. */
  load(states: readonly (PoolState | null)[]): boolean;
  /** Writes the changes into the table and lists them; answers how many, for `scan.search`. */
  take(changes: readonly Pick<Change, "pool" | "state">[]): number;
}

/** As the live search allows for (`createScanSearch`): rates of bases may move by so much from the ladder's. */
const BASE_DRIFT = 1.1;

const never = (): boolean => false;

/** Index and table are made, no state is in yet. The pools' addresses differ, so that an id is a place in the list. */
export function createMarketScan(market: BenchMarket, maxHops = 4): MarketScan {
  const { pools, bases, minProfit } = market;
  const [wrappedNative = "0x"] = bases;
  const ladder = createLadder(Number(minProfit) / BASE_DRIFT, maxHops);
  const scan = createScan(pools, { bases, wrappedNative, maxHops, ladder });
  const prices = createPrices({ bases, wrappedNative }, pools);
  const request = { limit: MOST_RANKED, leastFloat: Number(minProfit), expired: never };
  return {
    scan,
    request,
    load: (states) => load(scan, prices, { market, states, request }),
    take: (changes) => {
      const { index, table } = scan.parts;
      let count = 0;
      for (const { pool, state } of changes) {
        table.set(pool, state);
        index.layout.changed[count++] = pool;
      }
      return count;
    },
  };
}

interface Load {
  readonly market: BenchMarket;
  readonly states: readonly (PoolState | null)[];
  readonly request: ScanRequest;
}

function load(scan: Scan, prices: Prices, { market, states, request }: Load): boolean {
  const { poolIds } = scan.parts.index;
  const stateOf = (pool: Address): PoolState | null => states[poolIds.get(pool) ?? -1] ?? null;
  const { rateFloat } = prices.at({ stateOf });
  for (const [i, base] of market.bases.entries()) scan.baseRates[i] = rateFloat(base);
  return scan.searchAnew({ stateOf, rateFloat }, poolIds.values(), request);
}
