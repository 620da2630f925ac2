import type { Hex } from "./types.ts";

/** A number as JSON-RPC writes it. */
export const toQuantity = (value: number | bigint): Hex => `0x${value.toString(16)}`;

/**
 * The block that a call is run in, as geth's `eth_simulateV1`, `eth_call` and `debug_traceCall` take it: its number and
 * its time in seconds. Without it the call runs at the parent's own time, or at one that the node makes up; deadlines hang
 * on it, and so does the fee of an Algebra pool, which is set anew by the first swap of a second.
 */
export const blockOverrides = (
  number: number,
  timestamp: number,
): { readonly number: Hex; readonly time: Hex } => ({
  number: toQuantity(number),
  time: toQuantity(timestamp),
});
