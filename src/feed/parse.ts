import { readLegacyV } from "../chain/rawTransaction.ts";
import type {
  AccessEntry,
  Address,
  Authorization,
  BlockHeader,
  ChainLog,
  Hash,
  Hex,
  PendingTransaction,
  SignedPart,
} from "../chain/types.ts";

/**
 * The border to the node: what it says enters as `unknown` and leaves as our types, or as null when it cannot be
 * used. Written by hand because thousands of transactions a second pass here. Nothing in here throws.
 */

const BYTES = /^0x[0-9a-f]*$/;
/** Quantities are at most 256 bits wide; the node writes them without leading zeros, we do not insist. */
const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/;

/** Bor takes no transaction above 128 KiB. */
const MAX_INPUT_CHARS = 2 + 2 * 128 * 1024;
/** The events of pools carry at most five words; this leaves room for families to come. */
const MAX_LOG_CHARS = 2 + 2 * 4096;
const MAX_TOPICS = 4;
const BLOOM_CHARS = 2 + 2 * 256;
/** Addresses and keys of an access list, and authorizations: a trigger with more is none that we would stand behind. */
const MAX_LISTED = 1_000;
const MAX_UINT64 = 2n ** 64n - 1n;

/** Types with the fields that we price by. All others, such as Bor's state sync (0x7f), are not for us. */
const LEGACY_TYPES = [0, 1];
const DYNAMIC_FEE_TYPES = [2, 4];

const ZERO_ADDRESS = "0x0000000000000000000000000000000000000000";

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isHex = (value: string): value is Hex => BYTES.test(value);

/** Lower-case hex of exactly so many characters, `0x` included. */
function parseHex(value: unknown, chars: number): Hex | null {
  if (typeof value !== "string" || value.length !== chars) return null;
  const text = value.toLowerCase();
  return isHex(text) ? text : null;
}

export const parseHash = (value: unknown): Hash | null => parseHex(value, 66);

export const parseAddress = (value: unknown): Address | null => parseHex(value, 42);

/** A hexadecimal quantity of at most 256 bits. */
export const parseQuantity = (value: unknown): bigint | null =>
  typeof value === "string" && value.length <= 66 && QUANTITY.test(value) ? BigInt(value) : null;

/** A hexadecimal quantity that a number holds exactly. */
export function parseCount(value: unknown): number | null {
  if (typeof value !== "string" || value.length > 66 || !QUANTITY.test(value)) return null;
  const count = Number(value);
  return Number.isSafeInteger(count) ? count : null;
}

const parseBytes = (value: unknown, maxChars: number): Hex | null =>
  typeof value === "string" && value.length <= maxChars && value.length % 2 === 0
    ? parseHex(value, value.length)
    : null;

/** A block header as `newHeads` or `eth_getBlockBy…` gives it. */
export function parseHeader(value: unknown): BlockHeader | null {
  if (!isFields(value)) return null;
  const number = parseCount(value["number"]);
  const hash = parseHash(value["hash"]);
  const parentHash = parseHash(value["parentHash"]);
  const timestamp = parseCount(value["timestamp"]);
  const baseFeePerGas = parseQuantity(value["baseFeePerGas"]);
  const gasLimit = parseQuantity(value["gasLimit"]);
  const gasUsed = parseQuantity(value["gasUsed"]);
  const logsBloom = parseHex(value["logsBloom"], BLOOM_CHARS);
  if (number === null || hash === null || parentHash === null || timestamp === null) return null;
  if (baseFeePerGas === null || gasLimit === null || gasUsed === null || logsBloom === null) return null;
  return {
    number,
    hash,
    parentHash,
    timestamp,
    baseFeePerGas,
    gasLimit,
    gasUsed,
    logsBloom,
  };
}

/** A log, and whether the node takes it back (`removed`). Logs of pending blocks have no block: null. */
export interface NotedLog {
  readonly log: ChainLog;
  readonly removed: boolean;
}

export function parseLog(value: unknown): NotedLog | null {
  if (!isFields(value)) return null;
  const address = parseAddress(value["address"]);
  const topics = parseTopics(value["topics"]);
  const data = parseBytes(value["data"], MAX_LOG_CHARS);
  const blockHash = parseHash(value["blockHash"]);
  const blockNumber = parseCount(value["blockNumber"]);
  const transactionHash = parseHash(value["transactionHash"]);
  const logIndex = parseCount(value["logIndex"]);
  if (address === null || topics === null || data === null || blockHash === null) return null;
  if (blockNumber === null || transactionHash === null || logIndex === null) return null;
  const log = { address, topics, data, blockHash, blockNumber, transactionHash, logIndex };
  return { log, removed: value["removed"] === true };
}

function parseTopics(value: unknown): readonly Hash[] | null {
  if (!Array.isArray(value) || value.length > MAX_TOPICS) return null;
  const topics: Hash[] = [];
  for (const item of value) {
    const topic = parseHash(item);
    if (topic === null) return null;
    topics.push(topic);
  }
  return topics;
}

/**
 * A transaction that still waits. Null for what we cannot price or should not see here: unknown types, Bor's
 * system transactions (sender zero), transactions that are in a block already.
 */
