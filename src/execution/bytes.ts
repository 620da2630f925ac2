import { Buffer } from "node:buffer";
import { isAddress } from "viem";
import type { Address, Hex } from "../chain/types.ts";

/** Bytes that are written in place: made once, used again for every transaction. */
export interface ByteBuffer {
  bytes: Buffer;
  /** Over the same bytes. */
  view: DataView;
}

export function createByteBuffer(capacity: number): ByteBuffer {
  const memory = new ArrayBuffer(capacity);
  return { bytes: Buffer.from(memory), view: new DataView(memory) };
}

/** `0x` and the digits of the bytes. */
export const toHex = (bytes: Uint8Array): Hex =>
  `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;

/** ASCII code → value of the hex digit; bit 4 marks an upper-case one, bit 7 what is none. */
const UPPER_CASE = 0x10;
const NO_DIGIT = 0x80;
const DIGITS = new Uint8Array(256).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value | UPPER_CASE;
  DIGITS[digit.charCodeAt(0)] = value;
}

/** Length in bytes of `0x` and an even number of digits; throws a `RangeError` otherwise. */
export function hexLength(hex: Hex): number {
  if (hex.length % 2 !== 0 || !hex.startsWith("0x"))
    throw new RangeError("hex data needs 0x and whole bytes");
  return hex.length / 2 - 1;
}

/**
 * Writes `length` bytes of `0x…` at `at`. Returns the digits' flags together: `UPPER_CASE`, `NO_DIGIT`. A loop, since
 * the call into Node's own decoder costs more than decoding an address.
 */
function writeDigits(bytes: Uint8Array, at: number, hex: Hex, length: number): number {
  let seen = 0;
  for (let i = 0, digit = 2; i < length; i++, digit += 2) {
    const high = DIGITS[hex.charCodeAt(digit)] ?? NO_DIGIT;
    const low = DIGITS[hex.charCodeAt(digit + 1)] ?? NO_DIGIT;
    seen |= high | low;
    bytes[at + i] = (high << 4) | (low & 15);
  }
  return seen;
}

const ADDRESS_CHARACTERS = 42;
const HASH_CHARACTERS = 66;

/** Writes the 20 bytes of an address at `at`; one with capitals must carry their checksum (EIP-55). */
export function writeAddress(bytes: Uint8Array, at: number, address: Address): void {
  const flags = address.length === ADDRESS_CHARACTERS ? writeDigits(bytes, at, address, 20) : NO_DIGIT;
  if (flags < UPPER_CASE && address.startsWith("0x")) return;
  const checksummed: boolean = isAddress(address);
  if (!checksummed) throw new RangeError(`${address} is not an address`);
}

/** Writes 32 bytes at `at`. */
export function writeHash(bytes: Uint8Array, at: number, hash: Hex): void {
  const flags = hash.length === HASH_CHARACTERS ? writeDigits(bytes, at, hash, 32) : NO_DIGIT;
  if (flags >= NO_DIGIT || !hash.startsWith("0x")) throw new RangeError(`${hash} is not a hash of 32 bytes`);
}

/** Writes hex data at `at`; returns the offset behind it. */
export function writeHex(bytes: Buffer, at: number, hex: Hex): number {
  const length = hexLength(hex);
  // Node's decoder stops at the first character that is no digit, and says so only by the count.
  if (bytes.write(hex.slice(2), at, length, "hex") !== length) throw new RangeError("not hex data");
  return at + length;
}

/** The bytes of hex data. */
export function fromHex(hex: Hex): Buffer {
  const bytes = Buffer.allocUnsafe(hexLength(hex));
  writeHex(bytes, 0, hex);
  return bytes;
}
