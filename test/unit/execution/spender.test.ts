import { describe, expect, test } from "vitest";
import type { Rpc } from "../../../src/execution/chainAnswers.ts";
import { findSpender, isBare } from "../../../src/execution/spender.ts";
import { EXECUTOR, addressOf } from "../../support/executionPlan.ts";

const US = addressOf(1);
const ours = { from: US, to: EXECUTOR, nonce: "0x7", value: "0x0", input: "0x" };
const others = [
  { ...ours, from: addressOf(2) },
  { ...ours, nonce: "0x6" },
  { ...ours, to: null, from: addressOf(3) },
];

/** A chain whose block `at` spends our nonce 7; the states of blocks below `oldest` are gone. */
function chainOf(at: number, oldest = 0) {
  const asked: number[] = [];
  const rpc: Rpc = {
    request: async (method, [first, second]) => {
      if (method === "eth_getBlockByNumber")
        return { transactions: Number(first) === at ? [...others, ours] : others };
      expect(first).toBe(US);
      const block = Number(second);
      asked.push(block);
      if (block < oldest) throw new Error("missing trie node");
      return await Promise.resolve(block >= at ? "0x8" : "0x7");
    },
  };
  return { rpc, asked };
}

const spent = { sender: US, nonce: 7 };
const timeout = { timeoutMs: 1000 };

describe("what spent a nonce", () => {
  test.each([0, 1, 2, 3, 96, 97, 98, 99, 100])("in block %d of 100 is found", async (at) => {
    const { rpc, asked } = chainOf(at);
    expect(await findSpender(rpc, spent, 100, timeout)).toMatchObject({ from: US, to: EXECUTOR, nonce: 7 });
    expect(asked.length).toBeLessThanOrEqual(14);
    expect(new Set(asked).size).toBe(asked.length);
    for (const block of asked) expect(block).toBeGreaterThanOrEqual(0);
  });

  test("is asked of no block below what must be known", async () => {
    const { rpc, asked } = chainOf(100, 99);
    expect(await findSpender(rpc, spent, 100, timeout)).not.toBeNull();
    expect(asked).toEqual([99]);
    await expect(findSpender(chainOf(10, 50).rpc, spent, 100, timeout)).rejects.toThrow("missing trie node");
  });

  test("is nothing where the block does not hold it", async () => {
    const { rpc } = chainOf(100);
    expect(await findSpender(rpc, { ...spent, nonce: 5 }, 100, timeout)).toBeNull();
  });
});

test("bare is what sends nothing to its own sender", () => {
  const bare = { from: US, to: US, nonce: 7, value: 0n, input: "0x" } as const;
  expect(isBare(bare)).toBe(true);
  for (const change of [{ to: EXECUTOR }, { to: null }, { value: 1n }, { input: "0x00" as const }])
    expect(isBare({ ...bare, ...change })).toBe(false);
});
