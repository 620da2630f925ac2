import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KERNEL = import.meta.dirname;
const ASC = createRequire(import.meta.url).resolve("assemblyscript/bin/asc.js");
/** No runtime and no data: the memory is the caller's, and a module writes to it only when it is called. */
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

/** By source in `assembly`, the file that `src` reads the module from. */
const FILES = {
  "scan.ts": "../src/search/scan/kernelBytes.ts",
  "frames.ts": "../src/feed/frames/kernelBytes.ts",
} as const;

/**
 * Compiles a source, in a process of its own: the compiler's types would change the globals of ours. Throws with its
 * words when there is an error or a warning.
 */
function compile(source: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-kernel-"));
  try {
    const out = join(folder, "module.wasm");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [ASC, source, "--outFile", out, ...OPTIONS],
      { cwd: join(KERNEL, "assembly"), encoding: "utf8" },
    );
    if (status !== 0 || stderr !== "") throw new Error(`asc: ${stdout}${stderr}`);
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files that `src` reads the modules from, and the texts that belong there. */
export const kernelFiles = (): readonly (readonly [file: string, text: string])[] =>
  Object.entries(FILES).map(([source, file]) => [join(KERNEL, file), textOf(source)]);

function textOf(source: string): string {
  const lines = Buffer.from(compile(source))
    .toString("base64")
    .match(/.{1,100}/g);
  return [
    `/** The module of \`kernel/assembly/${source}\`; written by \`npm run build:kernel\`. */`,
    "export const KERNEL_BASE64 = [",
    ...(lines ?? []).map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n");
}
