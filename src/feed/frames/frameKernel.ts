import { PAGE_BYTES } from "../../search/scan/webAssembly.ts";
import { KERNEL_BASE64 } from "./kernelBytes.ts";

/**
 * The compiled `kernel/assembly/frames.ts` with its memory: results first, then the text, then shapes. Nothing in here
 * outlives the call that wrote it but the shapes.
 */
export interface FrameKernel {
  readonly memory: Uint8Array;
  /** By word that was asked for: eight 32-bit limbs, the lowest first. */
  readonly words: Int32Array;
  /** By count: two limbs of the sixteen digits that end where it ends. */
  readonly counts: Int32Array;
  /** 1 when the text at byte `text` has the shape at byte `shape`; its numbers are then written. */
  read(shape: number, text: number): number;
}

/** Frames of one log are shorter. */
export const MAX_FRAME = 2048;
export const TEXT_AT = 512;
export const SHAPES_AT = TEXT_AT + MAX_FRAME;
const PAGES = 16;
/** In bytes; the same in `kernel/assembly/frames.ts`. */
const WORDS_AT = 0;
const COUNTS_AT = 256;
const MAX_WORDS = 8;
const MAX_COUNTS = 8;

/** Null where there is no WebAssembly with SIMD: then every frame is the general decoder's. */
export function createFrameKernel(): FrameKernel | null {
  const memory = new WebAssembly.Memory({ initial: PAGES });
  const read = instantiate(memory);
  if (read === null) return null;
  const { buffer } = memory;
  return {
    memory: new Uint8Array(buffer, 0, PAGES * PAGE_BYTES),
    words: new Int32Array(buffer, WORDS_AT, 8 * MAX_WORDS),
    counts: new Int32Array(buffer, COUNTS_AT, 2 * MAX_COUNTS),
    read,
  };
}

type Read = FrameKernel["read"];

const isRead = (value: unknown): value is Read => typeof value === "function";

function instantiate(memory: WebAssembly.Memory): Read | null {
  try {
    compiled ??= new WebAssembly.Module(Buffer.from(KERNEL_BASE64, "base64"));
    const { read } = new WebAssembly.Instance(compiled, { env: { memory } }).exports;
    return isRead(read) ? read : null;
  } catch {
    return null;
  }
}

let compiled: WebAssembly.Module | null = null;
