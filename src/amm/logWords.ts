import type { Hex } from "../chain/types.ts";

/** The part of a log that describes the pool. */
export interface PoolLog {
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/**
 * The 32-byte words of a log as unsigned integers: the indexed ones, then those of the data. Null unless there are
 * exactly `indexed` and `plain` of them.
 */
export function wordsOf(log: PoolLog, indexed: number, plain: number): readonly bigint[] | null {
  const { topics, data } = log;
  if (topics.length !== indexed + 1 || data.length !== 2 + 64 * plain) return null;
  const hex = topics.slice(1).reduce((all, topic) => all + topic.slice(2), "") + data.slice(2);
  if (hex.length !== 64 * (indexed + plain) || !/^[0-9a-fA-F]*$/.test(hex)) return null;
  return Array.from({ length: indexed + plain }, (_, i) => BigInt(`0x${hex.slice(64 * i, 64 * i + 64)}`));
}

/** The word as an unsigned integer of `bits`; null when it is larger. */
export const unsigned = (word: bigint | undefined, bits: number): bigint | null =>
  word !== undefined && word >> BigInt(bits) === 0n ? word : null;

const INT24_MAX = 0x7fffff;
const WORD = 1n << 256n;

/** The word as an int24; null when it is none. */
export function int24(word: bigint | undefined): number | null {
  if (word === undefined) return null;
  const value = Number(word >> 255n === 0n ? word : word - WORD);
  return value >= -INT24_MAX - 1 && value <= INT24_MAX ? value : null;
}
