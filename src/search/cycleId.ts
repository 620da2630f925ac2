import { keccak256, stringToBytes } from "viem";
import type { Hop } from "./opportunity.ts";

/**
 * 16 hex digits (of keccak-256) that name a directed cycle: the same wherever it starts, and in every run. The
 * text that is hashed begins at the hop with the smallest pool address.
 */
export function cycleId(hops: readonly Pick<Hop, "pool" | "tokenIn">[]): string {
  const parts = hops.map(({ pool, tokenIn }) => `${pool}:${tokenIn}`);
  const first = parts.reduce((least, part, i) => (part < (parts[least] ?? "") ? i : least), 0);
  const text = [...parts.slice(first), ...parts.slice(0, first)].join(" ");
  return keccak256(stringToBytes(text)).slice(2, 18);
}
