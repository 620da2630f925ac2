import { bidOf, outbids, type Fees } from "../chain/fees.ts";
import type { Address, Hash, PendingTransaction } from "../chain/types.ts";
import { maxBigint } from "../lib/bigint.ts";

export interface PendingBookOptions {
  /** Transactions kept, those that were superseded included. */
  readonly mostTransactions: number;
  /** Bytes of input kept, all together. */
  readonly mostBytes: number;
  /** Blocks after which a transaction that was not mined is forgotten. */
  readonly mostBlocks: number;
  /** Most that `earlierOf` tells; behind more of them nothing is known. */
  readonly mostEarlier: number;
}

/** Some minutes of Polygon's flow; the bytes lie in memory as text of twice their length. */
export const pendingBookDefaults: PendingBookOptions = {
  mostTransactions: 16_384,
  mostBytes: 8 * 1024 * 1024,
  mostBlocks: 256,
  mostEarlier: 3,
};

/** Pending transactions by hash and by sender and nonce. All steps are O(1) amortised; block numbers come in. */
export interface PendingBook {
  /**
   * True where it waits from now on: a known hash changes nothing, nor does one that was mined lately. Of two
   * transactions of one sender and nonce the one that outbids the other waits, whichever was told first: a pool that
   * knows both holds that one, and bodies that are asked for by hash may come in any order. Where neither outbids the
   * other each pool holds what it heard first, and nobody can say which is mined: neither waits, until a third outbids
   * both.
   */
  add(transaction: PendingTransaction, block: number): boolean;
  /** Null where it is not waiting: unknown, mined, superseded, in dispute, expired or shed. */
  get(hash: Hash): PendingTransaction | null;
  has(hash: Hash): boolean;
  /**
   * All of the sender's that must be mined before this nonce, ascending. Null where they are not known: one is missing
   * between them, is in dispute, or was let go while it waited, or there are more than `mostEarlier`.
   */
  earlierOf(transaction: Pick<PendingTransaction, "from" | "nonce">): readonly PendingTransaction[] | null;
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
  /** What another of its nonce has to outbid; null: not known, nothing does. */
  bid: Fees | null;
  transaction: PendingTransaction | null;
  /** The sender's one before it was let go while both waited: what must be mined first is not known any more. */
  bereft: boolean;
}

const MOST_LET_GO = 1024;

interface Memory {
  readonly options: PendingBookOptions;
  readonly byHash: Map<Hash, Entry>;
  /** One for each nonce, ascending; without its body where the nonce is in dispute. Few senders have more than one. */
  readonly senders: Map<Address, Entry[]>;
  /**
   * In order of arrival from `first` on, with those that are forgotten already. Not a map's own order: its first key
   * is not found in constant time once many were deleted before it.
   */
  row: Entry[];
  first: number;
  /** Mined lately, and those before them: what a block holds may be told after it. */
  mined: Set<Hash>;
  minedBefore: ReadonlySet<Hash>;
  /** The next nonce of senders who had one mined lately, and of those before them. */
  next: Map<Address, number>;
  nextBefore: ReadonlyMap<Address, number>;
  /** Let go while a later one of their sender waited, oldest first: when they are mined, that one is next. */
  readonly letGo: Map<Hash, Entry>;
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
    mined: new Set(),
    minedBefore: new Set(),
    next: new Map(),
    nextBefore: new Map(),
    letGo: new Map(),
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
      for (const hash of hashes) {
        mine(memory, hash);
        remember(memory, hash);
      }
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

/** It is in a block, or another of its nonce or a later one is. */
function isSpent(memory: Memory, { hash, from, nonce }: PendingTransaction): boolean {
  if (memory.mined.has(hash) || memory.minedBefore.has(hash)) return true;
  return nonce < Math.max(memory.next.get(from) ?? 0, memory.nextBefore.get(from) ?? 0);
}

function add(memory: Memory, transaction: PendingTransaction, block: number): boolean {
  const { byHash, options, row } = memory;
  const { hash, from, nonce } = transaction;
  if (byHash.has(hash) || isSpent(memory, transaction)) return false;
  const bid = bidOf(transaction);
  const entry: Entry = { hash, from, nonce, block, bid, transaction, bereft: false };
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
  return entry.transaction !== null;
}

/** Puts it among its sender's. */
function enlist(memory: Memory, entry: Entry): void {
  const waiting = memory.senders.get(entry.from);
  if (waiting === undefined) {
    memory.senders.set(entry.from, [entry]);
    return;
  }
  const position = positionOf(waiting, entry.nonce);
  const former = waiting[position];
  if (former?.nonce !== entry.nonce) waiting.splice(position, 0, entry);
  else if (outbids(entry.bid, former.bid)) {
    supersede(memory, former);
    entry.bereft = former.bereft;
    waiting[position] = entry;
  } else {
    supersede(memory, entry);
    if (outbids(former.bid, entry.bid)) return;
    supersede(memory, former);
    former.bid = higherOf(former.bid, entry.bid);
  }
}

/** Who outbids this outbids both. */
const higherOf = (a: Fees | null, b: Fees | null): Fees | null =>
  a === null || b === null
    ? null
    : {
        maxFeePerGas: maxBigint(a.maxFeePerGas, b.maxFeePerGas),
        maxPriorityFeePerGas: maxBigint(a.maxPriorityFeePerGas, b.maxPriorityFeePerGas),
      };

function supersede(memory: Memory, entry: Entry): void {
  if (entry.transaction !== null) memory.superseded++;
  release(memory, entry);
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
  const next = waiting[position];
  if (next === undefined) return;
  next.bereft = true;
  memory.letGo.set(entry.hash, entry);
  const first = memory.letGo.keys().next();
  if (memory.letGo.size > MOST_LET_GO && first.done !== true) memory.letGo.delete(first.value);
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
): readonly PendingTransaction[] | null {
  const waiting = senders.get(from) ?? [];
  const count = positionOf(waiting, nonce);
  if (count > options.mostEarlier || waiting[count]?.bereft === true) return null;
  const earlier: PendingTransaction[] = [];
  for (const { transaction, bereft } of waiting.slice(0, count)) {
    if (transaction?.nonce !== nonce - count + earlier.length || bereft) return null;
    earlier.push(transaction);
  }
  return earlier;
}

function mine(memory: Memory, hash: Hash): void {
  const entry = memory.byHash.get(hash) ?? memory.letGo.get(hash);
  if (entry === undefined) return;
  memory.letGo.delete(hash);
  memory.next.set(entry.from, Math.max(memory.next.get(entry.from) ?? 0, entry.nonce + 1));
  const waiting = memory.senders.get(entry.from) ?? [];
  const spent = waiting.splice(0, positionOf(waiting, entry.nonce + 1));
  const [next] = waiting;
  // Whatever was let go before it is spent.
  if (next?.nonce === entry.nonce + 1) next.bereft = false;
  if (waiting.length === 0) memory.senders.delete(entry.from);
  for (const each of [entry, ...spent]) {
    release(memory, each);
    memory.byHash.delete(each.hash);
  }
}

function remember(memory: Memory, hash: Hash): void {
  memory.mined.add(hash);
  if (memory.mined.size < memory.options.mostTransactions) return;
  memory.minedBefore = memory.mined;
  memory.mined = new Set();
  memory.nextBefore = memory.next;
  memory.next = new Map();
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
