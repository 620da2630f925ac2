import { BigNumber } from "bignumber.js";

/**
 * An amount of raw units as a person reads it, exactly: `1234567` with 6 decimals is `1.234567`. Zeros at the end
 * are left out.
 */
export const toDecimal = (amount: bigint, decimals: number): string =>
  new BigNumber(amount.toString()).shiftedBy(-decimals).toFixed();

/** The raw units that a decimal like `0.05` stands for, rounded down. Throws a RangeError when it is none. */
export function fromDecimal(text: string, decimals: number): bigint {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new RangeError(`"${text}" is not a decimal`);
  return BigInt(new BigNumber(text).shiftedBy(decimals).toFixed(0, BigNumber.ROUND_DOWN));
}
