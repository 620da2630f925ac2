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

/** One in the row of arrival. A superseded one keeps its place without its body: it may still be mined. */
interface Entry {
  readonly hash: Hash;
  readonly from: Address;
  readonly nonce: number;
  readonly block: number;
  transaction: PendingTransaction | null;
  older: Entry | null;
  newer: Entry | null;
}

interface Sender {
  readonly byNonce: Map<number, Entry>;
  /** No waiting nonce lies below it. */
  floor: number;
}

interface Memory {
  readonly options: PendingBookOptions;
  readonly byHash: Map<Hash, Entry>;
  readonly senders: Map<Address, Sender>;
  // A linked row: the first key of a JavaScript map is not found in constant time once many were deleted before it.
  oldest: Entry | null;
  newest: Entry | null;
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
    oldest: null,
    newest: null,
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

function add(memory: Memory, transaction: PendingTransaction, block: number): void {
  const { byHash, senders, options } = memory;
  const { hash, from, nonce } = transaction;
  if (byHash.has(hash)) return;
  let sender = senders.get(from);
  if (sender === undefined) senders.set(from, (sender = { byNonce: new Map(), floor: nonce }));
  const former = sender.byNonce.get(nonce);
  if (former !== undefined) {
    release(memory, former);
    memory.superseded++;
  }
  const entry: Entry = { hash, from, nonce, block, transaction, older: memory.newest, newer: null };
  if (memory.newest === null) memory.oldest = entry;
  else memory.newest.newer = entry;
  memory.newest = entry;
  byHash.set(hash, entry);
  sender.byNonce.set(nonce, entry);
  sender.floor = Math.min(sender.floor, nonce);
  memory.size++;
  memory.bytes += bytesOf(transaction);
  while (byHash.size > options.mostTransactions || memory.bytes > options.mostBytes) {
    if (memory.oldest === null) return;
    if (memory.oldest.transaction !== null) memory.shed++;
    forget(memory, memory.oldest);
  }
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
  if (entry.older === null) memory.oldest = entry.newer;
  else entry.older.newer = entry.newer;
  if (entry.newer === null) memory.newest = entry.older;
  else entry.newer.older = entry.older;
  const sender = memory.senders.get(entry.from);
  if (sender?.byNonce.get(entry.nonce) !== entry) return;
  sender.byNonce.delete(entry.nonce);
  if (sender.byNonce.size === 0) memory.senders.delete(entry.from);
}

function earlierOf(
  { senders, options }: Memory,
  { from, nonce }: Pick<PendingTransaction, "from" | "nonce">,
): readonly PendingTransaction[] {
  const row: PendingTransaction[] = [];
  const byNonce = senders.get(from)?.byNonce;
  for (let before = nonce - 1; row.length < options.mostEarlier; before--) {
    const transaction = byNonce?.get(before)?.transaction ?? null;
    if (transaction === null) break;
    row.push(transaction);
  }
  return row.toReversed();
}

function mine(memory: Memory, hash: Hash): void {
  const entry = memory.byHash.get(hash);
  if (entry === undefined) return;
  const { from, nonce } = entry;
  forget(memory, entry);
  const sender = memory.senders.get(from);
  if (sender === undefined) return;
  const { byNonce, floor } = sender;
  // Whichever is shorter: the nonces that are now spent, or those that wait.
  const spent =
    nonce - floor < byNonce.size
      ? Array.from({ length: Math.max(0, nonce - floor + 1) }, (_, i) => floor + i)
      : [...byNonce.keys()].filter((waiting) => waiting <= nonce);
  for (const each of spent) {
    const stale = byNonce.get(each);
    if (stale !== undefined) forget(memory, stale);
  }
  sender.floor = Math.max(floor, nonce + 1);
}

function expire(memory: Memory, block: number): void {
  let { oldest } = memory;
  while (oldest !== null && block - oldest.block > memory.options.mostBlocks) {
    if (oldest.transaction !== null) memory.expired++;
    forget(memory, oldest);
    ({ oldest } = memory);
  }
}
