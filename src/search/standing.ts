import type { Address } from "../chain/types.ts";
import type { Opportunity } from "./opportunity.ts";

/**
 * Finds profit that nobody takes. A cycle that stood open for `blocks` blocks with none of its pools changed is not
 * real (a token that does not deliver, a pool that cannot be traded): it is suspect from the next block on.
 */
export interface Standing {
  /**
   * Tells what is open after a block, all of it, and which pools the block changed; returns the ids that are
   * suspect at this block. A height at or below an earlier one (a reorg) starts the count of later cycles again.
   */
  observe(block: number, open: readonly Opportunity[], changed: Iterable<Address>): ReadonlySet<string>;
  /** For these the block does not count: nobody had reason or room to take them. Their count starts after it. */
  excuse(block: number, ids: Iterable<string>): void;
  /** Forgets every count: nobody knows what stood still in between. */
  clear(): void;
}

export function createStanding(blocks = 3): Standing {
  /** Cycle id to the block since which it has stood open untouched; only what is open now. */
  let since = new Map<string, number>();
  return {
    observe: (block, open, changed) => {
      const touched = new Set(changed);
      const suspects = new Set<string>();
      const next = new Map<string, number>();
      for (const { cycle } of open) {
        const before = since.get(cycle.id);
        const fresh = before === undefined || cycle.hops.some(({ pool }) => touched.has(pool));
        const first = fresh ? block : Math.min(before, block);
        next.set(cycle.id, first);
        if (block - first >= blocks) suspects.add(cycle.id);
      }
      since = next;
      return suspects;
    },
    excuse: (block, ids) => {
      for (const id of ids) since.set(id, block + 1);
    },
    clear: () => since.clear(),
  };
}
