import { nameOfText } from "../lib/nameOfText.ts";
import type { Hop } from "./opportunity.ts";

/**
 * 16 hex digits that name a directed cycle: the same wherever it starts, and in every run. The text that they stand for
 * begins at the hop with the smallest pool address.
 */
export function cycleId(hops: readonly Pick<Hop, "pool" | "tokenIn">[]): string {
  const parts = hops.map(({ pool, tokenIn }) => `${pool}:${tokenIn}`);
  const first = parts.reduce((least, part, i) => (part < (parts[least] ?? "") ? i : least), 0);
  return nameOfText([...parts.slice(first), ...parts.slice(0, first)].join(" "));
}
