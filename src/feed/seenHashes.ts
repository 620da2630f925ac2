import type { Hash } from "../chain/types.ts";

/** Remembers at least the last `capacity` hashes and at most twice as many. */
export interface SeenHashes {
  /** True the first time. */
  add(hash: Hash): boolean;
}

export function createSeenHashes(capacity: number): SeenHashes {
  let young = new Set<Hash>();
  let old = new Set<Hash>();
  return {
    add: (hash) => {
      if (young.has(hash) || old.has(hash)) return false;
      young.add(hash);
      if (young.size >= capacity) {
        old = young;
        young = new Set();
      }
      return true;
    },
  };
}
