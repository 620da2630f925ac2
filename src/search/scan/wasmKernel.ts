import { Buffer } from "node:buffer";
import { KERNEL_BASE64 } from "./kernelBytes.ts";
import type { Kernel, Layout } from "./layout.ts";

/** The scan in WebAssembly, on the layout's memory; null where WebAssembly or its SIMD is refused. */
export function createWasmKernel({ memory }: Pick<Layout, "memory">): Kernel | null {
  const module = compileOnce();
  if (module === null) return null;
  const { scan } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return isScan(scan) ? { name: "wasm", scan } : null;
}

const isScan = (value: unknown): value is (count: number) => number => typeof value === "function";

let compiled: WebAssembly.Module | null = null;

function compileOnce(): WebAssembly.Module | null {
  if (compiled !== null) return compiled;
  const bytes = Buffer.from(KERNEL_BASE64, "base64");
  if (!WebAssembly.validate(bytes)) return null;
  compiled = new WebAssembly.Module(bytes);
  return compiled;
}
