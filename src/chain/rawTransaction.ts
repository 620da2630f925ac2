import { BaseError, concatHex, fromRlp, hexToBytes, keccak256, numberToHex } from "viem";
import { recoverKey } from "./recoverKey.ts";
import type {
  AccessEntry,
  Address,
  Authorization,
  Hash,
  Hex,
  PendingTransaction,
  SignedPart,
} from "./types.ts";

/**
 * Signed transactions as bytes: RLP of the fields, behind the type's byte where there is one (EIP-155, 2718, 2930,
 * 1559, 7702). RLP has one form for a value, so bytes that are read strictly are written again the same.
 */

type Item = Hex | readonly Item[];

/** Fields of a type together with the signature's three; other types are not read. */
const FIELD_COUNTS: ReadonlyMap<number, number> = new Map([
  [0, 9],
  [1, 11],
  [2, 12],
  [4, 13],
]);
/** Types that a chain may know, and why they are none of ours. */
const FOREIGN_TYPES: ReadonlyMap<number, string> = new Map([
  [3, "transactions with blobs (type 0x3)"],
  [0x7f, "Bor's state sync transactions (type 0x7f)"],
]);
/** Bor's pool takes no larger transaction. */
const MAX_RAW_CHARS = 2 + 2 * 128 * 1024;
const EMPTY: Hex = "0x";

// --- writing

/** Whole bytes, of which zero has none. */
function integer(value: bigint | number): Hex {
  const digits = value.toString(16);
  if (digits === "0") return EMPTY;
  return digits.length % 2 === 0 ? `0x${digits}` : `0x0${digits}`;
}

const accessItem = ({ address, storageKeys }: AccessEntry): Item => [address, storageKeys];

const authorizationItem = ({ chainId, address, nonce, yParity, r, s }: Authorization): Item => [
  integer(chainId),
  address,
  ...[nonce, yParity, r, s].map(integer),
];

function feeItems({ type, gasPrice, maxFeePerGas, maxPriorityFeePerGas }: PendingTransaction): Item[] | null {
  if (type <= 1) return gasPrice === null ? null : [integer(gasPrice)];
  if (maxFeePerGas === null || maxPriorityFeePerGas === null) return null;
  return [integer(maxPriorityFeePerGas), integer(maxFeePerGas)];
}

/** What stands before the signature, in the order of its type; null where the type's own fields are missing. */
function bodyItems(transaction: PendingTransaction, signed: SignedPart): Item[] | null {
  const { type, nonce, gas, to, value, input } = transaction;
  const fees = feeItems(transaction);
  if (fees === null || (type !== 0 && signed.chainId === null)) return null;
  const accessList = signed.accessList.map(accessItem);
  const authorizations = signed.authorizationList.map(authorizationItem);
  return [
    ...(type === 0 || signed.chainId === null ? [] : [integer(signed.chainId)]),
    integer(nonce),
    ...fees,
    integer(gas),
    to ?? EMPTY,
    integer(value),
    input,
    ...(type === 0 ? [] : type === 4 ? [accessList, authorizations] : [accessList]),
  ];
}

const STRING = 0x80;
const LIST = 0xc0;
/** What is longer has its length in bytes of its own. */
const MOST_SHORT = 55;

function rlpHeader(kind: number, length: number): string {
  if (length <= MOST_SHORT) return (kind + length).toString(16);
  const size = integer(length).slice(2);
  return (kind + MOST_SHORT + size.length / 2).toString(16) + size;
}

/**
 * RLP (Ethereum's Yellow Paper, appendix B), from digits to digits: a bundle waits for it, and viem's way over bytes takes
 * four times as long.
 */
function rlp(item: Item): string {
  if (isList(item)) {
    const items = item.map(rlp).join("");
    return rlpHeader(LIST, items.length / 2) + items;
  }
  const digits = item.slice(2);
  if (digits.length === 2 && Number.parseInt(digits, 16) < STRING) return digits;
  return rlpHeader(STRING, digits.length / 2) + digits;
}

const enveloped = (type: number, items: Item[]): Hex =>
  type === 0 ? `0x${rlp(items)}` : `0x${type.toString(16).padStart(2, "0")}${rlp(items)}`;

/** EIP-155's `v` of legacy transactions; the others carry the parity itself. */
function parityItem(type: number, { chainId, yParity }: SignedPart): Hex {
  if (type !== 0) return integer(yParity);
  return integer((chainId === null ? 27n : 35n + 2n * BigInt(chainId)) + BigInt(yParity));
}

/**
 * The signed bytes of a pending transaction. Null where its signature is not known or its type is not ours. The
 * bytes are those that were signed when their hash is the transaction's: the caller checks it.
 */
