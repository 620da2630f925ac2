import type { Address, Token } from "../chain/types.ts";
import { JsonFault, type JsonScalar } from "../lib/jsonScanner.ts";
import type { JsonObject, JsonValue, ScalarShape } from "../lib/jsonReader.ts";

/** Reads one value, or says with `JsonFault` what is wrong with it. */
export type ReadField<T> = (value: JsonValue, path: string) => T;

/** The longest text any number or name of a file may have, so that nothing longer is ever held. */
export const SCALAR: ScalarShape = { kind: "scalar", room: 128 };

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const DECIMAL = /^(?:0|-?[1-9]\d*)$/;

const shown = (value: JsonValue): string => {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 48));
  return isNumber(value) ? value.number.slice(0, 48) : "something else";
};

const isNumber = (value: JsonValue): value is Exclude<JsonScalar, string | boolean | null> =>
  typeof value === "object" && value !== null && "number" in value;

const wrong = (path: string, expected: string, value: JsonValue): never => {
  throw new JsonFault(path, `expected ${expected}, found ${shown(value)}`);
};

const isAddress = (text: string): text is Address => ADDRESS.test(text);

/** An address in any case, given back lower-case. */
export const readAddress: ReadField<Address> = (value, path) => {
  if (typeof value !== "string" || !isAddress(value))
    return wrong(path, "an address (0x and 40 hex digits)", value);
  const lower = value.toLowerCase();
  return isAddress(lower) ? lower : wrong(path, "an address", value);
};

/** Any text: a token may call itself nothing. */
export const readSymbol: ReadField<string> = (value, path) =>
  typeof value === "string" ? value : wrong(path, "a text", value);

/** Text that is not empty. */
export const readText: ReadField<string> = (value, path) =>
  typeof value === "string" && value !== "" ? value : wrong(path, "a text", value);

/** A JSON number without fraction from `least` to `most`. */
export const readCount =
  (least: number, most: number): ReadField<number> =>
  (value, path) => {
    const count = isNumber(value) && DECIMAL.test(value.number) ? Number(value.number) : Number.NaN;
    if (count >= least && count <= most) return count;
    return wrong(path, `a whole number from ${least} to ${most}`, value);
  };

/**
 * A decimal text from `least` to `most`. A plain JSON number does too while every reader holds it exactly (below
 * 2^53); beyond, whoever wrote it has most likely lost digits already.
 */
export const readAmount =
  (least: bigint, most: bigint, range: string): ReadField<bigint> =>
  (value, path) => {
    const text = isNumber(value) ? value.number : value;
    if (typeof text !== "string" || !DECIMAL.test(text))
      return wrong(path, "a decimal whole number as text", value);
    const amount = BigInt(text);
    if (isNumber(value) && !Number.isSafeInteger(Number(text)))
      return wrong(path, "text for a number of this size (a JSON number may have lost digits)", value);
    if (amount < least || amount > most) throw new JsonFault(path, `${text} is out of range (${range})`);
    return amount;
  };

/** The same, or null. */
export const nullable =
  <T>(read: ReadField<T>): ReadField<T | null> =>
  (value, path) =>
    value === null ? null : read(value, path);

/** A field that must be there. */
export const required = <T>(fields: JsonObject, name: string, path: string, read: ReadField<T>): T => {
  const value = fields.get(name);
  if (value === undefined) throw new JsonFault(path === "" ? name : `${path}.${name}`, "is missing");
  return read(value, path === "" ? name : `${path}.${name}`);
};

/** A field that may be absent. */
export const optional = <T>(
  fields: JsonObject,
  name: string,
  path: string,
  read: ReadField<T>,
): T | undefined => (fields.has(name) ? required(fields, name, path, read) : undefined);

const readDecimals = readCount(0, 255);

/** Tokens choose their own symbols, and some of them at length. */
export const TOKEN_FIELDS: ReadonlyMap<string, ScalarShape> = new Map([
  ["symbol", { kind: "scalar", room: 4096 }],
  ["decimals", SCALAR],
  ["taxed", SCALAR],
]);

/** A token's facts as a snapshot holds them. */
export const readToken = (address: Address, fields: JsonObject, path: string): Token => ({
  address,
  symbol: required(fields, "symbol", path, readSymbol),
  decimals: required(fields, "decimals", path, readDecimals),
  taxed: optional(fields, "taxed", path, readFlag) ?? false,
});

export const readFlag: ReadField<boolean> = (value, path) =>
  typeof value === "boolean" ? value : wrong(path, "true or false", value);
