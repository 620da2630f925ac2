import { type AbiParameter, decodeAbiParameters, type DecodeAbiParametersReturnType } from "viem";
import type { Address, Hex } from "../../chain/types.ts";

/** Why calldata is not read. `opaque`: it may do something all the same, which a simulation would tell. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly opaque: boolean;

  constructor(why: string, opaque: boolean) {
    super(why);
    this.opaque = opaque;
  }
}

/** The router would revert on it. */
export const reverts = (why: string): never => {
  throw new Refusal(why, false);
};

/** It is beyond us. */
export const unread = (why: string): never => {
  throw new Refusal(why, true);
};

const WORD = 32;
const LENGTH_BYTES = 4;

/**
 * The arguments of a function. Value types are declared as `bytes32` and narrowed by the functions below: viem neither
 * looks at the bits above a type's width nor lets us choose, and would spend 20 us on the checksum of an address.
 */
export function read<const Layout extends readonly AbiParameter[]>(
  layout: Layout,
  args: Uint8Array,
): DecodeAbiParametersReturnType<Layout> {
  try {
    return decodeAbiParameters(layout, args);
  } catch {
    return reverts("its arguments cannot be read");
  }
}

/** The low 160 bits, as contracts without ABI coder 2 (Solidity before 0.8 by default) take an address. */
export const maskedAddress = (word: Hex): Address => `0x${word.slice(26)}`;

const NO_BITS = "0".repeat(64);
const fits = (word: Hex, bits: number): boolean => word.startsWith(NO_BITS.slice(0, 64 - bits / 4), 2);

/** ABI coder 2 reverts where bits above the type's width are set, as do the next three. */
export const strictAddress = (word: Hex): Address =>
  fits(word, 160) ? maskedAddress(word) : reverts("an address has more than 160 bits");

/** An unsigned number of `bits`, a multiple of four. */
export const uint = (word: Hex, bits = 256): bigint =>
  fits(word, bits) ? BigInt(word) : reverts(`a number has more than ${bits} bits`);

export const flag = (word: Hex): boolean => {
  const value = uint(word);
  return value > 1n ? reverts("a truth value is neither 0 nor 1") : value === 1n;
};

/** The word at a byte, where it counts bytes or elements inside of `args`. */
export function sizeAt(args: Uint8Array, at: number): number {
  if (at + WORD > args.length) return reverts("its arguments are cut short");
  const low = at + WORD - LENGTH_BYTES;
  for (let i = at; i < low; i++) if (args[i] !== 0) return reverts("an offset or a length is out of range");
  const size = new DataView(args.buffer, args.byteOffset + low, LENGTH_BYTES).getUint32(0);
  return size > args.length ? reverts("an offset or a length is out of range") : size;
}

/**
 * The elements of a `bytes[]` whose offset stands in the word at `head`, as views: nested calls cost no copy (viem
 * would turn each into hex). Their lengths may not add up to more than there is, so that elements which share their
 * bytes, level after level, are not read again and again.
 */
export function byteStrings(args: Uint8Array, head: number): readonly Uint8Array[] {
  const start = sizeAt(args, head);
  const count = sizeAt(args, start);
  const first = start + WORD;
  if (first + count * WORD > args.length) return reverts("its arguments are cut short");
  let left = args.length;
  return Array.from({ length: count }, (_, i) => {
    const at = first + sizeAt(args, first + i * WORD);
    const length = sizeAt(args, at);
    if (at + WORD + length > args.length) return reverts("its arguments are cut short");
    left -= length;
    return left < 0 ? unread("its calls share their bytes") : args.subarray(at + WORD, at + WORD + length);
  });
}
