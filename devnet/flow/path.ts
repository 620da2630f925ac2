import { concatHex, numberToHex } from "viem";
import type { Address, Hex } from "../../src/chain/types.ts";
import type { Order } from "./order.ts";

/** Uniswap V3's fee tier of each hop, in hundredths of a basis point; throws for other pools. */
const feesOf = ({ hops }: Order): readonly number[] =>
  hops.map(({ venue }) => {
    if (venue.fee === undefined) throw new Error(`${venue.dex} has no fee tiers`);
    return venue.fee;
  });

const join = (path: readonly Address[], fees: readonly number[]): Hex =>
  concatHex(
    path.flatMap((token, i) => {
      const fee = fees[i];
      return fee === undefined ? [token] : [token, numberToHex(fee, { size: 3 })];
    }),
  );

/** Uniswap V3's packed path: token, fee, token … */
export const packedPath = (order: Order): Hex => join(order.path, feesOf(order));

/** As exact-output calls want it: from the token received back to the one paid. */
export const packedPathBack = (order: Order): Hex =>
  join(order.path.toReversed(), feesOf(order).toReversed());

/** Algebra's packed path has no fees. */
export const algebraPath = ({ path }: Order): Hex => concatHex(path);
export const algebraPathBack = ({ path }: Order): Hex => concatHex(path.toReversed());

/** The two tokens, and the tier, of an order over one pool of Uniswap V3. */
export function singleOf(order: Order): {
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly fee: number;
} {
  const [tokenIn, tokenOut] = order.path;
  const fee = order.hops[0]?.venue.fee ?? 0;
  if (tokenIn === undefined || tokenOut === undefined) throw new Error("a way without pools");
  return { tokenIn, tokenOut, fee };
}
