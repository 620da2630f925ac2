import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { encodeAbiParameters, keccak256 } from "viem";
import type { Hash, Hex } from "../chain/types.ts";

/** A raw transaction that our own signer made. */
export interface OurTransaction {
  readonly author: "us";
  readonly raw: Hex;
  readonly hash: Hash;
}

/** A raw transaction of somebody else, seen pending: it may only stand before ours. */
export interface TriggerTransaction {
  readonly author: "trigger";
  readonly raw: Hex;
  readonly hash: Hash;
}

/** A plan on settled state: one transaction of ours, alone. */
export type Settled = readonly [ours: OurTransaction];
/** A plan behind one pending transaction. There is no type for the other order, and none for two of ours. */
export type Backrun = readonly [trigger: TriggerTransaction, ours: OurTransaction];

export interface Bundle {
  /** keccak256 of abi.encode(chain id, target blocks, raw transactions). */
  readonly id: Hash;
  readonly chainId: number;
  /** Raw transactions in the order in which they must stand in the block. */
  readonly transactions: readonly Hex[];
  readonly hashes: readonly Hash[];
  /** Blocks for which the bundle is good, ascending. */
  readonly targetBlocks: readonly number[];
  /** Root of the sorted-pair Merkle tree over the transaction hashes (OpenZeppelin's simple tree). */
  readonly merkleRoot: Hash;
  /** The proof of each transaction, in the order of `transactions`. */
  readonly proofs: readonly (readonly Hash[])[];
}

export const ourTransaction = (raw: Hex): OurTransaction => ({ author: "us", raw, hash: keccak256(raw) });

/** Throws when the bytes are not those of the transaction that was seen. */
export function triggerTransaction(raw: Hex, seen: Hash): TriggerTransaction {
  const hash = keccak256(raw);
  if (hash !== seen) throw new Error(`the trigger's bytes hash to ${hash}, not to ${seen}`);
  return { author: "trigger", raw, hash };
}

const asHash = (text: string): Hash => {
  if (!/^0x[0-9a-f]{64}$/.test(text)) throw new Error(`not 32 bytes: ${text}`);
  return `0x${text.slice(2)}`;
};

const merkleTree = (hashes: readonly Hash[]): SimpleMerkleTree => SimpleMerkleTree.of([...hashes]);

function bundleId(chainId: number, targets: readonly number[], raws: readonly Hex[]): Hash {
  const types = [{ type: "uint256" }, { type: "uint256[]" }, { type: "bytes[]" }] as const;
  return keccak256(encodeAbiParameters(types, [BigInt(chainId), targets.map(BigInt), [...raws]]));
}

/**
 * The bundle of a plan; same content, same id. Throws on what no plan of ours may be: no target, targets not
 * ascending, the trigger's own transaction given as ours, or authors in another order than the types allow.
 */
export function createBundle(
  chainId: number,
  order: Settled | Backrun,
  targetBlocks: readonly number[],
): Bundle {
  const authors = order.map(({ author }) => author).join(" then ");
  if (authors !== "us" && authors !== "trigger then us") throw new Error(`a bundle cannot be ${authors}`);
  if (targetBlocks.length === 0) throw new Error("a bundle needs a target block");
  if (targetBlocks.some((block, i) => block <= (targetBlocks[i - 1] ?? -1)))
    throw new Error(`target blocks must ascend: ${targetBlocks.join(", ")}`);
  const hashes = order.map(({ hash }) => hash);
  if (new Set(hashes).size !== hashes.length) throw new Error("a transaction stands twice in the bundle");
  const transactions = order.map(({ raw }) => raw);
  const tree = merkleTree(hashes);
  return {
    id: bundleId(chainId, targetBlocks, transactions),
    chainId,
    transactions,
    hashes,
    targetBlocks,
    merkleRoot: asHash(tree.root),
    proofs: hashes.map((_, i) => tree.getProof(i).map(asHash)),
  };
}

/** True when the transaction belongs to the bundle with that root. */
export const verifyMembership = (root: Hash, transaction: Hash, proof: readonly Hash[]): boolean =>
  SimpleMerkleTree.verify(root, transaction, [...proof]);

/** True when id, hashes, root and every proof follow from the bundle's own content. */
export function verifyBundle(bundle: Bundle): boolean {
  const { transactions, hashes, proofs } = bundle;
  return (
    transactions.length > 0 &&
    proofs.length === hashes.length &&
    transactions.every((raw, i) => keccak256(raw) === hashes[i]) &&
    bundle.id === bundleId(bundle.chainId, bundle.targetBlocks, transactions) &&
    bundle.merkleRoot === merkleTree(hashes).root &&
    hashes.every((hash, i) => verifyMembership(bundle.merkleRoot, hash, proofs[i] ?? []))
  );
}
