import type { Address, ChainLog, Hash } from "../chain/types.ts";

/**
 * What the log subscription told: a second witness beside the proof of `blockLogs`, and what remains when a
 * proof cannot be had. Also notices when the subscription loses logs.
 */
export interface NoticedLogs {
  add(log: ChainLog): void;
  /** In the order of `logIndex`, each once. */
  of(block: Hash): readonly ChainLog[];
  /**
   * Takes the logs that were committed for a block which came while we listened, and judges those of the block
   * before: logs may be late. Answers the pools of which the subscription told more than was committed.
   */
  compare(block: Hash, committed: readonly ChainLog[]): readonly Address[];
  /** Blocks in a row of which the subscription told nothing though they had logs of ours. */
  readonly deafBlocks: number;
  /** Committed logs that the subscription did not tell. */
  readonly lost: number;
  /** A new subscription owes nothing for the blocks of the old one. */
  restart(): void;
}

/** Enough for blocks that wait for their proof; more would be a node that makes up blocks. */
const MAX_BLOCKS = 64;
/** No block of 140 M gas holds more. */
const MAX_LOGS_OF_BLOCK = 50_000;

interface Told {
  readonly block: Hash;
  readonly committed: readonly ChainLog[];
}

export function createNoticedLogs(): NoticedLogs {
  const blocks = new Map<Hash, Map<number, ChainLog>>();
  let due: Told | null = null;
  let deafBlocks = 0;
  let lost = 0;

  const judge = ({ block, committed }: Told): readonly Address[] => {
    const told = blocks.get(block);
    const missing = committed.filter(({ logIndex }) => told?.has(logIndex) !== true).length;
    lost += missing;
    if (committed.length > 0) deafBlocks = missing === committed.length ? deafBlocks + 1 : 0;
    const indexes = new Set(committed.map(({ logIndex }) => logIndex));
    const extra = [...(told?.values() ?? [])].filter(({ logIndex }) => !indexes.has(logIndex));
    return [...new Set(extra.map(({ address }) => address))];
  };

  return {
    add: (log) => {
      let logs = blocks.get(log.blockHash);
      if (logs === undefined) {
        logs = new Map();
        blocks.set(log.blockHash, logs);
        dropOldest(blocks);
      }
      if (logs.size < MAX_LOGS_OF_BLOCK) logs.set(log.logIndex, log);
    },
    of: (block) => [...(blocks.get(block)?.values() ?? [])].toSorted((a, b) => a.logIndex - b.logIndex),
    compare: (block, committed) => {
      const doubted = due === null ? [] : judge(due);
      due = { block, committed };
      return doubted;
    },
    get deafBlocks() {
      return deafBlocks;
    },
    get lost() {
      return lost;
    },
    restart: () => {
      due = null;
    },
  };
}

function dropOldest(blocks: Map<Hash, unknown>): void {
  if (blocks.size <= MAX_BLOCKS) return;
  for (const oldest of blocks.keys()) {
    blocks.delete(oldest);
    return;
  }
}
