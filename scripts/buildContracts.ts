import { readFileSync, writeFileSync } from "node:fs";
import { ARTIFACT_FILE, executorArtifactText } from "../contracts/compile.ts";

/** `npm run build:contracts` writes the executor's artifact; with `-- --check` it only compares, exit 1 if stale. */
const text = executorArtifactText();
if (process.argv.includes("--check")) {
  if (readFileSync(ARTIFACT_FILE, "utf8") !== text) {
    console.error(
      `${ARTIFACT_FILE} is not what contracts/ArbExecutor.sol compiles to: npm run build:contracts`,
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(ARTIFACT_FILE, text);
  console.log(`wrote ${ARTIFACT_FILE}`);
}
