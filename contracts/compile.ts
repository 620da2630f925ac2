import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";

const CONTRACTS = import.meta.dirname;

/** No metadata in the bytecode: the same source gives the same bytes on every machine. */
const SETTINGS = {
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000_000 },
  evmVersion: "cancun",
  metadata: { appendCBOR: false, bytecodeHash: "none" },
} as const;

const hex = z.string().regex(/^[0-9a-f]*$/);
const outputSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          abi: z.array(z.record(z.string(), z.unknown())),
          evm: z.object({
            bytecode: z.object({ object: hex }),
            deployedBytecode: z.object({ object: hex }),
          }),
        }),
      ),
    )
    .default({}),
});

export interface Artifact {
  readonly contract: string;
  readonly source: string;
  readonly sourceSha256: string;
  readonly compiler: { readonly version: string; readonly settings: typeof SETTINGS };
  readonly abi: readonly Record<string, unknown>[];
  readonly bytecode: `0x${string}`;
  /** Immutables are zeros here; the constructor writes them. */
  readonly deployedBytecode: `0x${string}`;
}

/**
 * Compiles Solidity files of this folder with the solc that npm installed.
 * Throws with solc's own messages when there is an error or a warning.
 */
export function compileContracts(files: readonly string[]): readonly Artifact[] {
  // solc is CommonJS and takes half a second to load: only where something is compiled.
  const solc: { compile(input: string): string; version(): string } = createRequire(import.meta.url)("solc");
  const sources = new Map(files.map((file) => [file, readFileSync(join(CONTRACTS, file), "utf8")]));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries([...sources].map(([file, content]) => [file, { content }])),
    settings: {
      ...SETTINGS,
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output = outputSchema.parse(JSON.parse(solc.compile(JSON.stringify(input))));
  const complaints = output.errors.filter(({ severity }) => severity !== "info");
  if (complaints.length > 0) {
    throw new Error(complaints.map(({ formattedMessage }) => formattedMessage).join("\n"));
  }
  return Object.entries(output.contracts).flatMap(([source, contracts]) =>
    Object.entries(contracts)
      .filter(([, { evm }]) => evm.bytecode.object !== "")
      .map(([contract, { abi, evm }]) => ({
        contract,
        source: `contracts/${source}`,
        sourceSha256: createHash("sha256")
          .update(sources.get(source) ?? "")
          .digest("hex"),
        compiler: { version: solc.version(), settings: SETTINGS },
        abi,
        bytecode: `0x${evm.bytecode.object}` as const,
        deployedBytecode: `0x${evm.deployedBytecode.object}` as const,
      })),
  );
}

const artifactFile = (name: string): string => join(CONTRACTS, `artifacts/${name}.json`);
const isForTests = ({ source }: Artifact): boolean => source.startsWith("contracts/test/");
const text = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The committed files of `contracts/artifacts`, path to text, as the sources compile now. */
export function artifactFiles(): ReadonlyMap<string, string> {
  const compiled = compileContracts(["ArbExecutor.sol", "test/Actors.sol", "test/Tokens.sol"]);
  const products = compiled.filter((artifact) => !isForTests(artifact));
  const tests = compiled
    .filter(isForTests)
    .map(({ contract, abi, bytecode }) => [contract, { abi, bytecode }]);
  return new Map([
    ...products.map((product) => [artifactFile(product.contract), text(product)] as const),
    [artifactFile("test"), text(Object.fromEntries(tests))],
  ]);
}
