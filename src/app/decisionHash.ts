import { createHash } from "node:crypto";
import type { Decision } from "../engine/decisions.ts";
import { toJson } from "../lib/bigint.ts";

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
    add: (decisions) => void hash.update(`${toJson(decisions)}\n`),
    digest: () => hash.copy().digest("hex"),
  };
}
