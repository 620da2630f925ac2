import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { array, assert, constantFrom, integer, oneof, property } from "fast-check";
import { keccak256, toHex as textToHex } from "viem";
import { describe, expect, test } from "vitest";
import type { Hash } from "../../../src/chain/types.ts";
import { loadWasmKeccak256, nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { createMerkleTree, verifyMerkleProof } from "../../../src/execution/merkleTree.ts";
import { hashOf } from "../../support/executionPlan.ts";
import { hash32 } from "../../support/randomPlans.ts";

const keccak = await loadWasmKeccak256();
const leavesOf = (count: number): readonly Hash[] =>
  Array.from({ length: count }, (_, i) => keccak256(textToHex(`leaf ${i}`)));
const upperCase = (hash: Hash): Hash => `0x${hash.slice(2).toUpperCase()}`;

/** Root and all proofs, ours and OpenZeppelin's. */
function both(leaves: readonly Hash[], hasher = keccak) {
  const [ours, theirs] = [createMerkleTree(leaves, hasher), SimpleMerkleTree.of([...leaves])];
  return {
    ours: [ours.root, ...leaves.map((_, i) => ours.proofOf(i))],
    theirs: [theirs.root, ...leaves.map((_, i) => theirs.getProof(i))],
  };
}

describe("the Merkle tree is OpenZeppelin's", () => {
  test("for every number of leaves up to 33, and 100", () => {
    for (const count of [...Array(34).keys(), 100].slice(1)) {
      const { ours, theirs } = both(leavesOf(count));
      expect(ours).toEqual(theirs);
    }
  });

  test("for random leaves, equal ones, and such as differ in one bit only, written in any case", () => {
    const near = integer({ min: 0, max: 7 }).map((n) => hashOf(2 ** n));
    const leaf = oneof(hash32, hash32.map(upperCase), near, constantFrom(hashOf(0), hashOf(0xab)));
    assert(
      property(array(leaf, { minLength: 1, maxLength: 12 }), (leaves) => {
        const { ours, theirs } = both(leaves);
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 60 },
    );
  });

  test("on the portable backend too", () => {
    const { ours, theirs } = both(leavesOf(5), nobleKeccak256);
    expect(ours).toEqual(theirs);
  });
});

describe("a proof", () => {
  const leaves = leavesOf(7);
  const tree = createMerkleTree(leaves, keccak);
  const proves = (leaf: Hash, proof: readonly Hash[], root = tree.root): boolean =>
    verifyMerkleProof(root, leaf, proof, keccak);

  test("proves its own leaf, as OpenZeppelin judges too, and no other", () => {
    for (const [i, leaf] of leaves.entries()) {
      expect(leaves.filter((other) => proves(other, tree.proofOf(i)))).toEqual([leaf]);
      expect(SimpleMerkleTree.verify(tree.root, leaf, [...tree.proofOf(i)])).toBe(true);
    }
  });

  test("proves nothing once anything of it is changed", () => {
    const [leaf = hashOf(0)] = leaves;
    const proof = tree.proofOf(0);
    expect(proves(leaf, proof)).toBe(true);
    expect(proves(leaf, proof.toReversed())).toBe(false);
    expect(proves(leaf, proof.slice(1))).toBe(false);
    expect(proves(leaf, [...proof, hashOf(1)])).toBe(false);
    expect(proves(leaf, proof, hashOf(1))).toBe(false);
  });

  test("of a leaf that is not there does not exist", () => {
    expect(() => tree.proofOf(7)).toThrow(RangeError);
    expect(() => tree.proofOf(-1)).toThrow(RangeError);
  });
});

test("no leaves, or what is no hash, is refused", () => {
  expect(() => createMerkleTree([], keccak)).toThrow("needs a leaf");
  for (const bad of ["0x", "0x12", `${hashOf(1)}00`, hashOf(1).replace("1", "z")] as const) {
    expect(() => Reflect.apply(createMerkleTree, null, [[hashOf(1), bad], keccak])).toThrow(RangeError);
    expect(() => Reflect.apply(verifyMerkleProof, null, [hashOf(1), hashOf(1), [bad], keccak])).toThrow(
      RangeError,
    );
  }
});
