import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "../..");

/** The daemon as `npm run build` makes it, in a folder of its own. */
export interface BuiltDaemon {
  /** The entry file for `node`. */
  readonly main: string;
  readonly remove: () => void;
}

/** Compiles `src` without another run's `dist` in the way; what types say is `npm run types`' business. */
export function buildDaemon(): BuiltDaemon {
  const cache = join(REPOSITORY, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "daemon-"));
  copyFileSync(join(REPOSITORY, "package.json"), join(folder, "package.json"));
  symlinkSync(join(REPOSITORY, "data"), join(folder, "data"));
  const tsc = join(REPOSITORY, "node_modules/.bin/tsc");
  const project = join(REPOSITORY, "tsconfig.build.json");
  execFileSync(tsc, ["-p", project, "--noCheck", "--outDir", join(folder, "dist")], { stdio: "inherit" });
  return {
    main: join(folder, "dist/main.js"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
