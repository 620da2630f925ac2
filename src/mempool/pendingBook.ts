import type { Address, Hash, PendingTransaction } from "../chain/types.ts";

export interface PendingBookOptions {
  /** Transactions kept, those that were superseded included. */
  readonly mostTransactions: number;
  /** Bytes of input kept, all together. */
  readonly mostBytes: number;
  /** Blocks after which a transaction that was not mined is forgotten. */
  readonly mostBlocks: number;
  /** Length at which `earlierOf` ends. */
  readonly mostEarlier: number;
}

/** Some minutes of Polygon's flow; the bytes lie in memory as text of twice their length. */
export const pendingBookDefaults: PendingBookOptions = {
  mostTransactions: 16_384,
  mostBytes: 8 * 1024 * 1024,
  mostBlocks: 256,
  mostEarlier: 16,
};

/** Pending transactions by hash and by sender and nonce. All steps are O(1) amortised; block numbers come in. */
export interface PendingBook {
  /** A known hash changes nothing; another transaction of the same sender and nonce supersedes the former. */
  add(transaction: PendingTransaction, block: number): void;
  /** Null where it is not waiting: unknown, mined, superseded, expired or shed. */
  get(hash: Hash): PendingTransaction | null;
  has(hash: Hash): boolean;
  /**
   * The unbroken row of the sender's waiting transactions right before this one's nonce, ascending; at most
   * `mostEarlier` of them, the nearest.
   */
  earlierOf(transaction: Pick<PendingTransaction, "from" | "nonce">): readonly PendingTransaction[];
  /**
   * Forgets what a block holds, what its senders can no longer send since that nonce or a later one is spent, and what
   * has waited too long by then. A superseded transaction that is mined after all spends its nonce too.
   */
  mined(hashes: Iterable<Hash>, block: number): void;
  /** Those that wait. */
  readonly size: number;
  /** Bytes of input of those that wait. */
  readonly bytes: number;
  /** Let go, oldest first, because there was no more room. */
  readonly shed: number;
  readonly superseded: number;
  readonly expired: number;
}

/** One in the row of arrival. A superseded one stays without its body: it may still be mined. */
interface Entry {
  readonly hash: Hash;
  readonly from: Address;
  readonly nonce: number;
  readonly block: number;
  transaction: PendingTransaction | null;
}

interface Memory {
  readonly options: PendingBookOptions;
  readonly byHash: Map<Hash, Entry>;
  /** Those that wait, by nonce; few senders have more than one. */
  readonly senders: Map<Address, Entry[]>;
  /**
   * In order of arrival from `first` on, with those that are forgotten already. Not a map's own order: its first key
   * is not found in constant time once many were deleted before it.
   */
  row: Entry[];
  first: number;
  size: number;
  bytes: number;
  shed: number;
  superseded: number;
  expired: number;
}

export function createPendingBook(options: PendingBookOptions = pendingBookDefaults): PendingBook {
  const memory: Memory = {
    options,
    byHash: new Map(),
    senders: new Map(),
    row: [],
    first: 0,
    size: 0,
    bytes: 0,
    shed: 0,
    superseded: 0,
    expired: 0,
  };
  return {
    add: (transaction, block) => add(memory, transaction, block),
    get: (hash) => memory.byHash.get(hash)?.transaction ?? null,
    has: (hash) => (memory.byHash.get(hash)?.transaction ?? null) !== null,
    earlierOf: (transaction) => earlierOf(memory, transaction),
    mined: (hashes, block) => {
      for (const hash of hashes) mine(memory, hash);
      expire(memory, block);
    },
    get size() {
      return memory.size;
    },
    get bytes() {
      return memory.bytes;
    },
    get shed() {
      return memory.shed;
    },
    get superseded() {
      return memory.superseded;
    },
    get expired() {
      return memory.expired;
    },
  };
}

const bytesOf = ({ input }: PendingTransaction): number => (input.length - 2) / 2;

