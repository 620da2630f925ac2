import type { Buffer } from "node:buffer";
import { createByteBuffer, writeAddress, type ByteBuffer } from "./bytes.ts";
import type { UnsignedTransaction } from "./signer.ts";

/** All of a transaction but its data. */
export type Envelope = Omit<UnsignedTransaction, "data">;

/**
 * One EIP-1559 transaction at a time: 0x02 ‖ rlp([chainId, nonce, tip, maxFee, gas, to, value, data, accessList]),
 * and with the signature's three fields behind them. Both forms share their fields' bytes, so these are written once
 * from `FIELDS_AT` on, and the header of either form is set right before them.
 */
export interface TransactionBuffer extends ByteBuffer {
  /** First byte of the data. */
  dataAt: number;
  /** Behind the last field written. */
  end: number;
}

const TYPE = 0x02;
const EMPTY_STRING = 0x80;
const EMPTY_LIST = 0xc0;
/** Room for the type and for the header of a list of up to 2^32-1 bytes. */
const FIELDS_AT = 6;
/** More than all fields but the data can take: nine integers of up to 33 bytes, an address, headers. */
const OVERHEAD = 512;
const MAX_UINT256 = 2n ** 256n - 1n;

export const createTransactionBuffer = (capacity = 8192): TransactionBuffer => ({
  ...createByteBuffer(capacity),
  dataAt: FIELDS_AT,
  end: FIELDS_AT,
});

/** Bytes of a whole number in 1..2^53-1, big-endian without leading zeros. */
function byteLength(value: number): number {
  const high = Math.floor(value / 0x1_0000_0000);
  return high === 0 ? 4 - (Math.clz32(value) >>> 3) : 8 - (Math.clz32(high) >>> 3);
}

/** Writes the low `length` bytes of a whole number below 2^53, big-endian. */
function writeBigEndian(bytes: Uint8Array, at: number, value: number, length: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  for (let i = at + length - 1, shift = 0; i >= at; i--, shift += 8)
    bytes[i] = shift < 32 ? value >>> shift : high >>> (shift - 32);
}

/** An RLP string header, or `EMPTY_LIST` in place of `EMPTY_STRING` a list's; returns the offset behind it. */
function writeHeader(bytes: Uint8Array, at: number, kind: number, length: number): number {
  if (length < 56) {
    bytes[at] = kind + length;
    return at + 1;
  }
  const size = byteLength(length);
  bytes[at] = kind + 55 + size;
  writeBigEndian(bytes, at + 1, length, size);
  return at + 1 + size;
}

function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    bytes[at] = value === 0 ? EMPTY_STRING : value;
    return at + 1;
  }
  const length = byteLength(value);
  bytes[at] = EMPTY_STRING + length;
  writeBigEndian(bytes, at + 1, value, length);
  return at + 1 + length;
}

function writeInteger(bytes: Buffer, at: number, name: string, value: bigint): number {
  if (value < 0n || value > MAX_UINT256) throw new RangeError(`${name} ${value} is not in 0..2^256-1`);
  if (value <= Number.MAX_SAFE_INTEGER) return writeNumber(bytes, at, Number(value));
  const digits = value.toString(16);
  const length = (digits.length + 1) >> 1;
  bytes[at] = EMPTY_STRING + length;
  bytes.write(digits.padStart(2 * length, "0"), at + 1, length, "hex");
  return at + 1 + length;
}

/** 32 bytes of the signature as the integer that they are: without leading zeros. */
function writeScalar(bytes: Uint8Array, at: number, signature: Uint8Array, from: number): number {
  const to = from + 32;
  let first = from;
  while (first < to && signature[first] === 0) first++;
  const single = first === to - 1 && (signature[first] ?? 0) < 0x80;
  let next = single ? at : writeHeader(bytes, at, EMPTY_STRING, to - first);
  for (let i = first; i < to; i++) bytes[next++] = signature[i] ?? 0;
  return next;
}

const checkCount = (name: string, value: number, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} ${value} is not a whole number`);
};

/**
 * Writes all fields before the data and the data's header; returns the offset at which the caller writes its
 * `dataLength` bytes, into what `buffer.bytes` is from now on: it grows when they need more room. Throws a
 * `RangeError` on fields that no transaction can have.
 */
export function openTransaction(buffer: TransactionBuffer, envelope: Envelope, dataLength: number): number {
  checkCount("chainId", envelope.chainId, 1);
  checkCount("nonce", envelope.nonce, 0);
  const { maxFeePerGas, maxPriorityFeePerGas } = envelope;
  if (maxPriorityFeePerGas > maxFeePerGas)
    throw new RangeError(`tip ${maxPriorityFeePerGas} is above the fee ${maxFeePerGas}`);
  if (dataLength + OVERHEAD > buffer.bytes.length)
    Object.assign(buffer, createByteBuffer(2 * (dataLength + OVERHEAD)));
  const { bytes } = buffer;
  let at = writeNumber(bytes, FIELDS_AT, envelope.chainId);
  at = writeNumber(bytes, at, envelope.nonce);
  at = writeInteger(bytes, at, "maxPriorityFeePerGas", maxPriorityFeePerGas);
  at = writeInteger(bytes, at, "maxFeePerGas", maxFeePerGas);
  at = writeInteger(bytes, at, "gas", envelope.gas);
  bytes[at] = EMPTY_STRING + 20;
  writeAddress(bytes, at + 1, envelope.to);
  at = writeInteger(bytes, at + 21, "value", envelope.value);
  buffer.dataAt = writeHeader(bytes, at, EMPTY_STRING, dataLength);
  buffer.end = buffer.dataAt + dataLength;
  return buffer.dataAt;
}

/** Sets type and list header before the fields; the transaction's bytes, good until the buffer is used again. */
function seal({ bytes, end }: TransactionBuffer): Buffer {
  const length = end - FIELDS_AT;
  const start = FIELDS_AT - (length < 56 ? 1 : 1 + byteLength(length));
  writeHeader(bytes, start, EMPTY_LIST, length);
  bytes[start - 1] = TYPE;
  return bytes.subarray(start - 1, end);
}

/** What is hashed and signed, once the data stands in its place. Call it once per transaction. */
export function signingPayload(buffer: TransactionBuffer): Buffer {
  const { bytes, dataAt, end } = buffer;
  // A single byte below 0x80 is its own RLP, without a header.
  if (end - dataAt === 1 && (bytes[dataAt] ?? 0) < 0x80) {
    bytes[dataAt - 1] = bytes[dataAt] ?? 0;
    buffer.end = dataAt;
  }
  bytes[buffer.end++] = EMPTY_LIST;
  return seal(buffer);
}

/** The raw transaction: the payload with r and s (32 bytes each) and the parity behind it. Call it once. */
export function signedTransaction(buffer: TransactionBuffer, signature: Uint8Array, yParity: 0 | 1): Buffer {
  const { bytes } = buffer;
  const at = writeNumber(bytes, buffer.end, yParity);
  buffer.end = writeScalar(bytes, writeScalar(bytes, at, signature, 0), signature, 32);
  return seal(buffer);
}
