import type { Hash, Hex } from "../chain/types.ts";
import { createByteBuffer, fromHex, hexLength, toHex, writeHex } from "./bytes.ts";
import { nobleKeccak256, type Keccak256 } from "./keccak256.ts";
import { createMerkleTree, verifyMerkleProof } from "./merkleTree.ts";

/** A raw transaction that our own signer made. */
export interface OurTransaction {
  readonly author: "us";
  readonly raw: Hex;
  readonly hash: Hash;
  /** Names the nonce that it spends: of all transactions of ours with the same slot at most one can land. */
  readonly slot: string;
}

/** A raw transaction of somebody else, seen pending: it may only stand before ours. */
export interface TriggerTransaction {
  readonly author: "trigger";
  readonly raw: Hex;
  readonly hash: Hash;
}

/** A plan on settled state: one transaction of ours, alone. */
export type Settled = readonly [ours: OurTransaction];
/**
 * A plan behind a pending transaction: where its sender has earlier ones pending these first, then the trigger, then
 * ours. There is no type for ours before any of them, and none for two of ours.
 */
export type Backrun = readonly [TriggerTransaction, ...TriggerTransaction[], OurTransaction];

/** Ours behind what it follows, if anything. */
export function behindAll(behind: readonly TriggerTransaction[], ours: OurTransaction): Settled | Backrun {
  const [first, ...others] = behind;
  return first === undefined ? [ours] : [first, ...others, ours];
}

export interface Bundle {
  /** keccak256 of abi.encode(chain id, target blocks, raw transactions). */
  readonly id: Hash;
  readonly chainId: number;
  /** Raw transactions in the order in which they must stand in the block. */
  readonly transactions: readonly Hex[];
  readonly hashes: readonly Hash[];
  /** Blocks for which the bundle is good, ascending. */
  readonly targetBlocks: readonly number[];
  /** Our transaction's: a newer bundle with the same slot stands in for this one. */
  readonly slot: string;
  /** Root of the sorted-pair Merkle tree over the transaction hashes (OpenZeppelin's simple tree). */
  readonly merkleRoot: Hash;
  /** The proof of each transaction, in the order of `transactions`. */
  readonly proofs: readonly (readonly Hash[])[];
}

const hashOf = (raw: Hex, keccak256: Keccak256): Hash => toHex(keccak256.hash(fromHex(raw)));

/** Without a `slot` it has one of its own. */
export function ourTransaction(
  raw: Hex,
  keccak256: Keccak256 = nobleKeccak256,
  slot?: string,
): OurTransaction {
  const hash = hashOf(raw, keccak256);
  return { author: "us", raw, hash, slot: slot ?? hash };
}

/** Throws when the bytes are not those of the transaction that was seen. */
export function triggerTransaction(
  raw: Hex,
  seen: Hash,
  keccak256: Keccak256 = nobleKeccak256,
): TriggerTransaction {
  const hash = hashOf(raw, keccak256);
  if (hash !== seen) throw new Error(`the trigger's bytes hash to ${hash}, not to ${seen}`);
  return { author: "trigger", raw, hash };
}

const WORD = 32;

/** A uint256 into zeroed bytes. */
function writeWord(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a whole number`);
  view.setBigUint64(at + 24, BigInt(value));
}

/**
 * The hash of the ABI's layout of (uint256 chainId, uint256[] targetBlocks, bytes[] transactions), in words:
 *   chainId │ 0x60 │ offset of the transactions │ n │ n blocks │ m │ m offsets, from their own start │ m transactions
 *   transaction: length in bytes │ bytes, filled up to whole words
 */
function bundleId(
  { chainId, targetBlocks, transactions }: Pick<Bundle, "chainId" | "targetBlocks" | "transactions">,
  keccak256: Keccak256,
): Hash {
  const transactionsAt = (4 + targetBlocks.length) * WORD;
  const offsetsAt = transactionsAt + WORD;
  let at = offsetsAt + transactions.length * WORD;
  const places = transactions.map((raw) => {
    const place = at;
    at += WORD + Math.ceil(hexLength(raw) / WORD) * WORD;
    return place;
  });
  const { bytes, view } = createByteBuffer(at);
  writeWord(view, 0, chainId);
  writeWord(view, WORD, 3 * WORD);
  writeWord(view, 2 * WORD, transactionsAt);
  writeWord(view, 3 * WORD, targetBlocks.length);
  for (const [i, block] of targetBlocks.entries()) writeWord(view, (4 + i) * WORD, block);
  writeWord(view, transactionsAt, transactions.length);
  for (const [i, raw] of transactions.entries()) {
    const place = places[i] ?? 0;
    writeWord(view, offsetsAt + i * WORD, place - offsetsAt);
    writeWord(view, place, hexLength(raw));
    writeHex(bytes, place + WORD, raw);
  }
  return toHex(keccak256.hash(bytes));
}

/**
 * The bundle of a plan; same content, same id. Throws on what no plan of ours may be: no target, targets not
 * ascending, a trigger's own transaction given as ours, or authors in another order than the types allow.
 */
export function createBundle(
  chainId: number,
  order: Settled | Backrun,
  targetBlocks: readonly number[],
  keccak256: Keccak256 = nobleKeccak256,
): Bundle {
  const [ours, ...others] = order.toReversed();
  // The types say so already; this is for whoever comes past them.
  if (ours?.author !== "us" || others.some(({ author }) => author !== "trigger"))
    throw new Error(`a bundle cannot be ${order.map(({ author }) => author).join(" then ")}`);
  if (targetBlocks.length === 0) throw new Error("a bundle needs a target block");
  if (targetBlocks.some((block, i) => block <= (targetBlocks[i - 1] ?? -1)))
    throw new Error(`target blocks must ascend: ${targetBlocks.join(", ")}`);
  const hashes = order.map(({ hash }) => hash);
  if (new Set(hashes).size !== hashes.length) throw new Error("a transaction stands twice in the bundle");
  const transactions = order.map(({ raw }) => raw);
  const tree = createMerkleTree(hashes, keccak256);
  return {
    id: bundleId({ chainId, targetBlocks, transactions }, keccak256),
    chainId,
    transactions,
    hashes,
    targetBlocks,
    slot: ours.slot,
    merkleRoot: tree.root,
    proofs: hashes.map((_, i) => tree.proofOf(i)),
  };
}

/** True when id, hashes, root and every proof follow from the bundle's own content. */
export function verifyBundle(bundle: Bundle, keccak256: Keccak256 = nobleKeccak256): boolean {
  const { transactions, hashes, proofs, merkleRoot } = bundle;
  return (
    transactions.length > 0 &&
    proofs.length === hashes.length &&
    transactions.every((raw, i) => hashOf(raw, keccak256) === hashes[i]) &&
    bundle.id === bundleId(bundle, keccak256) &&
    merkleRoot === createMerkleTree(hashes, keccak256).root &&
    hashes.every((hash, i) => verifyMerkleProof(merkleRoot, hash, proofs[i] ?? [], keccak256))
  );
}
