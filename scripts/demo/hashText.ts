import { z } from "zod";
import type { Hex } from "../../src/chain/types.ts";

/** Hex text of a database or an answer. */
export const hashText = z
  .string()
  .regex(/^0x[0-9a-f]*$/)
  .transform((text): Hex => `0x${text.slice(2)}`);
