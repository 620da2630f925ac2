import * as fc from "fast-check";
import { keccak256 } from "viem";
import { expect, test } from "vitest";
import type { Hex } from "../../../src/chain/types.ts";
import { createBundle, ourTransaction, triggerTransaction } from "../../../src/execution/bundle.ts";

const SEED = 20_261_124;
const raw = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes): Hex => `0x02${Buffer.from(bytes).toString("hex")}`);

test("in 10,000 back-runs the trigger stands before ours, and ours is there once", () => {
  console.log(`bundle order: seed ${SEED}`);
  fc.assert(
    fc.property(raw, raw, fc.integer({ min: 1, max: 2 ** 31 }), (theirs, ours, block) => {
      fc.pre(theirs !== ours);
      const trigger = triggerTransaction(theirs, keccak256(theirs));
      const { transactions } = createBundle(137, [trigger, ourTransaction(ours)], [block]);
      expect(transactions.indexOf(theirs)).toBe(0);
      expect(transactions.lastIndexOf(ours)).toBe(1);
      expect(transactions).toHaveLength(2);
    }),
    { numRuns: 10_000, seed: SEED },
  );
});
