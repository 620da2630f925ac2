import type { Address, Hex } from "../../chain/types.ts";
import type { Party, SwapCall } from "../routerCall.ts";
import { reverts } from "./calldata.ts";
import { swapCall } from "./routerFunction.ts";

/** Tokens and fee tiers in trade order; no fees where the exchange has one pool a pair. */
export interface Path {
  readonly path: readonly Address[];
  readonly feesPpm: readonly number[] | null;
}

const ADDRESS_DIGITS = 40;
const FEE_DIGITS = 6;

/**
 * A packed path: token, (fee, token)… with `feeDigits` hex digits a fee, none for Algebra. Routers take fewer bytes
 * than a hop left over at its end in some functions and not in others; here there may be none. Exact outputs have it
 * reversed.
 */
export function packedPath(
  bytes: Hex,
  exact: "in" | "out",
  feeDigits: 0 | typeof FEE_DIGITS = FEE_DIGITS,
): Path {
  const hop = ADDRESS_DIGITS + feeDigits;
  const digits = bytes.slice(2);
  if (digits.length < hop + ADDRESS_DIGITS || (digits.length - ADDRESS_DIGITS) % hop !== 0)
    return reverts("its path is no chain of hops");
  const path: Address[] = [];
  const fees: number[] = [];
  for (let at = 0; at < digits.length; at += hop) {
    path.push(`0x${digits.slice(at, at + ADDRESS_DIGITS)}`);
    const fee = digits.slice(at + ADDRESS_DIGITS, at + hop);
    if (fee !== "") fees.push(Number.parseInt(fee, 16));
  }
  if (exact === "out") {
    path.reverse();
    fees.reverse();
  }
  return { path, feesPpm: feeDigits === 0 ? null : fees };
}

const INT256_LIMIT = 1n << 255n;

/** A swap through concentrated pools, which take amounts as int256: SafeCast reverts on larger ones. */
export function concentratedSwap(
  { path, feesPpm }: Path,
  fields: Pick<SwapCall, "exact" | "amount" | "limit" | "dex" | "recipient"> & {
    readonly receiver: Party;
  } & Partial<
      Pick<SwapCall, "deadline" | "sqrtPriceLimitX96" | "payer" | "amountIsBalance" | "feeOnTransfer">
    >,
): SwapCall {
  if (fields.amount >= INT256_LIMIT && fields.amountIsBalance !== true)
    reverts("its amount is beyond int256");
  return swapCall({ path, feesPpm, ...fields });
}
