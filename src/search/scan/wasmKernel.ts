import { Buffer } from "node:buffer";
import { KERNEL_BASE64 } from "./kernelBytes.ts";
import type { Kernel, Layout } from "./layout.ts";

/** The scan in WebAssembly, on the layout's memory; null where WebAssembly or its SIMD is refused. */
export function createWasmKernel({ memory }: Pick<Layout, "memory">): Kernel | null {
  const module = compileOnce();
  if (module === null) return null;
  const { take, scan } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return isStep(take) && isStep(scan) ? { name: "wasm", take, scan } : null;
}

const isStep = (value: unknown): value is (start: number, end: number) => number =>
  typeof value === "function";

let compiled: WebAssembly.Module | null = null;

function compileOnce(): WebAssembly.Module | null {
  if (compiled !== null) return compiled;
  const bytes = Buffer.from(KERNEL_BASE64, "base64");
  if (!WebAssembly.validate(bytes)) return null;
  compiled = new WebAssembly.Module(bytes);
  return compiled;
}
