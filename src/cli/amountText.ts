import { toDecimal } from "../chain/units.ts";

/**
 * A raw amount for a reader, exact, with thousands apart: (1_234_500_000n, 6) → "1,234.5". With `places` the rest
 * is cut, towards zero, and "…" says that something was.
 */
export function amountText(amount: bigint, decimals: number, places = decimals): string {
  const [whole = "", fraction = ""] = toDecimal(amount, decimals).split(".");
  const shown = fraction.slice(0, places);
  return `${groupThousands(whole)}${shown === "" ? "" : `.${shown}`}${shown === fraction ? "" : "…"}`;
}

/** "82114920" → "82,114,920" */
export const groupThousands = (digits: string | number | bigint): string =>
  String(digits).replace(/\B(?=(\d{3})+$)/g, ",");
