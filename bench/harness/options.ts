import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly json: boolean;
  readonly quick: boolean;
  /** Names of cases, or what they begin with; empty: all. */
  readonly only: readonly string[];
  readonly seed: number;
}

export const HELP = `usage: npm run bench -- [--quick] [--only NAME]… [--seed 7] [--json]
Measures the program against its references in one run, and checks that the answers are right.

  --quick      small markets and few rounds, for CI: only the checks mean anything
  --only NAME  only the cases of this name, or that begin with it; may stand several times
  --seed N     of the generated markets
  --json       the last line on stdout is { "bench": [row, …] }; what people read goes to stderr

Exit code 1 when a check fails; slow figures do not fail. 64 for wrong usage.`;

const DEFAULT_SEED = 7;

/** Reads the arguments; null: help is asked for. Throws a TypeError for what it does not understand. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: String(DEFAULT_SEED) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (!/^\d{1,9}$/.test(values.seed)) throw new TypeError("--seed takes a whole number");
  const { json, quick, only } = values;
  return { json, quick, only, seed: Number(values.seed) };
}

/** The cases that are asked for. Throws a TypeError for a name that fits none. */
export function chooseCases<T extends { readonly name: string }>(
  cases: readonly T[],
  only: readonly string[],
): readonly T[] {
  const missing = only.find((name) => !cases.some((each) => each.name.startsWith(name)));
  if (missing !== undefined)
    throw new TypeError(`--only ${missing}: the cases are ${cases.map(({ name }) => name).join(", ")}`);
  return only.length === 0 ? cases : cases.filter(({ name }) => only.some((start) => name.startsWith(start)));
}
