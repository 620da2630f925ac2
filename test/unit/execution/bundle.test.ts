import * as fc from "fast-check";
import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { encodeAbiParameters, keccak256 } from "viem";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import type { Hex } from "../../../src/chain/types.ts";
import {
  createBundle,
  ourTransaction,
  triggerTransaction,
  verifyBundle,
  type Backrun,
  type Bundle,
  type OurTransaction,
  type Settled,
  type TriggerTransaction,
} from "../../../src/execution/bundle.ts";
import { loadWasmKeccak256, nobleKeccak256 } from "../../../src/execution/keccak256.ts";
import { verifyMerkleProof } from "../../../src/execution/merkleTree.ts";
import { hashOf } from "../../support/executionPlan.ts";

const keccak = await loadWasmKeccak256();

// Hashing under a loaded machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const rawBytes = fc
  .uint8Array({ minLength: 1, maxLength: 80 })
  .map((bytes): Hex => `0x02${Buffer.from(bytes).toString("hex")}`);
const targets = fc
  .uniqueArray(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 5 })
  .map((blocks) => blocks.toSorted((a, b) => a - b));
const trigger = (raw: Hex): TriggerTransaction => triggerTransaction(raw, keccak256(raw));

describe("what a bundle may hold", () => {
  test("by type: ours alone, or triggers and then one of ours; no other order exists", () => {
    expectTypeOf<Settled>().toEqualTypeOf<readonly [OurTransaction]>();
    expectTypeOf<Backrun>().toEqualTypeOf<
      readonly [TriggerTransaction, ...TriggerTransaction[], OurTransaction]
    >();
    expectTypeOf<readonly [OurTransaction, TriggerTransaction]>().not.toExtend<Settled | Backrun>();
    expectTypeOf<readonly [OurTransaction, TriggerTransaction, OurTransaction]>().not.toExtend<
      Settled | Backrun
    >();
    expectTypeOf<readonly [TriggerTransaction, OurTransaction, TriggerTransaction]>().not.toExtend<
      Settled | Backrun
    >();
    expectTypeOf<readonly [TriggerTransaction, OurTransaction, OurTransaction]>().not.toExtend<
      Settled | Backrun
    >();
  });

  test("behind random triggers ours stands last, once, and the trigger first", () => {
    fc.assert(
      fc.property(rawBytes, rawBytes, targets, (theirs, ours, blocks) => {
        fc.pre(theirs !== ours);
        const bundle = createBundle(137, [trigger(theirs), ourTransaction(ours)], blocks);
        expect(bundle.transactions).toEqual([theirs, ours]);
      }),
      { numRuns: 1000 },
    );
  });

  test("at run time every other order of authors is refused", () => {
    const anyTransaction = fc.tuple(fc.boolean(), rawBytes);
    fc.assert(
      fc.property(fc.array(anyTransaction, { maxLength: 4 }), (list) => {
        const order = list.map(([mine, raw]) => (mine ? ourTransaction(raw) : trigger(raw)));
        const authors = order.map(({ author }) => author).join();
        fc.pre(!/^(trigger,)*us$/.test(authors));
        // Past the types, which forbid it.
        expect(() => Reflect.apply(createBundle, null, [137, order, [1]])).toThrow("a bundle cannot be");
      }),
    );
  });

  test("the trigger's bytes must be the transaction that was seen, and never pass as ours too", () => {
    expect(() => triggerTransaction("0x02aa", hashOf(1))).toThrow("not to");
    expect(() => createBundle(137, [trigger("0x02aa"), ourTransaction("0x02aa")], [1])).toThrow("twice");
  });

  test("targets exist and ascend", () => {
    expect(() => createBundle(137, [ourTransaction("0x02aa")], [])).toThrow("target");
    expect(() => createBundle(137, [ourTransaction("0x02aa")], [5, 5])).toThrow("ascend");
    expect(() => createBundle(137, [ourTransaction("0x02aa")], [6, 5])).toThrow("ascend");
  });
});

