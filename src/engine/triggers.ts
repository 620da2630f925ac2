import { applyPoolLog } from "../amm/poolLog.ts";
import type { Router } from "../chain/registry.ts";
import type { Address, BlockRef, EmittedLog, Hash, Hex, PendingTransaction } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import { createOverlay, type Overlay } from "../market/overlay.ts";
import { createDecoder, type Decoder } from "../mempool/decode.ts";
import { predictEffects, type EffectsContext } from "../mempool/effects.ts";
import { createPendingBook, type PendingBook } from "../mempool/pendingBook.ts";
import { createPoolBook } from "../mempool/poolBook.ts";
import { receiversOf, type DecodedTransaction } from "../mempool/routerCall.ts";

export interface TriggerOptions {
  readonly routers: readonly Router[];
  readonly wrappedNative: Address;
  readonly isTaxed: (token: Address) => boolean;
  /** Contracts of ours: what is sent to them is no occasion to trade. */
  readonly ours: readonly Address[];
}

/** How the effect of a pending transaction is known. */
export type Knowledge =
  | { readonly type: "read"; readonly decoded: DecodedTransaction }
  /** By a simulation on top of `parent`; `logs` null: not answered yet. */
  | { readonly type: "foreseen"; readonly parent: Hash; readonly logs: readonly EmittedLog[] | null };

/** A pending transaction that may move a pool of ours. */
export interface Watched {
  readonly transaction: PendingTransaction;
  /** Under which its predictions are counted: the contract, and its function or selector. */
  readonly contract: string;
  readonly functionName: string;
  readonly knowledge: Knowledge;
  /** Plans behind it that failed in simulation. */
  readonly failures: number;
  /** It was found to go further than is looked at. */
  readonly tooFar: boolean;
}

/** A transaction that waits, and what must be mined before it. */
export interface Row {
  readonly watched: Watched;
  /** In the order in which they must be mined; the last one is the trigger. */
  readonly behind: readonly PendingTransaction[];
}

/** The pending transactions, and what those that we can read or have simulated would do. */
export interface Triggers {
  /** The pools from now on. */
  load(entries: Parameters<typeof createPoolBook>[0]): void;
  /** `read`: its effect can be computed. `opaque`: only a simulation tells. */
  take(transaction: PendingTransaction, block: number): "read" | "opaque" | "nothing";
  /** A simulation's answer; false where nobody waits for it, or it moves nothing. */
  foreseen(hash: Hash, parent: Hash, logs: readonly EmittedLog[] | null): boolean;
  /** Null: it does not wait any more, or what must be mined before it is not known or too much. Cheap. */
  rowOf(hash: Hash): Row | null;
  /**
   * What it makes of the market, if the block of this time (seconds) begins with its row. Null: it moves nothing of ours,
   * fails, is an estimate, or stands behind something that we cannot read.
   */
  moveOf(row: Row, market: Market, timestamp: number): Overlay | null;
  watchedOf(hash: Hash): Watched | undefined;
  /** What predictions for a block of this time (seconds) stand on. */
  contextAt(timestamp: number): EffectsContext;
  /** A simulation behind it failed: after a few of these it is no longer watched. */
  disbelieve(hash: Hash): void;
  /** Who called that moved a pool of ours: from now on such calls are looked at. */
  learn(hash: Hash): void;
  /** False: unknown, in a block, superseded, in dispute, or let go. */
  waits(hash: Hash): boolean;
  /** These are in a block: they wait no more, nor does what their nonces were. They stay watched until `mined`. */
  spend(transactions: Iterable<Hash>, block: number): void;
  /** Forgets what is in the newest block, and what has waited for too long. */
  mined(block: BlockRef, transactions: readonly Hash[]): void;
  /** Those that still wait, newest first. */
  waiting(most: number): readonly Watched[];
  readonly pendingBook: Pick<PendingBook, "size" | "shed">;
  /** How many transactions went further than is looked at, so that nothing was foretold. */
  readonly tooFar: number;
}

/** Those that are watched; the oldest are let go. */
const MOST_WATCHED = 4096;
/** Contracts learned by what they did. */
const MOST_LEARNED = 4096;
/** Simulations that may fail behind one transaction: the state may have been at fault, but not each time. */
const MOST_FAILURES = 3;

interface Memory {
  readonly options: TriggerOptions;
  readonly decoder: Decoder;
  readonly ours: ReadonlySet<Address>;
  readonly pending: PendingBook;
  readonly watched: Map<Hash, Watched>;
  readonly learned: Set<Address>;
  book: EffectsContext["book"];
  tooFar: number;
}

