import type { Token } from "../../src/chain/types.ts";
import type { Size, SizingLeg } from "./sizing.ts";
import { exactChain, exactHop } from "./sizing.ts";

/** Sizes of the grid in whole tokens: 1, 2 and 5 in each decade from 10^-4 to 10^6. */
const DECADES = { first: -4, last: 6 };

const grids = new Map<number, readonly bigint[]>();

/** The grid in raw units of a token with so many decimals; sizes below one unit are left out. */
export function gridOf(decimals: number): readonly bigint[] {
  const known = grids.get(decimals);
  if (known !== undefined) return known;
  const sizes: bigint[] = [];
  for (let decade = DECADES.first; decade <= DECADES.last; decade++) {
    if (decimals + decade < 0) continue;
    for (const digit of [1n, 2n, 5n]) sizes.push(digit * 10n ** BigInt(decimals + decade));
  }
  grids.set(decimals, sizes);
  return sizes;
}

/**
 * A fixed grid of sizes, the same for every cycle of a base: each is quoted in exact integers, the best is the answer.
 * No refinement between the grid's points; that is what the method is.
 */
export function grid(legs: readonly SizingLeg[], base: Token): Size | null {
  const out = exactChain(legs.map(exactHop));
  let amountIn = 0n;
  let profit = 0n;
  for (const size of gridOf(base.decimals)) {
    const gain = out(size) - size;
    if (gain > profit) [amountIn, profit] = [size, gain];
  }
  return profit > 0n ? { amountIn, profit } : null;
}
