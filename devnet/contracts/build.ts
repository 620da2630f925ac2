import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/**
 * Compiles the local chain's own contracts to `artifacts.json`, which is committed.
 * Run it after a change: `npx tsx devnet/contracts/build.ts`.
 */
const NAMES = ["DevToken", "RivalArb"] as const;
const HERE = import.meta.dirname;

const Output = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).optional(),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.array(z.unknown()),
          evm: z.object({ bytecode: z.object({ object: z.string() }) }),
        }),
      ),
    )
    .optional(),
});

const Solc = z.object({
  compile: z.custom<(input: string) => string>((value) => typeof value === "function"),
});

/** The text of `artifacts.json`: for each contract its ABI and creation code. */
export function compileArtifacts(): string {
  const solc = Solc.parse(createRequire(import.meta.url)("solc"));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(
      NAMES.map((name) => [`${name}.sol`, { content: readFileSync(join(HERE, `${name}.sol`), "utf8") }]),
    ),
    settings: {
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 1_000_000 },
      // Without the metadata hash the bytes depend on the code alone, so that a rebuild can be compared.
      metadata: { appendCBOR: false },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const output = Output.parse(JSON.parse(solc.compile(JSON.stringify(input))));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  const artifacts = NAMES.map((name) => {
    const built = output.contracts?.[`${name}.sol`]?.[name];
    if (built === undefined) throw new Error(`solc gave no ${name}`);
    return [name, { abi: built.abi, bytecode: `0x${built.evm.bytecode.object}` }];
  });
  return `${JSON.stringify(Object.fromEntries(artifacts), null, 1)}\n`;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(HERE, "artifacts.json"), compileArtifacts());
}