export function createTriggers(options: TriggerOptions): Triggers {
  const memory: Memory = {
    options,
    decoder: createDecoder(options.routers, options.wrappedNative),
    ours: new Set(options.ours),
    pending: createPendingBook(),
    watched: new Map(),
    learned: new Set(),
    book: createPoolBook([]),
    tooFar: 0,
  };
  return {
    load: (entries) => {
      memory.book = createPoolBook(entries);
    },
    take: (transaction, block) => take(memory, transaction, block),
    foreseen: (hash, parent, logs) => foreseen(memory, hash, { type: "foreseen", parent, logs }),
    rowOf: (hash) => rowOf(memory, hash),
    moveOf: (row, market, timestamp) => moveOf(memory, row, { market, timestamp }),
    watchedOf: (hash) => memory.watched.get(hash),
    contextAt: (timestamp) => contextAt(memory, timestamp),
    disbelieve: (hash) => disbelieve(memory, hash),
    learn: (hash) => learn(memory, hash),
    waits: (hash) => memory.pending.has(hash),
    spend: (transactions, block) => memory.pending.mined(transactions, block),
    mined: (block, transactions) => {
      memory.pending.mined(transactions, block.number);
      for (const hash of memory.watched.keys()) if (!memory.pending.has(hash)) memory.watched.delete(hash);
    },
    waiting: (most) => [...memory.watched.values()].slice(-most).toReversed(),
    pendingBook: memory.pending,
    get tooFar() {
      return memory.tooFar;
    },
  };
}

const SELECTOR_CHARS = 10;

function take(memory: Memory, transaction: PendingTransaction, block: number): "read" | "opaque" | "nothing" {
  const { decoder, pending, ours, learned } = memory;
  const { to } = transaction;
  // All are kept: whatever they do, they may stand before another, or in its place.
  const waits = pending.add(transaction, block);
  if (!waits || to === null || ours.has(to)) return "nothing";
  const router = decoder.routerOf(to);
  if (router === null && !learned.has(to)) return "nothing";
  const decoding = router === null ? OPAQUE : decoder.decode(transaction);
  const contract = router?.name ?? to;
  if (decoding.type === "decoded") {
    const { functionName } = decoding;
    watch(memory, {
      transaction,
      contract,
      functionName,
      knowledge: { type: "read", decoded: decoding },
      failures: 0,
      tooFar: false,
    });
    return "read";
  }
  if (!decoding.opaque) return "nothing";
  const functionName = transaction.input.slice(0, SELECTOR_CHARS);
  const knowledge = { type: "foreseen", parent: "0x", logs: null } as const;
  watch(memory, { transaction, contract, functionName, knowledge, failures: 0, tooFar: false });
  return "opaque";
}

const OPAQUE = { type: "unsupported", opaque: true } as const;

function watch({ watched }: Memory, entry: Watched): void {
  watched.set(entry.transaction.hash, entry);
  if (watched.size <= MOST_WATCHED) return;
  const oldest = watched.keys().next();
  if (!oldest.done) watched.delete(oldest.value);
}

function foreseen({ watched }: Memory, hash: Hash, knowledge: Knowledge): boolean {
  const entry = watched.get(hash);
  if (entry?.knowledge.type !== "foreseen" || knowledge.type !== "foreseen") return false;
  watched.set(hash, { ...entry, knowledge });
  return knowledge.logs !== null;
}

function disbelieve({ watched }: Memory, hash: Hash): void {
  const entry = watched.get(hash);
  if (entry === undefined) return;
  const failures = entry.failures + 1;
  if (failures < MOST_FAILURES) watched.set(hash, { ...entry, failures });
  else watched.delete(hash);
}

function learn({ pending, decoder, learned, ours }: Memory, hash: Hash): void {
  const to = pending.get(hash)?.to ?? null;
  if (to === null || ours.has(to) || decoder.isRouter(to)) return;
  // To the end of the row: what moved nothing for the longest time makes room.
  learned.delete(to);
  learned.add(to);
  const [oldest] = learned;
  if (learned.size > MOST_LEARNED && oldest !== undefined) learned.delete(oldest);
}

interface Standpoint {
  readonly market: Market;
  readonly timestamp: number;
}

function rowOf({ watched: all, pending }: Memory, hash: Hash): Row | null {
  const watched = all.get(hash);
  if (watched === undefined || !pending.has(hash)) return null;
  const earlier = pending.earlierOf(watched.transaction);
  return earlier === null ? null : { watched, behind: [...earlier, watched.transaction] };
}

