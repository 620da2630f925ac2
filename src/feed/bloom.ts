import { keccak256 } from "viem/utils";
import type { Hex } from "../chain/types.ts";

/** The three bits that an address or topic sets in a block's 2048-bit bloom (yellow paper, 4.3.1). */
export type BloomKey = readonly [number, number, number];

/** Byte 0 holds the highest bits. */
export type Bloom = Uint8Array;

export function bloomKey(item: Hex): BloomKey {
  const hash = Buffer.from(keccak256(item).slice(2), "hex");
  const bit = (at: number): number => hash.readUInt16BE(at) & 2047;
  return [bit(0), bit(2), bit(4)];
}

/** `logsBloom` of a parsed header: `0x` and 512 digits. */
export const bloomOf = (logsBloom: Hex): Bloom => Buffer.from(logsBloom.slice(2), "hex");

const has = (bloom: Bloom, bit: number): boolean => ((bloom[255 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0;

/** False: the block certainly has no log with this address or topic. True: it may have. */
export const mayContain = (bloom: Bloom, [a, b, c]: BloomKey): boolean =>
  has(bloom, a) && has(bloom, b) && has(bloom, c);
