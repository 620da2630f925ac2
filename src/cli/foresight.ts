import { findRegistry } from "../chain/registry.ts";
import type { Address } from "../chain/types.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Snapshot } from "../market/snapshotFile.ts";
import type { StateView } from "../market/stateView.ts";
import { createDecoder } from "../mempool/decode.ts";
import { predictEffects, type Effects } from "../mempool/effects.ts";
import { createPoolBook } from "../mempool/poolBook.ts";
import type { DecodedTransaction, Decoding } from "../mempool/routerCall.ts";
import type { LineTransaction } from "./transactionLine.ts";

/** What transactions ask for, and what they would do to the pools of a file. */
export interface Foresight {
  decode(transaction: LineTransaction): Decoding;
  /** What it would do in this state, alone. */
  predict(decoded: DecodedTransaction, transaction: LineTransaction, view: StateView): Effects;
}

/** Blocks have whole seconds, each later than the one before. */
const LEAST_BLOCK_SECONDS = 1;

/**
 * The routers of a chain over the pools of a snapshot. Deadlines are judged by the earliest time that the block behind
 * the snapshot can have; not at all where the snapshot does not say when it was taken. Throws `PlainError` (64) for a
 * chain whose routers the product does not know.
 */
export function createForesight(
  chainId: number,
  { pools, tokens, blockTime }: Pick<Snapshot, "pools" | "tokens" | "blockTime">,
): Foresight {
  const registry = findRegistry(chainId);
  if (registry === null)
    throw new PlainError(EXIT.usage, `chain ${chainId}: the product does not know its routers`);
  const wrappedNative = registry.native.wrapped;
  const decoder = createDecoder(registry.routers, wrappedNative);
  const context = {
    book: createPoolBook(pools),
    wrappedNative,
    isTaxed: (token: Address) =>
      tokens.get(token)?.taxed === true || registry.tokens.get(token)?.taxed === true,
    timestamp: blockTime === null ? null : blockTime + LEAST_BLOCK_SECONDS,
  };
  return {
    decode: (transaction) => decoder.decode(transaction),
    predict: (decoded, transaction, view) => predictEffects(decoded, transaction, view, context),
  };
}
