import { readFileSync, writeFileSync } from "node:fs";
import { kernelFiles } from "../kernel/compile.ts";

/** `npm run build:kernel` writes the modules; with `-- --check` it only compares, and ends with 1 if one is stale. */
const check = process.argv.includes("--check");
for (const [file, text] of kernelFiles()) {
  if (!check) {
    writeFileSync(file, text);
    console.log(`wrote ${file}`);
  } else if (readFileSync(file, "utf8") !== text) {
    console.error(`${file} is not what the source compiles to: npm run build:kernel`);
    process.exitCode = 1;
  }
}
