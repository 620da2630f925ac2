/**
 * The decoder of log frames in AssemblyScript: compares a text with a shape sixteen bytes at a time, checks its hex
 * digits, and turns those that are asked for into numbers. It owns no memory. A shape is laid out by
 * `src/feed/frames/shapeMemory.ts`: the bytes that each of its five lists takes, then the lists one after another.
 * All places are counted from the beginning of the text.
 */

/** Results, in the places that `src/feed/frames/frameKernel.ts` reads. */
const WORDS: usize = 0;
const COUNTS: usize = 256;

/** Byte lengths of the lists. */
const HEADER: usize = 20;
/** A place, 12 bytes of nothing, the text. */
const LITERAL: usize = 32;
/** The same, and a mask: 0xff where the text must be the same, 0 where a hex digit must stand. */
const MIXED: usize = 48;
const PLACE: usize = 4;

/** 1 when the text has the shape; its numbers are then written. */
export function read(shape: usize, text: usize): u32 {
  let at = shape + HEADER;
  let wrong = i64x2.splat(0);
  for (const end = at + load<u32>(shape); at < end; at += LITERAL) {
    wrong = v128.or(wrong, v128.xor(v128.load(text + load<u32>(at)), v128.load(at, 16)));
  }
  for (const end = at + load<u32>(shape, 4); at < end; at += MIXED) {
    const found = v128.load(text + load<u32>(at));
    const other = v128.xor(found, v128.load(at, 16));
    wrong = v128.or(wrong, v128.bitselect(other, v128.not(digits(found)), v128.load(at, 32)));
  }
  let right = i8x16.splat(-1);
  for (const end = at + load<u32>(shape, 8); at < end; at += PLACE) {
    right = v128.and(right, digits(v128.load(text + load<u32>(at))));
  }
  if (v128.any_true(v128.or(wrong, v128.not(right)))) return 0;
  let to = WORDS;
  for (const end = at + load<u32>(shape, 12); at < end; at += PLACE, to += 32) {
    readWord(text + load<u32>(at), to);
  }
  to = COUNTS;
  for (const end = at + load<u32>(shape, 16); at < end; at += PLACE, to += 8) {
    readCount(text + load<u32>(at), to);
  }
  return 1;
}

/** All bits of a byte where a hex digit stands. */
// @ts-ignore: decorator
@inline
function digits(text: v128): v128 {
  const lower = v128.or(text, i8x16.splat(0x20));
  return v128.or(
    i8x16.lt_u(i8x16.sub(text, i8x16.splat(0x30)), i8x16.splat(10)),
    i8x16.lt_u(i8x16.sub(lower, i8x16.splat(0x61)), i8x16.splat(6)),
  );
}

/** The bytes of sixteen digits, each in two bytes; whatever is no digit spoils its own four bits alone. */
// @ts-ignore: decorator
@inline
function pairs(at: usize): v128 {
  const text = v128.load(at);
  const letter = v128.and(i8x16.gt_u(text, i8x16.splat(0x39)), i8x16.splat(9));
  const nibbles = v128.and(i8x16.add(text, letter), i8x16.splat(15));
  return v128.and(v128.or(i16x8.shl(nibbles, 4), i16x8.shr_u(nibbles, 8)), i16x8.splat(0xff));
}

/** Sixteen bytes of 32 digits, the lowest first. */
// @ts-ignore: decorator
@inline
function half(at: usize): v128 {
  const bytes = i8x16.narrow_i16x8_u(pairs(at), pairs(at + 16));
  return i8x16.shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
}

/** 256 bits of 64 digits, little-endian. */
// @ts-ignore: decorator
@inline
function readWord(at: usize, to: usize): void {
  v128.store(to, half(at + 32));
  v128.store(to, half(at), 16);
}

/** 64 bits of 16 digits, little-endian. */
// @ts-ignore: decorator
@inline
function readCount(at: usize, to: usize): void {
  const bytes = i8x16.narrow_i16x8_u(pairs(at), i64x2.splat(0));
  const turned = i8x16.shuffle(bytes, bytes, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  v128.store64_lane(to, turned, 0);
}
