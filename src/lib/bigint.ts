/** Quotient rounded up; both operands must be >= 0 and b > 0. */
export const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

export const minBigint = (a: bigint, b: bigint): bigint => (a < b ? a : b);

export const maxBigint = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** JSON with bigints as decimal strings: the form of every file and answer of ours. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