export function rebuildRaw(transaction: PendingTransaction): Hex | null {
  const { type, signed } = transaction;
  if (signed === null || !FIELD_COUNTS.has(type)) return null;
  const body = bodyItems(transaction, signed);
  if (body === null) return null;
  return enveloped(type, [...body, parityItem(type, signed), integer(signed.r), integer(signed.s)]);
}

// --- reading

/** What a signed raw transaction says. */
export type ParsedRaw =
  | {
      readonly type: "transaction";
      readonly transaction: PendingTransaction & { readonly signed: SignedPart };
    }
  /** Sound, but not for us. The hash is null for types whose rule for it we do not know. */
  | { readonly type: "unsupported"; readonly hash: Hash | null; readonly why: string }
  | { readonly type: "malformed"; readonly why: string };

class Malformed extends Error {
  override readonly name = "Malformed";
}

const isList = (item: Item): item is readonly Item[] => typeof item !== "string";

function bytesOf(item: Item | undefined, name: string): Hex {
  if (item === undefined || isList(item)) throw new Malformed(`${name} is not a string of bytes`);
  return item;
}

function listOf(item: Item | undefined, name: string): readonly Item[] {
  if (item === undefined || !isList(item)) throw new Malformed(`${name} is not a list`);
  return item;
}

function sizedOf(item: Item | undefined, name: string, size: number): Hex {
  const bytes = bytesOf(item, name);
  if (bytes.length !== 2 + 2 * size) throw new Malformed(`${name} does not have ${size} bytes`);
  return bytes;
}

function integerOf(item: Item | undefined, name: string, bits = 256): bigint {
  const bytes = bytesOf(item, name);
  if (bytes === EMPTY) return 0n;
  if (bytes.startsWith("0x00")) throw new Malformed(`${name} begins with zeros`);
  if (bytes.length > 2 + bits / 4) throw new Malformed(`${name} has more than ${bits} bits`);
  return BigInt(bytes);
}

function countOf(item: Item | undefined, name: string): number {
  const count = Number(integerOf(item, name, 64));
  if (!Number.isSafeInteger(count)) throw new Malformed(`${name} is beyond 2^53`);
  return count;
}

function parityOf(value: bigint, name: string): 0 | 1 {
  if (value !== 0n && value !== 1n) throw new Malformed(`${name} is neither 0 nor 1`);
  return value === 0n ? 0 : 1;
}

function accessEntryOf(item: Item): AccessEntry {
  const [address, keys, ...rest] = listOf(item, "an access list's entry");
  if (rest.length > 0) throw new Malformed("an access list's entry has more than two parts");
  const storageKeys = listOf(keys, "storageKeys").map((key) => sizedOf(key, "a storage key", 32));
  return { address: sizedOf(address, "an access list's address", 20), storageKeys };
}

function authorizationOf(item: Item): Authorization {
  const [chainId, address, nonce, yParity, r, s, ...rest] = listOf(item, "an authorization");
  if (rest.length > 0) throw new Malformed("an authorization has more than six parts");
  return {
    chainId: integerOf(chainId, "an authorization's chainId"),
    address: sizedOf(address, "an authorization's address", 20),
    nonce: integerOf(nonce, "an authorization's nonce", 64),
    yParity: parityOf(integerOf(yParity, "an authorization's yParity"), "an authorization's yParity"),
    r: integerOf(r, "an authorization's r"),
    s: integerOf(s, "an authorization's s"),
  };
}

type Signature = Pick<SignedPart, "yParity" | "r" | "s">;

/** What the `v` of a legacy transaction says: 27 or 28, or by EIP-155 35 + 2 chainId + parity; null for all else. */
export function readLegacyV(v: bigint): Pick<SignedPart, "chainId" | "yParity"> | null {
  if (v === 27n || v === 28n) return { chainId: null, yParity: v === 27n ? 0 : 1 };
  const chainId = Number((v - 35n) / 2n);
  return v < 35n || !Number.isSafeInteger(chainId) ? null : { chainId, yParity: v % 2n === 1n ? 0 : 1 };
}

function readSigner(type: number, chainId: Item | undefined, v: bigint) {
  if (type !== 0) return { chainId: countOf(chainId, "chainId"), yParity: parityOf(v, "yParity") };
  const signer = readLegacyV(v);
  if (signer === null) throw new Malformed(`v of ${v} is no signature's`);
  return signer;
}

type Unsent = Omit<PendingTransaction, "hash" | "from"> & { readonly signed: SignedPart };

