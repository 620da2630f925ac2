import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KERNEL = import.meta.dirname;
const ASC = createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
/** No runtime and no data: the memory is the layout's, and the module writes to it only in `scan`. */
const OPTIONS = [
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--importMemory",
  "--noExportMemory",
  "--optimizeLevel",
  "3",
  "--shrinkLevel",
  "0",
  "--noAssert",
  "--initialMemory",
  "1",
];

/**
 * Compiles `assembly/scan.ts`, in a process of its own: the compiler's types would change the globals of ours.
 * Throws with its words when there is an error or a warning.
 */
export function compileKernel(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-kernel-"));
  try {
    const out = join(folder, "scan.wasm");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [ASC, "scan.ts", "--outFile", out, ...OPTIONS],
      { cwd: join(KERNEL, "assembly"), encoding: "utf8" },
    );
    if (status !== 0 || stderr !== "") throw new Error(`asc: ${stdout}${stderr}`);
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The file that `src` reads the module from, and the text that belongs there. */
export function kernelFile(): readonly [file: string, text: string] {
  const lines = Buffer.from(compileKernel())
    .toString("base64")
    .match(/.{1,100}/g);
  const text = [
    "/** The module of `kernel/assembly/scan.ts`; written by `npm run build:kernel`. */",
    "export const KERNEL_BASE64 = [",
    ...(lines ?? []).map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n");
  return [join(KERNEL, "../src/search/scan/kernelBytes.ts"), text];
}
