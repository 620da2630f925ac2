import { hash } from "node:crypto";
import type { Hop } from "./opportunity.ts";

/**
 * 16 hex digits (of SHA-256: Node's own, where a keccak in JavaScript took longer than sizing the cycle) that name a
 * directed cycle: the same wherever it starts, and in every run. The text that is hashed begins at the hop with the
 * smallest pool address.
 */
export function cycleId(hops: readonly Pick<Hop, "pool" | "tokenIn">[]): string {
  const parts = hops.map(({ pool, tokenIn }) => `${pool}:${tokenIn}`);
  const first = parts.reduce((least, part, i) => (part < (parts[least] ?? "") ? i : least), 0);
  const text = [...parts.slice(first), ...parts.slice(0, first)].join(" ");
  return hash("sha256", text).slice(0, 16);
}
