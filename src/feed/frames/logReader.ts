import type { AddressTable } from "../../chain/addressTable.ts";
import type { ChainLog, Hash, Hex } from "../../chain/types.ts";
import { createFrameKernel, TEXT_AT, type FrameKernel } from "./frameKernel.ts";
import { LIMBS, LOG_KINDS, type LogKind, type LogRecord } from "./logRecord.ts";
import type { LogShape, Stretch } from "./logShape.ts";
import { takeValues, UNSIGNED_AT } from "./logValues.ts";
import { createShapeMemory, type ShapeMemory } from "./shapeMemory.ts";

/** First topics that are read (those of no pool's event are not), and the pools whose values are wanted. */
export interface LogReaderOptions {
  readonly topics: readonly Hash[];
  readonly pools: AddressTable;
}

/** The kernel with the shapes that it was taught; what frames and answers read their logs with. */
export interface LogReader {
  readonly kernel: FrameKernel;
  readonly shapes: ShapeMemory;
  readonly kinds: readonly LogKind[];
  readonly pools: AddressTable;
  readonly record: LogRecord;
  /** Many logs share a block: they share the string too. */
  blockHash: Hash;
}

/** A shape that the kernel has. */
export interface KnownShape {
  readonly shape: LogShape;
  /** For the kernel. */
  readonly at: number;
  readonly blockNumber: CountMask;
  readonly logIndex: CountMask;
}

/** Which bits of its sixteen digits belong to a count. */
interface CountMask {
  readonly low: number;
  readonly high: number;
}

const ADDRESS_DIGITS = 40;
const WORD_DIGITS = 64;
const TWO_32 = 2 ** 32;

/** Null where there is no WebAssembly with SIMD. */
export function createLogReader({ topics, pools }: LogReaderOptions): LogReader | null {
  const kernel = createFrameKernel();
  if (kernel === null) return null;
  return {
    kernel,
    shapes: createShapeMemory(kernel),
    kinds: LOG_KINDS.filter(({ topic }) => topics.includes(topic)),
    pools,
    record: createLogRecord(kernel.words),
    blockHash: "0x",
  };
}

/** Its unsigned values are the kernel's own. */
export const createLogRecord = (words: Int32Array): LogRecord => ({
  pool: -1,
  kind: -1,
  removed: false,
  blockNumber: 0,
  logIndex: 0,
  limbs: new Uint32Array(words.buffer, words.byteOffset + 4 * UNSIGNED_AT, 2 * LIMBS),
  floats: new Float64Array(2),
  signed: new Int32Array(2),
});

/** Null when the shape finds no room. */
export function keepShape({ shapes }: LogReader, shape: LogShape): KnownShape | null {
  const at = shapes.write(shape);
  if (at === null) return null;
  return { shape, at, blockNumber: maskOf(shape.blockNumber), logIndex: maskOf(shape.logIndex) };
}

/** At most thirteen digits. */
function maskOf({ from, end }: Stretch): CountMask {
  const bits = 4 * (end - from);
  return bits <= 32 ? { low: 2 ** bits - 1, high: 0 } : { low: -1, high: 2 ** (bits - 32) - 1 };
}

/** Whether the text that was put at TEXT_AT has the shape. */
export const hasShape = ({ kernel }: LogReader, { at }: KnownShape): boolean =>
  kernel.read(at, TEXT_AT) !== 0;

/** Fills the record with what `hasShape` found. False when a value of one of our pools is out of range. */
export function takeLog({ kernel, pools, record }: LogReader, known: KnownShape): boolean {
  record.kind = known.shape.kind.kind;
  record.removed = known.shape.removed;
  record.blockNumber = countOf(kernel.counts, 0, known.blockNumber);
  record.logIndex = countOf(kernel.counts, 2, known.logIndex);
  record.pool = pools.findLimbs(kernel.words);
  return record.pool < 0 || takeValues(kernel.words, record);
}

const countOf = (counts: Int32Array, at: number, { low, high }: CountMask): number =>
  (((counts[at] ?? 0) & low) >>> 0) + ((counts[at + 1] ?? 0) & high) * TWO_32;

/** The log that was taken, as `parseLog` gives it; its text begins at `from` in `frame`. */
export function chainLogOf(reader: LogReader, shape: LogShape, frame: Buffer, from: number): ChainLog {
  const { record } = reader;
  const { kind, words } = shape;
  const text = frame.toString("latin1", from, from + shape.text.length).toLowerCase();
  const blockHash = hexIn(text, shape.blockHash, WORD_DIGITS);
  if (blockHash !== reader.blockHash) reader.blockHash = blockHash;
  const topics: Hash[] = [kind.topic];
  for (let i = 0; i < kind.indexed; i++) topics.push(hexIn(text, words[i] ?? 0, WORD_DIGITS));
  return {
    address: hexIn(text, shape.address, ADDRESS_DIGITS),
    topics,
    data: hexIn(text, words[kind.indexed] ?? 0, WORD_DIGITS * kind.plain),
    blockHash: reader.blockHash,
    blockNumber: record.blockNumber,
    transactionHash: hexIn(text, shape.transactionHash, WORD_DIGITS),
    logIndex: record.logIndex,
  };
}

const isHex = (text: string): text is Hex => text.startsWith("0x");

/** The digits at `at` with the `0x` that the shape has in front of them. */
function hexIn(text: string, at: number, digits: number): Hex {
  const hex = text.slice(at - 2, at + digits);
  return isHex(hex) ? hex : "0x";
}