const idOf = (chain: number, raw: Hex, blocks: readonly number[]): string =>
  createBundle(chain, [ourTransaction(raw)], blocks).id;

describe("identity and proofs", () => {
  test("the same content has the same id, and any change another one", () => {
    expect(idOf(137, "0x02aa", [7])).toBe(idOf(137, "0x02aa", [7]));
    const ids = [
      idOf(137, "0x02aa", [7]),
      idOf(1, "0x02aa", [7]),
      idOf(137, "0x02ab", [7]),
      idOf(137, "0x02aa", [7, 8]),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  test("a bundle verifies, and no tampered one does", () => {
    fc.assert(
      fc.property(rawBytes, rawBytes, targets, (theirs, ours, blocks) => {
        fc.pre(theirs !== ours);
        const bundle = createBundle(137, [trigger(theirs), ourTransaction(ours)], blocks);
        expect(verifyBundle(bundle)).toBe(true);
        const tampered: Bundle[] = [
          { ...bundle, chainId: 1 },
          { ...bundle, targetBlocks: [...blocks, 2 ** 41] },
          { ...bundle, transactions: bundle.transactions.toReversed() },
          { ...bundle, transactions: bundle.transactions.toReversed(), hashes: bundle.hashes.toReversed() },
          { ...bundle, merkleRoot: hashOf(1) },
          { ...bundle, proofs: [[], []] },
          { ...bundle, proofs: bundle.proofs.slice(1) },
        ];
        expect(tampered.map((each) => verifyBundle(each, keccak))).toEqual(tampered.map(() => false));
      }),
    );
  });

  test("each transaction proves its membership by itself, and a foreign one does not", () => {
    const bundle = createBundle(137, [trigger("0x02aa"), ourTransaction("0x02bb")], [9]);
    for (const [i, hash] of bundle.hashes.entries())
      expect(verifyMerkleProof(bundle.merkleRoot, hash, bundle.proofs[i] ?? [], keccak)).toBe(true);
    expect(verifyMerkleProof(bundle.merkleRoot, hashOf(3), bundle.proofs[0] ?? [], keccak)).toBe(false);
  });

  test("is byte for byte what viem encodes and hashes and OpenZeppelin's tree proves, on either backend", () => {
    const long = fc
      .uint8Array({ maxLength: 1500, size: "max" })
      .map((bytes): Hex => `0x02${Buffer.from(bytes).toString("hex")}`);
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.option(long), long, targets, (chainId, theirs, ours, blocks) => {
        fc.pre(theirs !== ours);
        for (const hasher of [keccak, nobleKeccak256]) {
          const mine = ourTransaction(ours, hasher);
          const bundle =
            theirs === null
              ? createBundle(chainId, [mine], blocks, hasher)
              : createBundle(
                  chainId,
                  [triggerTransaction(theirs, keccak256(theirs), hasher), mine],
                  blocks,
                  hasher,
                );
          const raws = theirs === null ? [ours] : [theirs, ours];
          const hashes = raws.map((raw) => keccak256(raw));
          const tree = SimpleMerkleTree.of(hashes);
          const types = [{ type: "uint256" }, { type: "uint256[]" }, { type: "bytes[]" }] as const;
          expect(bundle).toEqual({
            id: keccak256(encodeAbiParameters(types, [BigInt(chainId), blocks.map(BigInt), raws])),
            chainId,
            transactions: raws,
            hashes,
            targetBlocks: blocks,
            slot: keccak256(ours),
            merkleRoot: tree.root,
            proofs: hashes.map((_, i) => tree.getProof(i)),
          });
          expect(verifyBundle(bundle, hasher)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each([-1, 0.5, 2 ** 53])("a chain %d does not exist", (chainId) => {
    expect(() => createBundle(chainId, [ourTransaction("0x02aa")], [1])).toThrow("not a whole number");
  });

  test.each(["0x02a", "02aa", "0x02zz"])("%s is no transaction", (raw) => {
    // Past the types, which know 0x alone.
    expect(() => Reflect.apply(ourTransaction, null, [raw])).toThrow(RangeError);
  });
});
