import { createHash } from "node:crypto";
import type { Decision } from "../engine/decisions.ts";

/** A hash over all decisions of a run, step by step: what a recorded run and its replay have in common. */
export interface DecisionHash {
  /** The decisions of one step, also when there are none. */
  add(decisions: readonly Decision[]): void;
  /** Of the steps so far, in hex. */
  digest(): string;
}

export function createDecisionHash(): DecisionHash {
  const hash = createHash("sha256");
  return {
    add: (decisions) => void hash.update(`${JSON.stringify(decisions, inOneOrder)}\n`),
    digest: () => hash.copy().digest("hex"),
  };
}

/** What came off a socket and what was read back from a recording may have their fields in different orders. */
function inOneOrder(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
