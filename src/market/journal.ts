import type { PoolState } from "../amm/poolState.ts";
import type { Address, BlockHeader, Hash } from "../chain/types.ts";

/** How to undo one block: the head before it and the former states of the pools that it changed. */
export interface UndoRecord {
  readonly block: BlockHeader;
  readonly parent: BlockHeader;
  readonly former: ReadonlyMap<Address, PoolState | null>;
}

/** The undo records of the last blocks, oldest first; beyond `depth` the oldest is let go. */
export interface UndoJournal {
  readonly size: number;
  push(record: UndoRecord): void;
  pop(): UndoRecord | undefined;
  holds(hash: Hash): boolean;
  clear(): void;
}

export function createUndoJournal(depth: number): UndoJournal {
  const records: UndoRecord[] = [];
  return {
    get size() {
      return records.length;
    },
    push: (record) => {
      records.push(record);
      if (records.length > depth) records.shift();
    },
    pop: () => records.pop(),
    holds: (hash) => records.some(({ block }) => block.hash === hash),
    clear: () => void records.splice(0),
  };
}