export function parsePendingTransaction(value: unknown): PendingTransaction | null {
  if (!isFields(value)) return null;
  if (value["blockHash"] !== null && value["blockHash"] !== undefined) return null;
  const hash = parseHash(value["hash"]);
  const from = parseAddress(value["from"]);
  const to = value["to"] === null || value["to"] === undefined ? null : parseAddress(value["to"]);
  const nonce = parseCount(value["nonce"]);
  const amount = parseQuantity(value["value"]);
  const gas = parseQuantity(value["gas"]);
  const input = parseBytes(value["input"] ?? value["data"], MAX_INPUT_CHARS);
  const fees = parseFees(value);
  if (hash === null || from === null || from === ZERO_ADDRESS || fees === null) return null;
  if (nonce === null || amount === null || gas === null || input === null) return null;
  // A creation has no receiver; a receiver that is there but unreadable is not a creation.
  if (to === null && value["to"] !== null && value["to"] !== undefined) return null;
  const signed = parseSigned(value, fees.type);
  const { type, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = fees;
  return {
    hash,
    from,
    to,
    nonce,
    value: amount,
    gas,
    input,
    type,
    gasPrice,
    maxFeePerGas,
    maxPriorityFeePerGas,
    signed,
  };
}

type Fees = Pick<PendingTransaction, "type" | "gasPrice" | "maxFeePerGas" | "maxPriorityFeePerGas">;

function parseFees(value: Fields): Fees | null {
  // Old nodes leave the type out.
  const guessed = value["maxFeePerGas"] === undefined ? 0 : 2;
  const type = value["type"] === undefined ? guessed : parseCount(value["type"]);
  if (type === null) return null;
  if (LEGACY_TYPES.includes(type)) {
    const gasPrice = parseQuantity(value["gasPrice"]);
    return gasPrice === null ? null : { type, gasPrice, maxFeePerGas: null, maxPriorityFeePerGas: null };
  }
  if (!DYNAMIC_FEE_TYPES.includes(type)) return null;
  const maxFeePerGas = parseQuantity(value["maxFeePerGas"]);
  const maxPriorityFeePerGas = parseQuantity(value["maxPriorityFeePerGas"]);
  if (maxFeePerGas === null || maxPriorityFeePerGas === null) return null;
  return { type, gasPrice: null, maxFeePerGas, maxPriorityFeePerGas };
}

/** What its bytes hold besides the body, or null where it is absent, unreadable or too long. */
function parseSigned(value: Fields, type: number): SignedPart | null {
  const r = parseQuantity(value["r"]);
  const s = parseQuantity(value["s"]);
  const signer = type === 0 ? parseLegacySigner(value) : parseSigner(value);
  const accessList = type === 0 ? [] : parseAccessList(value["accessList"]);
  const authorizationList = type === 4 ? parseAuthorizations(value["authorizationList"]) : [];
  if (r === null || s === null || signer === null) return null;
  if (accessList === null || authorizationList === null) return null;
  const { chainId, yParity } = signer;
  return { chainId, accessList, authorizationList, yParity, r, s };
}

function parseLegacySigner(value: Fields) {
  const v = parseQuantity(value["v"]);
  return v === null ? null : readLegacyV(v);
}

function parseSigner(value: Fields) {
  const chainId = parseCount(value["chainId"]);
  // Old nodes tell the parity as `v` alone.
  const yParity = parseParity(value["yParity"] ?? value["v"]);
  return chainId === null || yParity === null ? null : { chainId, yParity };
}

function parseParity(value: unknown): 0 | 1 | null {
  const parity = parseCount(value);
  return parity === 0 || parity === 1 ? parity : null;
}

function parseAccessList(value: unknown): readonly AccessEntry[] | null {
  if (!Array.isArray(value)) return null;
  const entries: AccessEntry[] = [];
  let listed = 0;
  for (const item of value) {
    const keys: unknown = isFields(item) ? item["storageKeys"] : null;
    const address = isFields(item) ? parseAddress(item["address"]) : null;
    if (address === null || !Array.isArray(keys)) return null;
    listed += 1 + keys.length;
    if (listed > MAX_LISTED) return null;
    const storageKeys = keys.flatMap((key) => parseHash(key) ?? []);
    if (storageKeys.length < keys.length) return null;
    entries.push({ address, storageKeys });
  }
  return entries;
}

function parseAuthorizations(value: unknown): readonly Authorization[] | null {
  if (!Array.isArray(value) || value.length > MAX_LISTED) return null;
  const authorizations = value.flatMap((item) => parseAuthorization(item) ?? []);
  return authorizations.length < value.length ? null : authorizations;
}

function parseAuthorization(value: unknown): Authorization | null {
  if (!isFields(value)) return null;
  const chainId = parseQuantity(value["chainId"]);
  const address = parseAddress(value["address"]);
  const nonce = parseQuantity(value["nonce"]);
  const yParity = parseParity(value["yParity"] ?? value["v"]);
  const r = parseQuantity(value["r"]);
  const s = parseQuantity(value["s"]);
  if (chainId === null || address === null || nonce === null || nonce > MAX_UINT64) return null;
  return yParity === null || r === null || s === null ? null : { chainId, address, nonce, yParity, r, s };
}
