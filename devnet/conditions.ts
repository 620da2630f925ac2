import { z } from "zod";
import type { Address, Hash } from "../src/chain/types.ts";
import { AddressText, HashText } from "./hex.ts";
import { RpcError } from "./rpc.ts";

/** PIP-15: what must hold of block and storage for a transaction to be taken, and again to be mined. */
export interface Conditions {
  /** Inclusive; null: any. */
  readonly blockNumberMin: number | null;
  readonly blockNumberMax: number | null;
  /** Seconds, inclusive; null: any. */
  readonly timestampMin: number | null;
  readonly timestampMax: number | null;
  /** An account's storage root, or the values of some of its slots. */
  readonly knownAccounts: readonly (readonly [Address, Hash | readonly (readonly [Hash, Hash])[]])[];
}

/** Bor's bound on slots and roots in one transaction's conditions. */
const SLOT_LIMIT = 1000;

// Bor reads JSON numbers here and no hex.
const Whole = z.number().int().min(0).nullish();

const Json = z.object({
  knownAccounts: z.record(z.string(), z.union([HashText, z.record(z.string(), HashText)])).nullish(),
  blockNumberMin: Whole,
  blockNumberMax: Whole,
  timestampMin: Whole,
  timestampMax: Whole,
});

/** Reads the second parameter of `bor_sendRawTransactionConditional`; throws `RpcError` when there are too many. */
export function readConditions(json: unknown): Conditions {
  const { knownAccounts, blockNumberMin, blockNumberMax, timestampMin, timestampMax } = Json.parse(json);
  const accounts = Object.entries(knownAccounts ?? {}).map(
    ([account, known]) =>
      [
        AddressText.parse(account),
        typeof known === "string"
          ? known
          : Object.entries(known).map(([slot, value]) => [HashText.parse(slot), value] as const),
      ] as const,
  );
  const length = accounts.reduce((sum, [, known]) => sum + (typeof known === "string" ? 1 : known.length), 0);
  if (length >= SLOT_LIMIT) {
    const said = `number of slots/accounts in KnownAccounts ${length} exceeds the limit of ${SLOT_LIMIT}`;
    throw new RpcError(-32005, `limit exceeded. err: ${said}`);
  }
  return {
    blockNumberMin: blockNumberMin ?? null,
    blockNumberMax: blockNumberMax ?? null,
    timestampMin: timestampMin ?? null,
    timestampMax: timestampMax ?? null,
    knownAccounts: accounts,
  };
}

/** Storage as it stands where the conditions are judged. */
export interface StorageView {
  root(account: Address): Promise<Hash>;
  at(account: Address, slot: Hash): Promise<Hash>;
}

const outside = (what: string, have: number, least: number | null, most: number | null): string | null => {
  if (least !== null && have < least) return `current ${what} ${have} is less than minimum ${what}: ${least}`;
  if (most !== null && have > most) return `current ${what} ${have} is greater than maximum ${what}: ${most}`;
  return null;
};

/** The first condition that does not hold, in Bor's words; null when all hold. */
export async function unmet(
  conditions: Conditions,
  header: { readonly number: number; readonly timestamp: number },
  storage: StorageView,
): Promise<string | null> {
  const { blockNumberMin, blockNumberMax, timestampMin, timestampMax, knownAccounts } = conditions;
  const block = outside("block number", header.number, blockNumberMin, blockNumberMax);
  if (block !== null) return `out of block range. err: ${block}`;
  const time = outside("timestamp", header.timestamp, timestampMin, timestampMax);
  if (time !== null) return `out of time range. err: ${time}`;
  for (const [account, known] of knownAccounts) {
    if (typeof known === "string") {
      const root = await storage.root(account);
      if (root === known) continue;
      const said = `root hash: ${known} actual root hash: ${root}`;
      return `storage error. err: invalid root hash for: ${account} ${said}`;
    }
    for (const [slot, wanted] of known) {
      const value = await storage.at(account, slot);
      if (value === wanted) continue;
      const said = `slot: ${slot} value: ${wanted} actual value: ${value}`;
      return `storage error. err: invalid slot value at address: ${account} ${said}`;
    }
  }
  return null;
}
