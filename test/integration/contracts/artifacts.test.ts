import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { artifactFiles } from "../../../contracts/compile.ts";
import { executorAbi } from "../../../src/chain/executorAbi.ts";

const ROOT = join(import.meta.dirname, "../../..");
const executor = z
  .object({ abi: z.array(z.record(z.string(), z.unknown())), deployedBytecode: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, "contracts/artifacts/ArbExecutor.json"), "utf8")));

test("the committed artifacts are what the sources compile to, byte for byte", () => {
  for (const [file, text] of artifactFiles()) {
    expect(
      readFileSync(file, "utf8") === text,
      `${relative(ROOT, file)} is stale: npm run build:contracts`,
    ).toBe(true);
  }
}, 120_000);

const isExtra = (key: string, item: unknown): boolean =>
  key === "internalType" || item === false || (key === "name" && item === "");

/** Without what solc adds and a hand-written ABI leaves out; keys in order. */
const bare = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !isExtra(key, item))
      .map(([key, item]): [string, unknown] => [key, bare(item)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
};
const sortedText = (items: readonly unknown[]): readonly string[] =>
  items.map((item) => JSON.stringify(bare(item))).toSorted();

test("the ABI that the daemon uses is the contract's", () => {
  expect(sortedText(executorAbi)).toEqual(sortedText(executor.abi));
});

interface Instruction {
  readonly opcode: number;
  readonly operand: string;
}

function disassemble(code: string): readonly Instruction[] {
  const bytes = Buffer.from(code.slice(2), "hex");
  const found: Instruction[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const opcode = bytes[at] ?? 0;
    const width = opcode >= 0x5f && opcode <= 0x7f ? opcode - 0x5f : 0;
    found.push({ opcode, operand: bytes.subarray(at + 1, at + 1 + width).toString("hex") });
    at += width;
  }
  return found;
}

test("the bytecode has no storage, calls no foreign code as its own, makes nothing and cannot vanish", () => {
  const FORBIDDEN: Readonly<Record<number, string>> = {
    0x54: "SLOAD",
    0x55: "SSTORE",
    0xf0: "CREATE",
    0xf2: "CALLCODE",
    0xf4: "DELEGATECALL",
    0xf5: "CREATE2",
    0xff: "SELFDESTRUCT",
    0x32: "ORIGIN",
  };
  const found = disassemble(executor.deployedBytecode).flatMap(({ opcode }) => FORBIDDEN[opcode] ?? []);
  expect(found).toEqual([]);
});

test("the bytecode holds no address: its constants of 20 bytes are a mask and the highest price", () => {
  const constants = disassemble(executor.deployedBytecode)
    .map(({ operand }) => operand.replace(/^(00)+/, ""))
    .filter((operand) => operand.length === 40);
  expect([...new Set(constants)].toSorted()).toEqual([
    "fffd8963efd1fc6a506488495d951d5263988d25",
    "ff".repeat(20),
  ]);
  expect(BigInt("0xfffd8963efd1fc6a506488495d951d5263988d25")).toBe(
    1461446703485210103287273052203988822378723970341n,
  );
});