function readFees(type: number, items: readonly Item[]) {
  const [first, second] = items;
  if (type <= 1) {
    return { gasPrice: integerOf(first, "gasPrice"), maxFeePerGas: null, maxPriorityFeePerGas: null };
  }
  const maxPriorityFeePerGas = integerOf(first, "maxPriorityFeePerGas");
  return { gasPrice: null, maxPriorityFeePerGas, maxFeePerGas: integerOf(second, "maxFeePerGas") };
}

function readItems(type: number, items: readonly Item[]): Unsent {
  const count = FIELD_COUNTS.get(type);
  if (items.length !== count) throw new Malformed(`${items.length} fields, type ${type} has ${count}`);
  // Behind the chain and the nonce stand one or two fees.
  const nonceAt = type === 0 ? 0 : 1;
  const gasAt = nonceAt + (type <= 1 ? 2 : 3);
  const [gas, to, value, input, accessList = [], authorizationList = []] = items.slice(gasAt, -3);
  const [v, r, s] = items.slice(-3);
  return {
    type,
    nonce: countOf(items[nonceAt], "nonce"),
    ...readFees(type, items.slice(nonceAt + 1, gasAt)),
    gas: integerOf(gas, "gas", 64),
    to: to === EMPTY && type !== 4 ? null : sizedOf(to, "to", 20),
    value: integerOf(value, "value"),
    input: bytesOf(input, "input"),
    signed: {
      ...readSigner(type, items[0], integerOf(v, "v")),
      accessList: listOf(accessList, "accessList").map(accessEntryOf),
      authorizationList: listOf(authorizationList, "authorizationList").map(authorizationOf),
      r: integerOf(r, "r"),
      s: integerOf(s, "s"),
    },
  };
}

/** What its author signed: the body, and EIP-155's chain in place of the signature. */
function signedHash(type: number, body: Item[], chainId: number | null): Hash {
  const chain: Item[] = type === 0 && chainId !== null ? [integer(chainId), EMPTY, EMPTY] : [];
  return keccak256(enveloped(type, [...body, ...chain]));
}

/** The upper bound of s by EIP-2: half the group's order. */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** The address that signed. */
function signerOf(hash: Hash, { yParity, r, s }: Signature): Address {
  if (s > MAX_S) throw new Malformed("s is in the upper half");
  const signature = hexToBytes(concatHex([numberToHex(r, { size: 32 }), numberToHex(s, { size: 32 })]));
  try {
    const key = recoverKey(hexToBytes(hash), signature, yParity);
    return `0x${keccak256(key.subarray(1)).slice(-40)}`;
  } catch {
    throw new Malformed("nobody's signature");
  }
}

function readRaw(raw: Hex, chainId: number): ParsedRaw {
  const first = Number.parseInt(raw.slice(2, 4), 16);
  const type = first >= 0xc0 ? 0 : first;
  const foreign = FOREIGN_TYPES.get(type);
  if (foreign !== undefined) return { type: "unsupported", hash: null, why: `${foreign} are not read` };
  if (!FIELD_COUNTS.has(type)) throw new Malformed(`0x${raw.slice(2, 4)} begins no known type`);
  const items = readItems(type, listOf(fromRlp(type === 0 ? raw : `0x${raw.slice(4)}`, "hex"), "the body"));
  const hash = keccak256(raw);
  const { signed } = items;
  if (signed.chainId !== null && signed.chainId !== chainId)
    return { type: "unsupported", hash, why: `signed for chain ${signed.chainId}, not ${chainId}` };
  const unsigned = { ...items, hash, from: EMPTY };
  const body = bodyItems(unsigned, signed);
  if (body === null) throw new Malformed("fields of its type are missing");
  const from = signerOf(signedHash(type, body, signed.chainId), signed);
  return { type: "transaction", transaction: { ...unsigned, from } };
}

/**
 * Reads a signed raw transaction of any of our types strictly: what the chain would refuse to read is malformed. One
 * of another chain is unsupported, one from before EIP-155 belongs to every chain. Never throws.
 */
export function parseRaw(raw: Hex, chainId: number): ParsedRaw {
  if (raw.length > MAX_RAW_CHARS) return { type: "malformed", why: "longer than 128 KiB" };
  if (!/^0x(?:[0-9a-fA-F]{2})+$/.test(raw)) return { type: "malformed", why: "not hex data of whole bytes" };
  try {
    return readRaw(`0x${raw.slice(2).toLowerCase()}`, chainId);
  } catch (error) {
    if (error instanceof Malformed) return { type: "malformed", why: error.message };
    if (error instanceof BaseError) return { type: "malformed", why: `no RLP: ${error.shortMessage}` };
    throw error;
  }
}
