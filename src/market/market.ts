import type { PoolState } from "../amm/poolState.ts";
import { applyPoolLog } from "../amm/poolLog.ts";
import type { Address, BlockHeader, BlockRef, ChainLog, Pool } from "../chain/types.ts";
import { createUndoJournal } from "./journal.ts";
import type { UndoJournal } from "./journal.ts";
import type { StateView } from "./stateView.ts";

export interface MarketOptions {
  /** Blocks that can be undone; a deeper reorg needs a new `load`. */
  readonly journalDepth: number;
}

export interface MarketEntry {
  readonly pool: Pool;
  /** Null: known, but not initialised or not readable; it is not priced. */
  readonly state: PoolState | null;
}

/** A log that cannot follow from the pool's state: its pool is tainted. */
export interface Contradiction {
  readonly pool: Address;
  readonly why: string;
}

/**
 * `duplicate`: already applied. `behind`: at or below the head, and not one of ours. `gap`: blocks between are
 * missing, or nothing was loaded. `fork`: the next height, on another parent than our head.
 */
export type CommitRefusal = "duplicate" | "behind" | "gap" | "fork";

export type CommitResult =
  | {
      readonly ok: true;
      /** Pools with a new state, in the order of their first log. */
      readonly changed: readonly Address[];
      readonly contradictions: readonly Contradiction[];
    }
  | { readonly ok: false; readonly reason: CommitRefusal };

/** `too_deep`: the journal does not reach below this block: load again. */
export type RevertResult =
  | { readonly ok: true; readonly changed: readonly Address[] }
  | { readonly ok: false; readonly reason: "not_head" | "too_deep" };

/** What an Algebra pool charges from the next block on, in parts per million. */
export interface FeeChange {
  readonly pool: Address;
  readonly feePpm: number;
}

/**
 * The live pool graph. It is an invariant that the states are those after `head`; a refused call changes nothing.
 */
export interface Market extends StateView {
  readonly pools: ReadonlyMap<Address, Pool>;
  readonly head: BlockHeader | null;
  /** Starts afresh at `block`: replaces pools and states, forgets the journal and every taint. */
  load(block: BlockHeader, entries: readonly MarketEntry[]): void;
  /**
   * Applies the next block: `logs` in order of `logIndex`, then the fees that Algebra pools charge from now on. What
   * concerns unknown pools is passed over.
   */
  commit(block: BlockHeader, logs: readonly ChainLog[], fees?: readonly FeeChange[]): CommitResult;
  /** Undoes the head. Taint stays: only a fresh reading proves a pool again. */
  revert(block: BlockRef): RevertResult;
  /** Marks a pool whose state is in doubt; the first reason is kept. */
  taint(pool: Address, reason: string): void;
  isTainted(pool: Address): boolean;
  /** Why, for each pool in doubt. */
  readonly tainted: ReadonlyMap<Address, string>;
  /** Takes what was read at the current head, null for no price, and clears the taint. Unknown pools are passed over. */
  repair(pool: Address, state: PoolState | null): void;
}

/** All that the market remembers; the functions below move it. */
interface Memory {
  readonly pools: Map<Address, Pool>;
  readonly states: Map<Address, PoolState | null>;
  readonly tainted: Map<Address, string>;
  /** Height of the head at a pool's last repair: the journal knows nothing true about it below. */
  readonly repairedAt: Map<Address, number>;
  readonly journal: UndoJournal;
  head: BlockHeader | null;
}

export function createMarket({ journalDepth }: MarketOptions): Market {
  const memory: Memory = {
    pools: new Map(),
    states: new Map(),
    tainted: new Map(),
    repairedAt: new Map(),
    journal: createUndoJournal(journalDepth),
    head: null,
  };
  return {
    pools: memory.pools,
    tainted: memory.tainted,
    get head() {
      return memory.head;
    },
    stateOf: (pool) => memory.states.get(pool) ?? null,
    load: (block, entries) => load(memory, block, entries),
    commit: (block, logs, fees = []) => commit(memory, block, { logs, fees }),
    revert: (block) => revert(memory, block),
    taint: (pool, reason) => taint(memory, pool, reason),
    isTainted: (pool) => memory.tainted.has(pool),
    repair: (pool, state) => repair(memory, pool, state),
  };
}

