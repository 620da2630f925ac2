import { z } from "zod";
import type { Hex } from "../chain/types.ts";
import type { TokenLabel } from "./records.ts";

/** How values of the database enter as our types. */
export const hexColumn = z.custom<Hex>((value) => typeof value === "string" && /^0x[0-9a-f]*$/.test(value));
export const amountColumn = z
  .string()
  .regex(/^-?[0-9]+$/)
  .transform(BigInt);

/** One trigger out of the columns `trigger_type`, `trigger_hash` and `trigger_block`. */
export const triggerColumns = z.union([
  z
    .object({ trigger_type: z.literal("block"), trigger_hash: hexColumn, trigger_block: z.number() })
    .transform((row) => ({ type: "block" as const, number: row.trigger_block, hash: row.trigger_hash })),
  z
    .object({ trigger_type: z.literal("pending"), trigger_hash: hexColumn })
    .transform((row) => ({ type: "pending" as const, hash: row.trigger_hash })),
]);

export const fateColumn = z.enum([
  "included",
  "reverted",
  "missed",
  "replaced",
  "rejected",
  "dry-run",
  "unknown",
]);

/** A token out of the columns `token`, `symbol` and `decimals`; one that was never named shows in raw units. */
export const tokenColumns = z
  .object({ token: hexColumn, symbol: z.string().nullable(), decimals: z.number().nullable() })
  .transform((row): TokenLabel => ({
    address: row.token,
    symbol: row.symbol ?? row.token,
    decimals: row.decimals ?? 0,
  }));
