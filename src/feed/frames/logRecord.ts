import { POOL_TOPICS } from "../../amm/poolLog.ts";
import type { Hash } from "../../chain/types.ts";

/** The events that a frame is read for, as small integers. */
export const LOG_KIND = {
  sync: 0,
  swap: 1,
  mint: 2,
  burn: 3,
  initialize: 4,
  fee: 5,
  tickSpacing: 6,
} as const satisfies Record<keyof typeof POOL_TOPICS, number>;

export interface LogKind {
  readonly kind: number;
  readonly topic: Hash;
  /** Words of 32 bytes: indexed ones (topics behind the first), then those of the data. */
  readonly indexed: number;
  readonly plain: number;
  /** Which of them stand for the record's unsigned 0, unsigned 1, signed 0 and signed 1; a gap repeats any. */
  readonly reads: readonly number[];
}

const kindOf = (event: keyof typeof POOL_TOPICS, words: Omit<LogKind, "kind" | "topic">): LogKind => ({
  kind: LOG_KIND[event],
  topic: POOL_TOPICS[event],
  ...words,
});

/** The words are those that `amm/poolLog.ts` reads. */
export const LOG_KINDS: readonly LogKind[] = [
  kindOf("sync", { indexed: 0, plain: 2, reads: [0, 1] }),
  kindOf("swap", { indexed: 2, plain: 5, reads: [4, 5, 6] }),
  kindOf("mint", { indexed: 3, plain: 4, reads: [4, 4, 1, 2] }),
  kindOf("burn", { indexed: 3, plain: 3, reads: [3, 3, 1, 2] }),
  kindOf("initialize", { indexed: 0, plain: 2, reads: [0, 0, 1] }),
  kindOf("fee", { indexed: 0, plain: 1, reads: [0] }),
  kindOf("tickSpacing", { indexed: 0, plain: 1, reads: [0, 0, 0] }),
];

/** 32-bit limbs of a value in a record. */
export const LIMBS = 8;

/**
 * What the last frame said; overwritten by the next. Values by kind, each in the range of its Solidity type; what is
 * not listed means nothing.
 *
 *   kind          unsigned 0      unsigned 1      signed 0       signed 1
 *   sync          reserve0        reserve1                                    uint112
 *   swap          sqrtPriceX96    liquidity       tick                        uint160, uint128, int24
 *   mint, burn    amount                          tickLower      tickUpper    uint128, int24
 *   initialize    sqrtPriceX96                    tick                        uint160, int24
 *   fee           feePpm                                                      uint16
 *   tickSpacing                                   tickSpacing                 int24
 */
export interface LogRecord {
  /** Id in the address table; -1: not one of ours, and its values are not looked at. */
  pool: number;
  /** Of `LOG_KIND`. */
  kind: number;
  /** The node takes the log back. */
  removed: boolean;
  blockNumber: number;
  logIndex: number;
  /** Exact: limb j of unsigned value i, lowest first, at `LIMBS * i + j`. */
  readonly limbs: Uint32Array;
  /** The unsigned values, each off by at most two units in the last place: estimates. */
  readonly floats: Float64Array;
  readonly signed: Int32Array;
}

/** Unsigned value `i` (0 or 1) of the record, exact, in raw units. Allocates. */
export function unsignedOf({ limbs }: LogRecord, i: number): bigint {
  let value = 0n;
  for (let limb = LIMBS - 1; limb >= 0; limb--) value = (value << 32n) | BigInt(limbs[LIMBS * i + limb] ?? 0);
  return value;
}
