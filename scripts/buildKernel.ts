import { readFileSync, writeFileSync } from "node:fs";
import { kernelFile } from "../kernel/compile.ts";

/** `npm run build:kernel` writes the module; with `-- --check` it only compares, and ends with 1 if stale. */
const check = process.argv.includes("--check");
const [file, text] = kernelFile();
if (!check) {
  writeFileSync(file, text);
  console.log(`wrote ${file}`);
} else if (readFileSync(file, "utf8") !== text) {
  console.error(`${file} is not what the source compiles to: npm run build:kernel`);
  process.exitCode = 1;
}
