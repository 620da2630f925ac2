import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { BlockHeader } from "../../../src/chain/types.ts";
import { createHeads } from "../../../src/feed/heads.ts";
import { fakeHash } from "../../support/feedChain.ts";

const header = (number: number, name: string, parent: BlockHeader | null): BlockHeader => ({
  number,
  hash: fakeHash(name),
  parentHash: parent?.hash ?? fakeHash("nothing"),
  timestamp: number,
  baseFeePerGas: 1n,
  gasLimit: 1n,
  gasUsed: 1n,
  logsBloom: `0x${"00".repeat(256)}`,
});

/** `a` to `h`, each on the one before. */
const line = (() => {
  const blocks: BlockHeader[] = [];
  for (const name of "abcdefgh".split(""))
    blocks.push(header(100 + blocks.length, name, blocks.at(-1) ?? null));
  return (i: number): BlockHeader => {
    const block = blocks[i];
    if (block === undefined) throw new Error(`no block ${i}`);
    return block;
  };
})();

test("each head is one of five things to the chain that we hold", () => {
  const heads = createHeads(4);
  expect(heads.classify(line(0))).toBe("gap");
  heads.reset(line(2));
  heads.push(line(3));
  heads.push(line(4));
  expect(heads.classify(line(4))).toBe("duplicate");
  expect(heads.classify(line(2))).toBe("duplicate");
  expect(heads.classify(line(1))).toBe("behind");
  expect(heads.classify(line(5))).toBe("next");
  expect(heads.classify(line(6))).toBe("gap");
  expect(heads.classify(header(105, "other", line(3)))).toBe("fork");
  expect(heads.classify(header(104, "other", line(3)))).toBe("fork");
  // A wrong height on the right parent is nothing that we follow.
  expect(heads.classify(header(107, "high", line(4)))).toBe("gap");
});

test("what does not stand on the tip is refused, and so is a rewind to what is not held", () => {
  const heads = createHeads(4);
  expect(() => heads.push(line(0))).toThrow("does not stand on anything");
  heads.reset(line(0));
  expect(() => heads.push(line(2))).toThrow("does not stand on");
  expect(() => heads.push(header(105, "high", line(0)))).toThrow("does not stand on");
  expect(() => heads.rewindTo(line(5).hash)).toThrow("nothing to rewind to");
  expect(heads.tip).toEqual(line(0));
});

test("random histories: the newest blocks of the chain are held, linked, and undone newest first", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ type: fc.constant("push" as const) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("rewind" as const), depth: fc.nat({ max: 12 }) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("reset" as const) }) },
  );
  const property = fc.property(
    fc.array(step, { maxLength: 60 }),
    fc.integer({ min: 1, max: 9 }),
    (steps, depth) => {
      const heads = createHeads(depth);
      /** The whole chain, and how much of it must still be held. */
      let chain = [header(0, "root", null)];
      let held = 1;
      heads.reset(chain[0] ?? header(0, "root", null));
      for (const [i, { type, ...rest }] of steps.entries()) {
        const tip = chain.at(-1) ?? null;
        const block = header((tip?.number ?? 0) + 1, `${i}`, tip);
        const undo = type === "rewind" ? Math.min("depth" in rest ? rest.depth : 0, held - 1) : 0;
        const kind = heads.classify(block);
        const ancestor = chain.at(-1 - undo)?.hash ?? fakeHash("none");
        const expected = chain.slice(chain.length - undo).toReversed();
        expect([kind, heads.rewindTo(ancestor)]).toEqual(["next", expected]);
        chain = chain.slice(0, chain.length - undo);
        held -= undo;
        if (type === "push") {
          heads.push(block);
          chain.push(block);
          held = Math.min(depth, held + 1);
        } else if (type === "reset") {
          heads.reset(block);
          chain = [block];
          held = 1;
        }
        const kept = chain.slice(-held);
        expect(heads.tip).toEqual(chain.at(-1));
        expect(heads.oldest).toBe(kept[0]?.number);
        expect(kept.every(({ hash }) => heads.holds(hash))).toBe(true);
        expect(chain.slice(0, -held).some(({ hash }) => heads.holds(hash))).toBe(false);
      }
    },
  );
  fc.assert(property, { numRuns: 200, seed: 11 });
});
