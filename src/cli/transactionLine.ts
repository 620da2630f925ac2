import { parseRaw } from "../chain/rawTransaction.ts";
import type { Address, Hash, Hex, PendingTransaction } from "../chain/types.ts";
import type { JsonObject, JsonValue, Shape } from "../lib/jsonReader.ts";
import { JsonFault } from "../lib/jsonScanner.ts";
import {
  nullable,
  optional,
  readAddress,
  readAmount,
  required,
  SCALAR,
  type ReadField,
} from "../market/snapshotFields.ts";
import { createLineReader, type LineFinding, type OpenLine } from "./lineReader.ts";

/** What a decoder needs of a transaction; signed bytes tell its gas limit too. */
export type LineTransaction = Pick<PendingTransaction, "from" | "to" | "value" | "input"> &
  Partial<Pick<PendingTransaction, "gas">> & { readonly hash: Hash | null };

/** What a line of `decode`, or of the file of `scan --after`, says. */
export type TransactionLine =
  | { readonly type: "transaction"; readonly transaction: LineTransaction }
  /** A transaction, but not for us. */
  | { readonly type: "unsupported"; readonly hash: Hash | null; readonly why: string }
  /** None at all; `syntax`: not even JSON. */
  | {
      readonly type: "fault";
      readonly hash: Hash | null;
      readonly syntax: boolean;
      readonly fault: JsonFault;
    };

/** Nodes take no larger transaction than 128 KiB. */
const HEX_DATA: Shape = { kind: "scalar", room: 2 + 2 * 128 * 1024 };
const UINT256 = (1n << 256n) - 1n;
/** Who sends is not told: nobody that a calldata could mean. */
const NOBODY: Address = `0x${"0".repeat(40)}`;

const isBytes = (text: string): text is Hex => /^0x(?:[0-9a-f]{2})*$/.test(text);
const shown = (value: JsonValue): string =>
  typeof value === "string" ? JSON.stringify(value.slice(0, 48)) : "something else";

const readBytes: ReadField<Hex> = (value, path) => {
  const text = typeof value === "string" ? value.toLowerCase() : "";
  if (isBytes(text)) return text;
  throw new JsonFault(path, `expected 0x and an even number of hex digits, found ${shown(value)}`);
};

const readHash: ReadField<Hash> = (value, path) => {
  const hash = readBytes(value, path);
  if (hash.length !== 66) throw new JsonFault(path, `expected 32 bytes, found ${shown(value)}`);
  return hash;
};

const readValue = readAmount(0n, UINT256, "0 to 2^256 - 1");

/** The hash is taken while the line is read: it survives whatever else is wrong. */
const shapeOf = (taken: { hash: Hash | null }): Shape => ({
  kind: "object",
  fields: new Map<string, Shape>([
    ["hash", { ...SCALAR, take: (value) => (taken.hash = nullable(readHash)(value, "hash")) }],
    ["from", SCALAR],
    ["to", SCALAR],
    ["value", SCALAR],
    ["input", HEX_DATA],
    ["raw", HEX_DATA],
  ]),
});

const FIELDS = ["from", "to", "value", "input"];

function readSigned(fields: JsonObject, told: Hash | null, chainId: number): TransactionLine {
  const field = FIELDS.find((name) => fields.has(name));
  if (field !== undefined) throw new JsonFault(field, "stands beside raw: give one or the other");
  const parsed = parseRaw(required(fields, "raw", "", readBytes), chainId);
  if (parsed.type === "malformed") throw new JsonFault("raw", parsed.why);
  const hash = parsed.type === "transaction" ? parsed.transaction.hash : parsed.hash;
  if (told !== null && hash !== null && told !== hash) throw new JsonFault("hash", `raw has ${hash}`);
  return parsed.type === "transaction" ? parsed : { ...parsed, hash: hash ?? told };
}

function readFields(fields: JsonObject, hash: Hash | null): TransactionLine {
  const to = required(fields, "to", "", nullable(readAddress));
  const value = required(fields, "value", "", readValue);
  const input = required(fields, "input", "", readBytes);
  const from = optional(fields, "from", "", readAddress) ?? NOBODY;
  return { type: "transaction", transaction: { hash, from, to, value, input } };
}

function readFound(found: LineFinding, hash: Hash | null, chainId: number): TransactionLine {
  if (found.type === "syntax") return { type: "fault", hash, syntax: true, fault: found.fault };
  try {
    if (found.type === "fault") throw found.fault;
    const { value: fields } = found;
    if (!(fields instanceof Map)) throw new JsonFault("", "expected an object");
    return fields.has("raw") ? readSigned(fields, hash, chainId) : readFields(fields, hash);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { type: "fault", hash, syntax: false, fault: error };
  }
}

/**
 * A line that holds a transaction: its fields, or `raw`, its signed bytes. `chainId`: the chain on which it is to
 * stand. Nothing in the line makes it throw.
 */
export function openTransaction(chainId: number, answer: (line: TransactionLine) => string | null): OpenLine {
  const taken: { hash: Hash | null } = { hash: null };
  const line = createLineReader(shapeOf(taken));
  return {
    write: (piece) => line.write(piece),
    end: () => (line.isBlank ? null : answer(readFound(line.end(), taken.hash, chainId))),
  };
}
