import type { BlockHeader, Hash } from "../chain/types.ts";

/**
 * What a head is to the chain that we follow:
 * - `duplicate`: the tip, or a block under it that we hold already;
 * - `behind`: older than all we hold: cannot be judged, need not be;
 * - `next`: its parent is our tip;
 * - `gap`: above the tip, blocks between are missing (or the branch is another: the way down tells);
 * - `fork`: it competes with blocks that we hold.
 */
export type HeadStep = "duplicate" | "behind" | "next" | "gap" | "fork";

/** The last blocks of the chain we follow, linked by parent hash; at most `depth` of them. */
export interface Heads {
  readonly tip: BlockHeader | null;
  /** Of the oldest block that we hold. */
  readonly oldest: number;
  classify(head: BlockHeader): HeadStep;
  holds(hash: Hash): boolean;
  /** Starts anew from one block. */
  reset(head: BlockHeader): void;
  /** Throws unless the block's parent is the tip: the caller has lost the thread. */
  push(block: BlockHeader): void;
  /** Takes off the blocks above `ancestor`, newest first. Throws when it is not held. */
  rewindTo(ancestor: Hash): readonly BlockHeader[];
}

export function createHeads(depth: number): Heads {
  const blocks: BlockHeader[] = [];
  const hashes = new Set<Hash>();
  const tip = (): BlockHeader | null => blocks.at(-1) ?? null;

  const add = (block: BlockHeader): void => {
    blocks.push(block);
    hashes.add(block.hash);
    const old = blocks.length > depth ? blocks.shift() : undefined;
    if (old) hashes.delete(old.hash);
  };

  return {
    get tip() {
      return tip();
    },
    get oldest() {
      return blocks[0]?.number ?? 0;
    },
    holds: (hash) => hashes.has(hash),
    classify: (head) => classify(head, blocks, hashes),
    reset: (head) => {
      blocks.length = 0;
      hashes.clear();
      add(head);
    },
    push: (block) => {
      const parent = tip();
      if (parent === null || block.parentHash !== parent.hash || block.number !== parent.number + 1)
        throw new Error(
          `block ${block.number} ${block.hash} does not stand on ${parent?.hash ?? "anything"}`,
        );
      add(block);
    },
    rewindTo: (ancestor) => {
      if (!hashes.has(ancestor)) throw new Error(`block ${ancestor} is not held: nothing to rewind to`);
      const undone: BlockHeader[] = [];
      for (let top = tip(); top !== null && top.hash !== ancestor; top = tip()) {
        blocks.pop();
        hashes.delete(top.hash);
        undone.push(top);
      }
      return undone;
    },
  };
}

function classify(head: BlockHeader, blocks: readonly BlockHeader[], hashes: ReadonlySet<Hash>): HeadStep {
  const tip = blocks.at(-1);
  if (tip === undefined) return "gap";
  if (hashes.has(head.hash)) return "duplicate";
  if (head.parentHash === tip.hash && head.number === tip.number + 1) return "next";
  if (head.number > tip.number + 1) return "gap";
  return head.number < (blocks[0]?.number ?? 0) ? "behind" : "fork";
}