function moveOf(memory: Memory, { behind }: Row, at: Standpoint): Overlay | null {
  const state = createOverlay(at.market);
  let moved = 0;
  for (const [i, transaction] of behind.entries()) {
    const applied = apply(memory, transaction, at, state);
    // Of the trigger itself a part may be known: what the rest does to pools of ours, the simulation finds out.
    if (applied === null || (i < behind.length - 1 && !applied.complete)) return null;
    ({ moved } = applied);
  }
  return moved > 0 ? state : null;
}

interface Applied {
  /** How many times it moves a pool. */
  readonly moved: number;
  /** False: it also does what is not known. */
  readonly complete: boolean;
}

/** Null: what it does is not known, or it fails. */
function apply(
  memory: Memory,
  transaction: PendingTransaction,
  { market, timestamp }: Standpoint,
  state: Overlay,
): Applied | null {
  const watched = memory.watched.get(transaction.hash);
  if (watched === undefined)
    return isHarmless(memory, transaction, market) ? { moved: 0, complete: true } : null;
  const { knowledge } = watched;
  if (knowledge.type === "read" && givesToPool(knowledge.decoded, market)) return null;
  if (knowledge.type === "foreseen") {
    const { logs, parent } = knowledge;
    // What was simulated stands on the head, and on nothing else.
    if (logs === null || parent !== market.head?.hash || state.changed.length > 0) return null;
    const moved = applyLogs(market, logs, state);
    return moved === null ? null : { moved, complete: true };
  }
  const { effects, reverts, complete, tooFar } = predictEffects(
    knowledge.decoded,
    transaction,
    state,
    contextAt(memory, timestamp),
  );
  if (tooFar === true && !watched.tooFar) {
    memory.tooFar++;
    memory.watched.set(transaction.hash, { ...watched, tooFar: true });
  }
  if (reverts !== null || effects.some(({ estimate }) => estimate)) return null;
  for (const { pool, after } of effects) state.set(pool.address, after);
  return { moved: effects.length, complete };
}

/** What a pool is given besides its swaps is not in its state, but in what its next swap makes of it. */
const givesToPool = ({ calls }: DecodedTransaction, { pools }: Pick<Market, "pools">): boolean =>
  receiversOf(calls).some((receiver) => pools.has(receiver));

const contextAt = ({ options, book }: Memory, timestamp: number): EffectsContext => ({
  book,
  wrappedNative: options.wrappedNative,
  isTaxed: options.isTaxed,
  timestamp,
});

/** Logs of pools that are not ours say nothing to us; one that contradicts a pool makes the whole unusable: null. */
export function applyLogs(
  market: Pick<Market, "pools">,
  logs: readonly EmittedLog[],
  state: Overlay,
): number | null {
  let moved = 0;
  for (const log of logs) {
    const pool = market.pools.get(log.address);
    if (pool === undefined) continue;
    const effect = applyPoolLog(pool.kind, state.stateOf(pool.address), log);
    if ("contradiction" in effect) return null;
    if (!effect.changed) continue;
    state.set(pool.address, effect.state);
    moved++;
  }
  return moved;
}

const APPROVE = "0x095ea7b3";
/** Where the receiver stands among the words of ERC-20's `transfer(address,uint256)` and `transferFrom(address,address,uint256)`. */
const RECEIVER_WORDS: ReadonlyMap<string, number> = new Map([
  ["0xa9059cbb", 0],
  ["0x23b872dd", 1],
]);
const WORD_CHARS = 64;
const ADDRESS_CHARS = 40;

/** To whom a transfer goes; null: it is none. */
function receiverOf(input: Hex): Address | null {
  const word = RECEIVER_WORDS.get(input.slice(0, SELECTOR_CHARS));
  if (word === undefined) return null;
  const end = SELECTOR_CHARS + (word + 1) * WORD_CHARS;
  return input.length < end ? null : `0x${input.slice(end - ADDRESS_CHARS, end)}`;
}

/**
 * Moves no pool, whatever becomes of it: coins sent to an account, an allowance, a transfer that is not to a pool. A
 * pair's next swap counts what it was given before as paid. A taxed token may sell what it took on the way.
 */
function isHarmless(
  { decoder, learned, options }: Memory,
  { to, input }: PendingTransaction,
  { pools }: Pick<Market, "pools">,
): boolean {
  if (to === null || decoder.isRouter(to) || learned.has(to)) return false;
  if (input === "0x" || input.startsWith(APPROVE)) return true;
  const receiver = receiverOf(input);
  return receiver !== null && !pools.has(receiver) && !options.isTaxed(to);
}
