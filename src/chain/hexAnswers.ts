import { z } from "zod";
import type { Hex } from "./types.ts";

/** Hex texts in a node's answers, in lower case from here on. */

const hexText = (pattern: RegExp) =>
  z
    .string()
    .regex(pattern)
    .transform((text): Hex => `0x${text.slice(2).toLowerCase()}`);

export const hashText = hexText(/^0x[0-9a-fA-F]{64}$/);
export const addressText = hexText(/^0x[0-9a-fA-F]{40}$/);
export const bytesText = hexText(/^0x(?:[0-9a-fA-F]{2})*$/);

/** What a log is made of, wherever it stands. */
export const emittedLog = z.object({
  address: addressText,
  topics: z.array(hashText).max(4),
  data: bytesText,
});
