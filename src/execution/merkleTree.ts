import { Buffer } from "node:buffer";
import type { Hash } from "../chain/types.ts";
import { toHex, writeHash } from "./bytes.ts";
import type { Keccak256 } from "./keccak256.ts";

/**
 * A Merkle tree over ascending leaves, in which a parent is the hash of its children in ascending order, so that a
 * proof needs no directions: node for node OpenZeppelin's `SimpleMerkleTree`, whose proofs their `MerkleProof.sol`
 * verifies. https://github.com/OpenZeppelin/merkle-tree
 */
export interface MerkleTree {
  readonly root: Hash;
  /** The siblings on the way from a leaf to the root, by the leaf's position in the list that was given. */
  proofOf(position: number): readonly Hash[];
}

const HASH_BYTES = 32;
const NO_NODE = new Uint8Array(0);

function hashBytes(hash: Hash): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES);
  writeHash(bytes, 0, hash);
  return bytes;
}

/** The parent of two nodes; `pair` is room for both. */
function parentOf(a: Uint8Array, b: Uint8Array, pair: Uint8Array, keccak256: Keccak256): Uint8Array {
  const ascending = Buffer.compare(a, b) <= 0;
  pair.set(ascending ? a : b, 0);
  pair.set(ascending ? b : a, HASH_BYTES);
  return keccak256.hash(pair);
}

/** Throws a `RangeError` on no leaf, or one that is no hash. */
export function createMerkleTree(leaves: readonly Hash[], keccak256: Keccak256): MerkleTree {
  const [only] = leaves;
  if (only === undefined) throw new RangeError("a Merkle tree needs a leaf");
  // Lower-case digits sort as their bytes do.
  const keys = leaves.map((leaf) => leaf.toLowerCase());
  const order = [...keys.keys()].toSorted((a, b) => {
    const [left = "", right = ""] = [keys[a], keys[b]];
    return left < right ? -1 : Number(left > right);
  });
  // A heap: the children of node i are 2i+1 and 2i+2; the leaves stand at its end, the least one last.
  const last = 2 * leaves.length - 2;
  const nodes: Uint8Array[] = Array.from({ length: last + 1 }, () => NO_NODE);
  const places = new Uint32Array(leaves.length);
  for (const [rank, position] of order.entries()) {
    places[position] = last - rank;
    nodes[last - rank] = hashBytes(leaves[position] ?? only);
  }
  const pair = new Uint8Array(2 * HASH_BYTES);
  for (let i = leaves.length - 2; i >= 0; i--)
    nodes[i] = parentOf(nodes[2 * i + 1] ?? NO_NODE, nodes[2 * i + 2] ?? NO_NODE, pair, keccak256);
  return {
    root: toHex(nodes[0] ?? NO_NODE),
    proofOf: (position) => {
      const place = places[position];
      if (place === undefined) throw new RangeError(`the tree has no leaf ${position}`);
      const proof: Hash[] = [];
      for (let i = place; i > 0; i = (i - 1) >> 1)
        proof.push(toHex(nodes[i % 2 === 1 ? i + 1 : i - 1] ?? NO_NODE));
      return proof;
    },
  };
}

/** True when the leaf belongs to the tree with that root (in lower case). Throws a `RangeError` on what is no hash. */
export function verifyMerkleProof(
  root: Hash,
  leaf: Hash,
  proof: readonly Hash[],
  keccak256: Keccak256,
): boolean {
  const pair = new Uint8Array(2 * HASH_BYTES);
  let node: Uint8Array = hashBytes(leaf);
  for (const sibling of proof) node = parentOf(node, hashBytes(sibling), pair, keccak256);
  return toHex(node) === root;
}
