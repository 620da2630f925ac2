import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "../..");

export interface Built {
  /** The compiled file of a source file, given from the repository's root. */
  readonly file: (source: string) => string;
  readonly remove: () => void;
}

/** Compiles `source` and all it imports to JavaScript as the release is built, inside the reach of our packages. */
export function buildFile(source: string): Built {
  const cache = join(REPOSITORY, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(join(cache, "ledger-"));
  writeFileSync(join(outDir, "package.json"), '{ "type": "module" }');
  const config = join(outDir, "tsconfig.json");
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(REPOSITORY, "tsconfig.json"),
      compilerOptions: { noEmit: false, rootDir: REPOSITORY, outDir },
      // The worker is named by a URL, which no compiler follows.
      files: [join(REPOSITORY, source), join(REPOSITORY, "src/ledger/ledgerWorker.ts")],
      include: [],
    }),
  );
  execFileSync(join(REPOSITORY, "node_modules/.bin/tsc"), ["-p", config], { stdio: "inherit" });
  return {
    file: (path) => join(outDir, path.replace(/\.ts$/, ".js")),
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}
