/**
 * An amount of raw units as a person reads it, exactly: `1234567` with 6 decimals is `1.234567`. Zeros at the end
 * are left out.
 */
export function toDecimal(amount: bigint, decimals: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${amount < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The raw units that a decimal like `0.05` stands for, rounded down. Throws a RangeError when it is none. */
export function fromDecimal(text: string, decimals: number): bigint {
  const [, whole, fraction = ""] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) throw new RangeError(`"${text}" is not a decimal`);
  return BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
}
