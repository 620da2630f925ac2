import { decodeErrorResult, parseAbi } from "viem";
import { executorAbi } from "../chain/executorAbi.ts";
import type { Hex } from "../chain/types.ts";
import { safeText } from "../lib/safeText.ts";

const MAX_TEXT = 120;
const errorAbi = [...executorAbi, ...parseAbi(["error Error(string message)", "error Panic(uint256 code)"])];

/** https://docs.soliditylang.org: "Panic via assert and Error via require" */
const PANICS: Readonly<Record<string, string>> = {
  "1": "assertion",
  "17": "arithmetic overflow",
  "18": "division by zero",
  "33": "enum out of range",
  "50": "index out of range",
  "65": "out of memory",
};

/**
 * Revert data in words: the executor's own errors by name and facts, `Error(string)` and `Panic` of pools and
 * tokens, else the bare selector. One short line, free of control characters: foreign contracts write it too.
 * `TransferFailed` of a base to its first pool is the usual face of a cycle that cannot repay its loan.
 */
export function decodeExecutorError(data: Hex): string {
  if (data === "0x") return "reverted without a reason";
  try {
    const { errorName, args } = decodeErrorResult({ abi: errorAbi, data });
    const facts = (args ?? []).map(String);
    if (errorName === "Error") return safeText(facts[0] || "reverted with an empty reason", MAX_TEXT);
    if (errorName === "Panic") return `panic: ${PANICS[facts[0] ?? ""] ?? `code ${facts[0]}`}`;
    return safeText(`${errorName}(${facts.join(", ").toLowerCase()})`, MAX_TEXT * 2);
  } catch {
    return `unknown error ${data.slice(0, 10)}`;
  }
}
