import { concat, keccak256 } from "viem";
import type { Address, Hash } from "../src/chain/types.ts";
import type { DevBlock, DevReceipt } from "./block.ts";
import type { SignedTransaction } from "./transaction.ts";

/** Transactions that stand together at the top of one block, all of them or none. */
export interface Bundle {
  readonly hash: Hash;
  readonly transactions: readonly SignedTransaction[];
  readonly blockNumber: number;
  /** Seconds; the block's timestamp must lie within. */
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  /** Members that may revert; they must still be mined. */
  readonly mayRevert: ReadonlySet<Hash>;
  readonly uuid: string | null;
  /** Who signed the request. */
  readonly signer: Address;
}

/** What became of a bundle at its target block. */
export type BundleFate = "included" | "reverted" | "not_mined" | "conflict" | "outside_timestamps" | "late";

/** Flashbots' bundle hash: keccak256 of the transaction hashes in a row. */
export const bundleHash = (transactions: readonly SignedTransaction[]): Hash =>
  keccak256(concat(transactions.map(({ hash }) => hash)));

export interface BundlePool {
  add(bundle: Bundle): void;
  /** Removes the signer's bundles of that replacement id; gives their hashes. */
  readonly cancel: (signer: Address, uuid: string) => readonly Hash[];
  forBlock(blockNumber: number): readonly Bundle[];
  /** Forgets bundles of this block and of older ones, and gives them. */
  prune(blockNumber: number): readonly Bundle[];
}

export function createBundlePool(): BundlePool {
  let bundles: readonly Bundle[] = [];
  const cancel = (signer: Address, uuid: string): readonly Hash[] => {
    const isGone = (one: Bundle): boolean => one.uuid === uuid && one.signer === signer;
    const gone = bundles.filter(isGone);
    bundles = bundles.filter((one) => !isGone(one));
    return gone.map(({ hash }) => hash);
  };
  return {
    add(bundle) {
      if (bundle.uuid !== null) cancel(bundle.signer, bundle.uuid);
      // The same content for the same block again changes nothing.
      const known = bundles.some(
        ({ hash, blockNumber }) => hash === bundle.hash && blockNumber === bundle.blockNumber,
      );
      if (!known) bundles = [...bundles, bundle];
    },
    cancel,
    forBlock: (blockNumber) => bundles.filter((one) => one.blockNumber === blockNumber),
    prune(blockNumber) {
      const gone = bundles.filter((one) => one.blockNumber <= blockNumber);
      bundles = bundles.filter((one) => one.blockNumber > blockNumber);
      return gone;
    },
  };
}

/** How a bundle fared in a block in which it was meant to start at `from`; its receipts when all of it stands. */
export function judgeBundle(bundle: Bundle, block: DevBlock, from: number): BundleFate {
  const rows = block.transactions.slice(from, from + bundle.transactions.length);
  const inPlace = bundle.transactions.every(({ hash }, i) => rows[i]?.hash === hash);
  if (!inPlace) return "not_mined";
  return rows.every(({ ok, hash }) => ok || bundle.mayRevert.has(hash)) ? "included" : "reverted";
}

/**
 * What the bundle pays the producer a unit of gas (wei), without the transactions that pay it anyway because they
 * are in the public pool.
 */
export function bundleTip(
  rows: readonly DevReceipt[],
  isPublic: (hash: Hash) => boolean,
  baseFee: bigint,
): bigint {
  const own = rows.filter(({ hash }) => !isPublic(hash));
  const gas = own.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
  const paid = own.reduce((sum, row) => sum + row.gasUsed * (row.effectiveGasPrice - baseFee), 0n);
  return gas === 0n ? 0n : paid / gas;
}

const slot = ({ from, nonce }: SignedTransaction): string => `${from}:${nonce}`;

/** The first bundles that do not claim the same transaction or nonce as one before them; the others conflict. */
export function withoutConflicts(bundles: readonly Bundle[]): {
  readonly fitting: readonly Bundle[];
  readonly conflicting: readonly Bundle[];
} {
  const taken = new Set<string>();
  const fitting: Bundle[] = [];
  const conflicting: Bundle[] = [];
  for (const bundle of bundles) {
    const slots = bundle.transactions.map(slot);
    if (slots.some((one) => taken.has(one))) conflicting.push(bundle);
    else {
      fitting.push(bundle);
      for (const one of slots) taken.add(one);
    }
  }
  return { fitting, conflicting };
}

/** The bundles in a row, then what of the pool they do not already hold, up to the gas of a block. */
export function blockRow(
  bundles: readonly Bundle[],
  pooled: readonly SignedTransaction[],
  gasLimit: bigint,
): readonly SignedTransaction[] {
  const row = bundles.flatMap(({ transactions }) => transactions);
  const taken = new Set(row.map(slot));
  let gas = row.reduce((sum, tx) => sum + tx.gas, 0n);
  const closed = new Set<Address>();
  for (const tx of pooled) {
    if (taken.has(slot(tx)) || closed.has(tx.from)) continue;
    if (gas + tx.gas > gasLimit) {
      // A later nonce of the same sender cannot pass it.
      closed.add(tx.from);
      continue;
    }
    gas += tx.gas;
    row.push(tx);
  }
  return row;
}
