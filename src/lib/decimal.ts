/**
 * A raw amount in whole units, exact, e.g. (1_500_000n, 6) → "1.5". With `places` the rest is cut, towards
 * zero, and "…" says that something was.
 */
export function formatDecimal(amount: bigint, decimals: number, places = decimals): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  const shown = fraction.slice(0, places);
  const sign = amount < 0n ? "-" : "";
  return `${sign}${groupThousands(whole)}${shown === "" ? "" : `.${shown}`}${shown === fraction ? "" : "…"}`;
}

/** "82114920" → "82,114,920" */
export const groupThousands = (digits: string | number): string =>
  String(digits).replace(/\B(?=(\d{3})+$)/g, ",");
