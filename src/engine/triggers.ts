import { applyPoolLog } from "../amm/poolLog.ts";
import type { Router } from "../chain/registry.ts";
import type { Address, BlockHeader, EmittedLog, Hash, PendingTransaction } from "../chain/types.ts";
import type { Market } from "../market/market.ts";
import { createOverlay, type Overlay } from "../market/overlay.ts";
import { createDecoder, type Decoder } from "../mempool/decode.ts";
import { predictEffects, type EffectsContext } from "../mempool/effects.ts";
import { createPendingBook, type PendingBook } from "../mempool/pendingBook.ts";
import { createPoolBook } from "../mempool/poolBook.ts";
import type { DecodedTransaction } from "../mempool/routerCall.ts";

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
}

/** What a transaction makes of the market, if the next block begins with it and those before it. */
export interface Move {
  readonly watched: Watched;
  /** In the order in which they must be mined; the last one is the trigger. */
  readonly behind: readonly PendingTransaction[];
  readonly state: Overlay;
}

/** The pending transactions, and what those that we can read or have simulated would do. */
export interface Triggers {
  /** The pools from now on. */
  load(entries: Parameters<typeof createPoolBook>[0]): void;
  /** `read`: its effect can be computed. `opaque`: only a simulation tells. */
  take(transaction: PendingTransaction, block: number): "read" | "opaque" | "nothing";
  /** A simulation's answer; false where nobody waits for it, or it moves nothing. */
  foreseen(hash: Hash, parent: Hash, logs: readonly EmittedLog[] | null): boolean;
  /** Null: it waits no more, moves nothing of ours, fails, is an estimate, or stands behind what we cannot read. */
  moveOf(hash: Hash, market: Market, timestamp: number): Move | null;
  watchedOf(hash: Hash): Watched | undefined;
  /** What predictions for a block of this time (seconds) stand on. */
  contextAt(timestamp: number): EffectsContext;
  /** A simulation behind it failed: after a few of these it is no longer watched. */
  disbelieve(hash: Hash): void;
  /** Who called that moved a pool of ours: from now on such calls are looked at. */
  learn(hash: Hash): void;
  /** Forgets what is in the block, and what has waited for too long. */
  mined(block: BlockHeader, transactions: readonly Hash[]): void;
  /** Those that still wait, newest first. */
  waiting(most: number): readonly Watched[];
  readonly pendingBook: Pick<PendingBook, "size" | "shed">;
}

/** Those that are watched; the oldest are let go. */
const MOST_WATCHED = 4096;
/** Contracts learned by what they did. */
const MOST_LEARNED = 4096;
/** Simulations that may fail behind one transaction: the state may have been at fault, but not each time. */
const MOST_FAILURES = 3;
/** Earlier transactions of one sender that a bundle carries. */
const MOST_EARLIER = 3;

interface Memory {
  readonly options: TriggerOptions;
  readonly decoder: Decoder;
  readonly ours: ReadonlySet<Address>;
  readonly pending: PendingBook;
  readonly watched: Map<Hash, Watched>;
  readonly learned: Set<Address>;
  book: EffectsContext["book"];
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
  };
  return {
    load: (entries) => {
      memory.book = createPoolBook(entries);
    },
    take: (transaction, block) => take(memory, transaction, block),
    foreseen: (hash, parent, logs) => foreseen(memory, hash, { type: "foreseen", parent, logs }),
    moveOf: (hash, market, timestamp) => moveOf(memory, hash, { market, timestamp }),
    watchedOf: (hash) => memory.watched.get(hash),
    contextAt: (timestamp) => contextAt(memory, timestamp),
    disbelieve: (hash) => disbelieve(memory, hash),
    learn: (hash) => learn(memory, hash),
    mined: (block, transactions) => {
      memory.pending.mined(transactions, block.number);
      for (const hash of memory.watched.keys()) if (!memory.pending.has(hash)) memory.watched.delete(hash);
    },
    waiting: (most) => [...memory.watched.values()].slice(-most).toReversed(),
    pendingBook: memory.pending,
  };
}

const SELECTOR_CHARS = 10;

function take(memory: Memory, transaction: PendingTransaction, block: number): "read" | "opaque" | "nothing" {
  const { decoder, pending, ours, learned } = memory;
  const { to } = transaction;
  if (to !== null && ours.has(to)) return "nothing";
  pending.add(transaction, block);
  if (to === null) return "nothing";
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
    });
    return "read";
  }
  if (!decoding.opaque) return "nothing";
  const functionName = transaction.input.slice(0, SELECTOR_CHARS);
  const knowledge = { type: "foreseen", parent: "0x", logs: null } as const;
  watch(memory, { transaction, contract, functionName, knowledge, failures: 0 });
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
  if (to === null || ours.has(to) || decoder.isRouter(to) || learned.size >= MOST_LEARNED) return;
  learned.add(to);
}

interface Standpoint {
  readonly market: Market;
  readonly timestamp: number;
}

function moveOf(memory: Memory, hash: Hash, at: Standpoint): Move | null {
  const watched = memory.watched.get(hash);
  // One that was superseded is watched until the block, since it may still be mined; but nobody waits for it.
  if (watched === undefined || !memory.pending.has(hash)) return null;
  const earlier = memory.pending.earlierOf(watched.transaction);
  if (earlier.length > MOST_EARLIER) return null;
  const state = createOverlay(at.market);
  // Of the trigger itself a part may be known: what the rest does to pools of ours, the simulation finds out.
  for (const transaction of earlier)
    if (apply(memory, transaction, at, state)?.complete !== true) return null;
  const moved = apply(memory, watched.transaction, at, state)?.moved ?? 0;
  return moved > 0 ? { watched, behind: [...earlier, watched.transaction], state } : null;
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
  const knowledge = memory.watched.get(transaction.hash)?.knowledge;
  if (knowledge === undefined) return isHarmless(memory, transaction) ? { moved: 0, complete: true } : null;
  if (knowledge.type === "foreseen") {
    const { logs, parent } = knowledge;
    // What was simulated stands on the head, and on nothing else.
    if (logs === null || parent !== market.head?.hash || state.changed.length > 0) return null;
    const moved = applyLogs(market, logs, state);
    return moved === null ? null : { moved, complete: true };
  }
  const { effects, reverts, complete } = predictEffects(
    knowledge.decoded,
    transaction,
    state,
    contextAt(memory, timestamp),
  );
  if (reverts !== null || effects.some(({ estimate }) => estimate)) return null;
  for (const { pool, after } of effects) state.set(pool.address, after);
  return { moved: effects.length, complete };
}

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

/** `approve(address,uint256)` and `transfer(address,uint256)` of ERC-20. */
const HARMLESS = /^0x(095ea7b3|a9059cbb)/;

/** Moves no pool, whatever becomes of it: coins sent to an account, an allowance, a transfer that is not to a pool. */
function isHarmless({ decoder, learned }: Memory, { to, input }: PendingTransaction): boolean {
  if (to === null || decoder.isRouter(to) || learned.has(to)) return false;
  return input === "0x" || HARMLESS.test(input);
}
