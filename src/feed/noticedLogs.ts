import type { Address, ChainLog, Hash } from "../chain/types.ts";

export interface Comparison {
  /** Pools of which the subscription told more than was committed. */
  readonly doubted: readonly Address[];
  /** It has told nothing for two blocks, four, eight and so on: time to listen anew. */
  readonly renew: boolean;
}

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
   * before: logs may be late.
   */
  compare(block: Hash, committed: readonly ChainLog[]): Comparison;
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

const NOTHING: Comparison = { doubted: [], renew: false };

interface Told {
  readonly block: Hash;
  readonly committed: readonly ChainLog[];
}

export function createNoticedLogs(): NoticedLogs {
  const blocks = new Map<Hash, Map<number, ChainLog>>();
  let due: Told | null = null;
  let deafBlocks = 0;
  let lost = 0;

  const judge = ({ block, committed }: Told): Comparison => {
    const told = blocks.get(block);
    const missing = committed.filter(({ logIndex }) => told?.has(logIndex) !== true).length;
    lost += missing;
    const deaf = committed.length > 0 && missing === committed.length;
    if (deaf) deafBlocks++;
    else if (committed.length > 0) deafBlocks = 0;
    const indexes = new Set(committed.map(({ logIndex }) => logIndex));
    const extra = [...(told?.values() ?? [])].filter(({ logIndex }) => !indexes.has(logIndex));
    const doubted = [...new Set(extra.map(({ address }) => address))];
    return { doubted, renew: deaf && deafBlocks > 1 && Number.isInteger(Math.log2(deafBlocks)) };
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
      const comparison = due === null ? NOTHING : judge(due);
      due = { block, committed };
      return comparison;
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
