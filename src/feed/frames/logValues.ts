import { LIMBS, LOG_KIND, type LogRecord } from "./logRecord.ts";

/** The words as the kernel leaves them: the address, then those of `LogKind.reads`. */
export const UNSIGNED_AT = LIMBS;
const SIGNED_AT = 3 * LIMBS;

/**
 * Takes the values of the record's kind out of the words. False when one is out of range of its Solidity type: no
 * contract of the kind writes such a log, and the general decoder may judge it.
 */
export function takeValues(words: Int32Array, record: LogRecord): boolean {
  switch (record.kind) {
    case LOG_KIND.sync:
      return takeUnsigned(words, record, 0, 112) && takeUnsigned(words, record, 1, 112);
    case LOG_KIND.swap:
      return (
        takeUnsigned(words, record, 0, 160) &&
        takeUnsigned(words, record, 1, 128) &&
        takeInt24(words, record, 0)
      );
    case LOG_KIND.mint:
    case LOG_KIND.burn:
      return (
        takeUnsigned(words, record, 0, 128) && takeInt24(words, record, 0) && takeInt24(words, record, 1)
      );
    case LOG_KIND.initialize:
      return takeUnsigned(words, record, 0, 160) && takeInt24(words, record, 0);
    case LOG_KIND.fee:
      return takeUnsigned(words, record, 0, 16);
    default:
      return takeInt24(words, record, 0);
  }
}

/**
 * Unsigned value `i` of at most `bits`: 16, 112, 128 or 160. Its exact limbs are the record's already. Summed from
 * the lowest limb, so that the last rounding is the one that counts.
 */
function takeUnsigned(words: Int32Array, { limbs, floats }: LogRecord, i: number, bits: number): boolean {
  const at = UNSIGNED_AT + LIMBS * i;
  const first = LIMBS * i;
  floats[i] =
    (limbs[first] ?? 0) +
    (limbs[first + 1] ?? 0) * 2 ** 32 +
    (limbs[first + 2] ?? 0) * 2 ** 64 +
    (limbs[first + 3] ?? 0) * 2 ** 96 +
    (limbs[first + 4] ?? 0) * 2 ** 128;
  let above = (words[at + 5] ?? 0) | (words[at + 6] ?? 0) | (words[at + 7] ?? 0);
  if (bits <= 128) above |= words[at + 4] ?? 0;
  if (bits <= 112) above |= (words[at + 3] ?? 0) >>> 16;
  if (bits <= 16)
    above |= (words[at + 3] ?? 0) | (words[at + 2] ?? 0) | (words[at + 1] ?? 0) | ((words[at] ?? 0) >>> 16);
  return above === 0;
}

/** Signed value `i`: sign-extended over the word's eight limbs. */
function takeInt24(words: Int32Array, { signed }: LogRecord, i: number): boolean {
  const at = SIGNED_AT + LIMBS * i;
  const value = words[at] ?? 0;
  const sign = value >> 31;
  let strange = value ^ ((value << 8) >> 8);
  for (let limb = 1; limb < LIMBS; limb++) strange |= (words[at + limb] ?? 0) ^ sign;
  signed[i] = value;
  return strange === 0;
}
