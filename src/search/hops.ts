import type { Address, Pool } from "../chain/types.ts";
import type { Cycle, Hop, Verdict } from "./opportunity.ts";

/** A pool crossed in one direction. */
export function hopOf({ address, kind, token0, token1 }: Pool, zeroForOne: boolean): Hop {
  const [tokenIn, tokenOut] = zeroForOne ? [token0, token1] : [token1, token0];
  return { pool: address, kind, tokenIn, tokenOut, zeroForOne };
}

/** A settled market leaves no wider margin: prices are stale, or a token does not deliver. */
const WIDEST_MARGIN_AT_REST = 1.05;

interface Circumstances {
  /** Product of the after-fee rates at size zero. */
  readonly marginal: number;
  /** The state of a settled block, where a wide margin is not believed. */
  readonly atRest: boolean;
  readonly isTaxed: (token: Address) => boolean;
}

/** Whether a cycle that pays is to be believed. */
export function verdictOf(
  { hops }: Pick<Cycle, "hops">,
  { marginal, atRest, isTaxed }: Circumstances,
): Verdict {
  if (hops.some(({ tokenIn }) => isTaxed(tokenIn))) return "suspect:taxed";
  return atRest && marginal > WIDEST_MARGIN_AT_REST ? "suspect:marginal" : "ok";
}
