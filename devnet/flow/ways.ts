import { VENUES } from "../market.ts";
import type { Venue } from "../market.ts";
import { isUniswapV2, isUniswapV3, isV2, waysOver } from "./order.ts";
import type { Hop } from "./order.ts";

/** Ways of one sort, and how often traders take it. */
export interface Menu {
  readonly weight: number;
  readonly ways: readonly (readonly Hop[])[];
}

const isConcentrated = (venue: Venue): boolean => !isV2(venue);
const sameExchange = (a: Venue, b: Venue): boolean => a.dex === b.dex;
const acrossUniswap = (a: Venue, b: Venue): boolean =>
  (isUniswapV2(a) && isUniswapV3(b)) || (isUniswapV3(a) && isUniswapV2(b));

const over = (pools: number, is: (venue: Venue) => boolean, joins = sameExchange) =>
  waysOver(pools, VENUES.filter(is), joins);

/** Single pools most of all, as on Polygon. */
export const MENUS: readonly Menu[] = [
  { weight: 50, ways: over(1, isV2) },
  { weight: 8, ways: over(2, isV2) },
  { weight: 5, ways: over(3, isV2) },
  { weight: 24, ways: over(1, isConcentrated) },
  { weight: 6, ways: over(2, isConcentrated) },
  { weight: 2, ways: over(3, isConcentrated) },
  { weight: 5, ways: over(2, (venue) => isUniswapV2(venue) || isUniswapV3(venue), acrossUniswap) },
];