/** Where the nonce stands, or would stand. */
function positionOf(waiting: readonly Entry[], nonce: number): number {
  let [low, high] = [0, waiting.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((waiting[middle]?.nonce ?? 0) < nonce) low = middle + 1;
    else high = middle;
  }
  return low;
}

function add(memory: Memory, transaction: PendingTransaction, block: number): void {
  const { byHash, options, row } = memory;
  const { hash, from, nonce } = transaction;
  if (byHash.has(hash)) return;
  const entry: Entry = { hash, from, nonce, block, transaction };
  byHash.set(hash, entry);
  row.push(entry);
  memory.size++;
  memory.bytes += bytesOf(transaction);
  enlist(memory, entry);
  const { mostTransactions, mostBytes } = options;
  while (
    byHash.size > mostTransactions ||
    memory.bytes > mostBytes ||
    memory.row.length - memory.first > 2 * mostTransactions
  )
    if (shift(memory)) memory.shed++;
}

/** Puts it among its sender's, in the place of one with its nonce. */
function enlist(memory: Memory, entry: Entry): void {
  const waiting = memory.senders.get(entry.from);
  if (waiting === undefined) {
    memory.senders.set(entry.from, [entry]);
    return;
  }
  const position = positionOf(waiting, entry.nonce);
  const former = waiting[position];
  if (former?.nonce !== entry.nonce) {
    waiting.splice(position, 0, entry);
    return;
  }
  release(memory, former);
  waiting[position] = entry;
  memory.superseded++;
}

/** Lets go of the body. */
function release(memory: Memory, entry: Entry): void {
  if (entry.transaction === null) return;
  memory.size--;
  memory.bytes -= bytesOf(entry.transaction);
  entry.transaction = null;
}

function forget(memory: Memory, entry: Entry): void {
  release(memory, entry);
  memory.byHash.delete(entry.hash);
  const waiting = memory.senders.get(entry.from);
  if (waiting === undefined) return;
  const position = positionOf(waiting, entry.nonce);
  if (waiting[position] !== entry) return;
  if (waiting.length === 1) memory.senders.delete(entry.from);
  else waiting.splice(position, 1);
}

/** Takes the oldest out of the row; true where it still waited. */
function shift(memory: Memory): boolean {
  const entry = memory.row[memory.first++];
  if (memory.first * 2 > memory.row.length) {
    memory.row = memory.row.slice(memory.first);
    memory.first = 0;
  }
  if (entry === undefined || memory.byHash.get(entry.hash) !== entry) return false;
  const waited = entry.transaction !== null;
  forget(memory, entry);
  return waited;
}

function earlierOf(
  { senders, options }: Memory,
  { from, nonce }: Pick<PendingTransaction, "from" | "nonce">,
): readonly PendingTransaction[] {
  const waiting = senders.get(from) ?? [];
  const earlier: PendingTransaction[] = [];
  let before = positionOf(waiting, nonce) - 1;
  while (earlier.length < options.mostEarlier) {
    const transaction = waiting[before--]?.transaction ?? null;
    if (transaction?.nonce !== nonce - 1 - earlier.length) break;
    earlier.push(transaction);
  }
  return earlier.toReversed();
}

function mine(memory: Memory, hash: Hash): void {
  const entry = memory.byHash.get(hash);
  if (entry === undefined) return;
  const waiting = memory.senders.get(entry.from) ?? [];
  const spent = waiting.splice(0, positionOf(waiting, entry.nonce + 1));
  if (waiting.length === 0) memory.senders.delete(entry.from);
  for (const each of [entry, ...spent]) {
    release(memory, each);
    memory.byHash.delete(each.hash);
  }
}

function expire(memory: Memory, block: number): void {
  const { options, byHash } = memory;
  for (;;) {
    const oldest = memory.row[memory.first];
    if (oldest === undefined) return;
    const isForgotten = byHash.get(oldest.hash) !== oldest;
    if (!isForgotten && block - oldest.block <= options.mostBlocks) return;
    if (shift(memory)) memory.expired++;
  }
}
