import { readFileSync, writeFileSync } from "node:fs";
import { artifactFiles } from "../contracts/compile.ts";

/** `npm run build:contracts` writes the artifacts; with `-- --check` it only compares, and ends with 1 if stale. */
const check = process.argv.includes("--check");
for (const [file, text] of artifactFiles()) {
  if (!check) {
    writeFileSync(file, text);
    console.log(`wrote ${file}`);
  } else if (readFileSync(file, "utf8") !== text) {
    console.error(`${file} is not what the sources compile to: npm run build:contracts`);
    process.exitCode = 1;
  }
}
