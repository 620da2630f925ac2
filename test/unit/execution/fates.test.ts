import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Receipt } from "../../../src/execution/chainAnswers.ts";
import { judgeFate, type Look, type Sent } from "../../../src/execution/fates.ts";
import { hashOf } from "../../support/executionPlan.ts";

const sent: Sent = {
  nonce: 7,
  lastBlock: 101,
  expires: true,
  spentLooks: 0,
  cancelFrom: 104,
  cancelledAt: null,
};
const receipt: Receipt = {
  block: { number: 101, hash: hashOf(101) },
  transactionHash: hashOf(1),
  transactionIndex: 0,
  success: true,
  gasUsed: 1n,
  effectiveGasPrice: 1n,
  logs: [],
};
const look = (changes: Partial<Look>): Look => ({ head: 101, spentNonces: 7, receipt: null, ...changes });

describe("the fate of a sent transaction", () => {
  test("a receipt decides where the head's own state has the nonce spent; else it is another fork's", () => {
    for (const spentNonces of [8, 9])
      expect(judgeFate(sent, look({ spentNonces, receipt }), 3)).toEqual({ type: "mined", receipt });
    for (const expires of [true, false])
      expect(judgeFate({ ...sent, expires }, look({ head: 109, receipt }), 3)).toEqual({
        type: "wait",
        spentLooks: 0,
      });
  });

  test("what expires: waiting before the last block, missed at it", () => {
    expect(judgeFate(sent, look({ head: 100 }), 3)).toEqual({ type: "wait", spentLooks: 0 });
    expect(judgeFate(sent, look({ head: 101 }), 3)).toEqual({ type: "missed" });
  });

  test("private: never missed while its nonce is unspent; cancelled when due, and again", () => {
    const lingering = { ...sent, expires: false };
    expect(judgeFate(lingering, look({ head: 103 }), 3).type).toBe("wait");
    expect(judgeFate(lingering, look({ head: 104 }), 3).type).toBe("cancel");
    expect(judgeFate({ ...lingering, cancelledAt: 104 }, look({ head: 106 }), 3).type).toBe("wait");
    expect(judgeFate({ ...lingering, cancelledAt: 104 }, look({ head: 107 }), 3).type).toBe("cancel");
  });

  test("a tail: at its last block, for from there it can only revert", () => {
    const tail = { ...sent, expires: false, cancelFrom: 101 };
    expect(judgeFate(tail, look({ head: 100 }), 3).type).toBe("wait");
    expect(judgeFate(tail, look({ head: 101 }), 3).type).toBe("cancel");
    expect(judgeFate({ ...tail, cancelledAt: 101 }, look({ head: 103 }), 3).type).toBe("wait");
    expect(judgeFate({ ...tail, cancelledAt: 101 }, look({ head: 104 }), 3).type).toBe("cancel");
  });

  test("replaced after two looks in a row at a spent nonce, not after one", () => {
    expect(judgeFate(sent, look({ spentNonces: 8 }), 3)).toEqual({ type: "wait", spentLooks: 1 });
    expect(judgeFate({ ...sent, spentLooks: 1 }, look({ spentNonces: 8 }), 3)).toEqual({ type: "replaced" });
    expect(judgeFate({ ...sent, spentLooks: 1 }, look({ spentNonces: 7, head: 100 }), 3)).toEqual({
      type: "wait",
      spentLooks: 0,
    });
  });
});

test("along any honest chain a bundle gets a fate no later than two heads after its last block", () => {
  const heads = fc.uniqueArray(fc.integer({ min: 99, max: 110 }), { minLength: 1 });
  const spentFrom = fc.option(fc.integer({ min: 100, max: 105 }), { nil: null });
  fc.assert(
    fc.property(heads, spentFrom, fc.boolean(), (numbers, spentAt, byUs) => {
      let state = sent;
      let end: { is: string; due: string } | null = null;
      const ascending = numbers.toSorted((a, b) => a - b);
      for (const head of ascending) {
        const spent = spentAt !== null && head >= spentAt;
        // Ours lands in its block or not at all.
        const ours = byUs && spentAt === 101 && spent;
        const verdict = judgeFate(
          state,
          look({ head, spentNonces: spent ? 8 : 7, receipt: ours ? receipt : null }),
          3,
        );
        if (verdict.type === "wait") state = { ...state, spentLooks: verdict.spentLooks };
        else {
          end = { is: verdict.type, due: ours ? "mined" : spent ? "replaced" : "missed" };
          break;
        }
      }
      const late = ascending.filter((head) => head >= 101).length;
      expect(end !== null || late < 2).toBe(true);
      expect(end?.is).toBe(end?.due);
    }),
    { numRuns: 5000 },
  );
});
