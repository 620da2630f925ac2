import type { PendingTransaction } from "../../src/chain/types.ts";
import { createPendingBook, pendingBookDefaults, type PendingBook } from "../../src/mempool/pendingBook.ts";
import { addressOf, hashOf } from "./marketBlocks.ts";

export const ALICE = addressOf(1);
export const BOB = addressOf(2);

/** A transaction for a book. */
export const pending = (
  name: string,
  from = ALICE,
  nonce = 0,
  input: PendingTransaction["input"] = "0x",
): PendingTransaction => ({
  hash: hashOf(name),
  from,
  to: null,
  nonce,
  value: 0n,
  gas: 21_000n,
  input,
  type: 2,
  gasPrice: null,
  maxFeePerGas: 1n,
  maxPriorityFeePerGas: 1n,
  signed: null,
});

/** The same with another bid: both fees, or the tip alone. */
export const bidding = (transaction: PendingTransaction, fee: bigint, tip = fee): PendingTransaction => ({
  ...transaction,
  maxFeePerGas: fee,
  maxPriorityFeePerGas: tip,
});

export const small = (change: Partial<typeof pendingBookDefaults> = {}): PendingBook =>
  createPendingBook({ ...pendingBookDefaults, ...change });
