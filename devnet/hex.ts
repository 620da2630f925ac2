import { z } from "zod";
import type { Address, Hash, Hex } from "../src/chain/types.ts";

const isHex = (value: unknown): value is Hex => typeof value === "string" && /^0x[0-9a-f]*$/.test(value);

const lower = z.string().transform((text) => text.toLowerCase());

/** Hex of any length, in lower case. */
export const HexText = lower.pipe(z.custom<Hex>(isHex, "not hex"));
export const AddressText = HexText.refine((text) => text.length === 42, "not an address");
export const HashText = HexText.refine((text) => text.length === 66, "not a 32-byte hash");
/** `0x2a` as a bigint. */
export const Quantity = z
  .string()
  .regex(/^0x[0-9a-f]+$/i, "not a quantity")
  .transform(BigInt);

export const lowerHex = (text: string): Hex => HexText.parse(text);
export const toAddress = (text: string): Address => AddressText.parse(text);
export const toHash = (text: string): Hash => HashText.parse(text);

/** A number as JSON-RPC writes it. */
export const quantity = (value: number | bigint): Hex => `0x${value.toString(16)}`;

/** A 32-byte word. */
export const word = (value: number | bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;
