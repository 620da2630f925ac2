import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileContracts } from "../../contracts/compile.ts";

/**
 * Compiles the local chain's own contracts to `artifacts.json`, which is committed.
 * Run it after a change: `npx tsx devnet/contracts/build.ts`.
 */
const NAMES = ["DevToken", "RivalArb", "Permit2Stub", "Aggregator"] as const;

/** The text of `artifacts.json`: for each contract its ABI and creation code. */
export function compileArtifacts(): string {
  const compiled = compileContracts(NAMES.map((name) => `../devnet/contracts/${name}.sol`));
  const artifacts = NAMES.map((name) => {
    const built = compiled.find(({ contract }) => contract === name);
    if (built === undefined) throw new Error(`solc gave no ${name}`);
    return [name, { abi: built.abi, bytecode: built.bytecode }];
  });
  return `${JSON.stringify(Object.fromEntries(artifacts), null, 1)}\n`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(import.meta.dirname, "artifacts.json"), compileArtifacts());
}
