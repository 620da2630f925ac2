import { SHAPES_AT, type FrameKernel } from "./frameKernel.ts";
import type { LogShape, Stretch } from "./logShape.ts";

/** Where shapes are written for the kernel, one behind the other. */
export interface ShapeMemory {
  /** The byte address for `FrameKernel.read`; null when there is no room left. */
  write(shape: LogShape): number | null;
  clear(): void;
}

/** The kernel's wide loads. */
const BLOCK = 16;
const ADDRESS_DIGITS = 40;
const WORD_DIGITS = 64;
const COUNT_DIGITS = 16;
/** Loads and stores of 16 bytes want to lie in one cache line. */
const ALIGNMENT = 64;
/** So that the first text of the lists is aligned. */
const HEADER = 20;

export function createShapeMemory({ memory }: FrameKernel): ShapeMemory {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  let free = SHAPES_AT;
  return {
    write: (shape) => {
      const lists = listsOf(shape);
      const at = Math.ceil((free + HEADER) / ALIGNMENT) * ALIGNMENT - HEADER;
      const end = at + HEADER + lists.reduce((bytes, list) => bytes + list.length, 0);
      if (end > memory.length) return null;
      for (const [i, list] of lists.entries()) view.setUint32(at + 4 * i, list.length, true);
      memory.set(Buffer.concat(lists), at + HEADER);
      free = end;
      return at;
    },
    clear: () => (free = SHAPES_AT),
  };
}

const isLong = ({ from, end }: Stretch): boolean => end - from >= BLOCK;

const block = (source: Buffer, at: number): Buffer => source.subarray(at, at + BLOCK);

/** In the kernel's order: what must be the same, what is mixed, digits, words, counts. */
function listsOf({ text, digits, kind, words, ...shape }: LogShape): readonly Buffer[] {
  const literals = between(digits, text.length);
  const short = [...literals, ...digits].filter((stretch) => !isLong(stretch));
  const bytes = Buffer.from(text, "latin1");
  const mask = Buffer.alloc(text.length, 0xff);
  for (const { from, end } of digits) mask.fill(0, from, end);
  const literal = (at: number): Buffer[] => [place(at), Buffer.alloc(12), block(bytes, at)];
  const mixedAt = short.map(({ from }) => Math.min(from, text.length - BLOCK));
  const wordsAt = [
    shape.address + ADDRESS_DIGITS - WORD_DIGITS,
    ...kind.reads.map((word) => words[word] ?? 0),
  ];
  const countsAt = [shape.blockNumber, shape.logIndex].map(({ end }) => end - COUNT_DIGITS);
  return [
    literals.filter(isLong).flatMap(blocksOf).flatMap(literal),
    mixedAt.flatMap((at) => [...literal(at), block(mask, at)]),
    digits.filter(isLong).flatMap(blocksOf).map(place),
    wordsAt.map(place),
    countsAt.map(place),
  ].map((list) => Buffer.concat(list));
}

/** Of the blocks that cover a stretch; the last may overlap the one before. */
const blocksOf = ({ from, end }: Stretch): number[] =>
  Array.from({ length: Math.ceil((end - from) / BLOCK) }, (_, i) => Math.min(from + BLOCK * i, end - BLOCK));

function place(at: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(at);
  return bytes;
}

/** What ordered stretches leave of a text. */
function between(stretches: readonly Stretch[], length: number): readonly Stretch[] {
  const froms = [0, ...stretches.map(({ end }) => end)];
  const ends = [...stretches.map(({ from }) => from), length];
  return froms.map((from, i) => ({ from, end: ends[i] ?? length })).filter(({ from, end }) => from < end);
}
