import { Buffer } from "node:buffer";
import { isAddress } from "viem";
import { HEX_DIGITS } from "../chain/hexDigits.ts";
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

/** Length in bytes of `0x` and an even number of digits; throws a `RangeError` otherwise. */
export function hexLength(hex: Hex): number {
  if (hex.length % 2 !== 0 || !hex.startsWith("0x"))
    throw new RangeError("hex data needs 0x and whole bytes");
  return hex.length / 2 - 1;
}

/** What `writeDigits` has seen: a capital; something that is no digit, which makes it negative. */
const UPPER_CASE = 0x40;
const NO_DIGIT = -1;

/**
 * Writes `length` bytes of `0x…` at `at`. Returns what it has seen. A loop, since the call into Node's own decoder costs
 * more than decoding an address.
 */
function writeDigits(bytes: Uint8Array, at: number, hex: Hex, length: number): number {
  let seen = 0;
  for (let i = 0, digit = 2; i < length; i++, digit += 2) {
    const first = hex.charCodeAt(digit);
    const second = hex.charCodeAt(digit + 1);
    const high = HEX_DIGITS[first] ?? NO_DIGIT;
    const low = HEX_DIGITS[second] ?? NO_DIGIT;
    // In ASCII a capital has bit 6 without bit 5.
    const capitals = (first & ~(first << 1)) | (second & ~(second << 1));
    seen |= high | low | (capitals & UPPER_CASE);
    bytes[at + i] = (high << 4) | low;
  }
  return seen;
}

const ADDRESS_CHARACTERS = 42;
const HASH_CHARACTERS = 66;

/** Writes the 20 bytes of an address at `at`; one with capitals must carry their checksum (EIP-55). */
export function writeAddress(bytes: Uint8Array, at: number, address: Address): void {
  const seen = address.length === ADDRESS_CHARACTERS ? writeDigits(bytes, at, address, 20) : NO_DIGIT;
  if (seen >= 0 && seen < UPPER_CASE && address.startsWith("0x")) return;
  const checksummed: boolean = isAddress(address);
  if (!checksummed) throw new RangeError(`${address} is not an address`);
}

/** Writes 32 bytes at `at`. */
export function writeHash(bytes: Uint8Array, at: number, hash: Hex): void {
  const seen = hash.length === HASH_CHARACTERS ? writeDigits(bytes, at, hash, 32) : NO_DIGIT;
  if (seen < 0 || !hash.startsWith("0x")) throw new RangeError(`${hash} is not a hash of 32 bytes`);
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