function load(memory: Memory, block: BlockHeader, entries: readonly MarketEntry[]): void {
  const { pools, states, tainted, repairedAt, journal } = memory;
  for (const table of [pools, states, tainted, repairedAt]) table.clear();
  journal.clear();
  for (const { pool, state } of entries) {
    pools.set(pool.address, pool);
    states.set(pool.address, state);
  }
  memory.head = block;
}

interface BlockContent {
  readonly logs: readonly ChainLog[];
  readonly fees: readonly FeeChange[];
}

function commit(memory: Memory, block: BlockHeader, content: BlockContent): CommitResult {
  const { head, states, journal } = memory;
  if (head === null) return { ok: false, reason: "gap" };
  const reason = refusal(block, head, journal);
  if (reason !== null) return { ok: false, reason };
  const effects = effectsOf(memory, content);
  const changed = [...effects.states.keys()];
  // The undo record comes first: a state is never written without the way back.
  const former = new Map(changed.map((pool) => [pool, states.get(pool) ?? null]));
  journal.push({ block, parent: head, former });
  for (const [pool, state] of effects.states) states.set(pool, state);
  for (const { pool, why } of effects.contradictions) taint(memory, pool, why);
  memory.head = block;
  return { ok: true, changed, contradictions: effects.contradictions };
}

function refusal(block: BlockHeader, head: BlockHeader, journal: UndoJournal): CommitRefusal | null {
  if (block.number > head.number + 1) return "gap";
  if (block.hash === head.hash || journal.holds(block.hash)) return "duplicate";
  if (block.number <= head.number) return "behind";
  return block.parentHash === head.hash ? null : "fork";
}

interface BlockEffects {
  readonly states: ReadonlyMap<Address, PoolState>;
  readonly contradictions: readonly Contradiction[];
}

/** What the logs make of the pools. After a log that contradicts a pool its other logs are passed over. */
function effectsOf(memory: Memory, { logs, fees }: BlockContent): BlockEffects {
  const states = new Map<Address, PoolState>();
  const contradictions = new Map<Address, string>();
  for (const log of logs) {
    const pool = memory.pools.get(log.address);
    if (pool === undefined || contradictions.has(pool.address)) continue;
    const before = states.get(pool.address) ?? memory.states.get(pool.address) ?? null;
    const effect = applyPoolLog(pool.kind, before, log);
    if ("contradiction" in effect) contradictions.set(pool.address, effect.contradiction);
    else if (effect.changed) states.set(pool.address, effect.state);
  }
  for (const { pool, feePpm } of fees) {
    const state = states.get(pool) ?? memory.states.get(pool);
    if (state?.kind === "algebra" && state.feePpm !== feePpm) states.set(pool, { ...state, feePpm });
  }
  return { states, contradictions: [...contradictions].map(([pool, why]) => ({ pool, why })) };
}

function revert(memory: Memory, block: BlockRef): RevertResult {
  if (memory.head?.hash !== block.hash) return { ok: false, reason: "not_head" };
  const record = memory.journal.pop();
  if (record === undefined) return { ok: false, reason: "too_deep" };
  for (const [pool, state] of record.former) memory.states.set(pool, state);
  for (const [pool, height] of memory.repairedAt) {
    if (height < record.block.number) continue;
    memory.repairedAt.delete(pool);
    taint(memory, pool, "reverted below its repair");
  }
  memory.head = record.parent;
  return { ok: true, changed: [...record.former.keys()] };
}

function taint({ pools, tainted }: Memory, pool: Address, reason: string): void {
  if (pools.has(pool) && !tainted.has(pool)) tainted.set(pool, reason);
}

function repair(memory: Memory, pool: Address, state: PoolState | null): void {
  const { head, pools, states, tainted, repairedAt } = memory;
  if (head === null || !pools.has(pool)) return;
  states.set(pool, state);
  tainted.delete(pool);
  repairedAt.set(pool, head.number);
}
