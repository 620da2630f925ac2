import type { Address } from "../chain/types.ts";
import type { CycleKey } from "./cycleKey.ts";
import type { NamedStates } from "./namedStates.ts";
import type { Cycle, Opportunity } from "./opportunity.ts";
import { BREAK_EVEN } from "./screen.ts";

/** Most hops of a cycle that is named from outside; the search itself may stop earlier. */
export const MOST_NAMED_HOPS = 6;

/** A cycle that was named from outside, as edges (see `Graph`) from where it starts. */
export interface NamedCycle {
  readonly edges: readonly number[];
  /** The same for the same directed cycle, wherever it starts. */
  readonly key: CycleKey;
  /** The token that it starts from. */
  readonly start: Address;
  /** The search finds it by itself, when it pays. */
  readonly covered: boolean;
  /** Of those that are to be priced at once, the higher ones come first: an estimate from 0 to 1. */
  scoreFloat: number;
  /** What its settled state gave, while no pool of it has moved. */
  known: KnownCycle | null;
  /** Look at the settled state in which it was priced last. */
  priced: number;
  /** What came of it when the settled state was last looked at; null: not yet. */
  outcome: NamedOutcome | null;
  /** In words, once it was asked for. */
  described: Cycle | null;
}

export interface KnownCycle {
  /** Most that any size earns, in raw units of the first token: an estimate; null: nothing. */
  readonly mostFloat: number | null;
  /** Undefined: not sized yet. Null: no integer size pays. */
  opportunity: Opportunity | null | undefined;
}

/**
 * `listed`: among the opportunities of the answer. `unlisted`: worth it, but others are worth more. `unseen`: not priced
 * for want of time or room. `little`: pays less than was asked for.
 */
export type NamedOutcome =
  | "listed"
  | "unlisted"
  | "unseen"
  | "little"
  | "no_profit"
  | "no_price"
  | "no_native_price";

/** One that may pay at some size: the product of its rates at size zero is above 1. */
export interface OpenCycle {
  readonly cycle: NamedCycle;
  readonly marginal: number;
}

/**
 * Named cycles in flat arrays, each found by the pools that it crosses: of ten thousand a block moves some fifteen
 * hundred, and of these a few dozen may pay.
 */
export interface NamedTable {
  add(cycle: NamedCycle): void;
  remove(cycle: NamedCycle): void;
  clear(): void;
  /** In no order. */
  readonly cycles: readonly NamedCycle[];
  /**
   * Those that may pay on the settled state, to which the states must have been turned: only what came, or crosses a pool
   * that moved since the last look, is looked at. `moved`: all pools that may have; default: any.
   */
  look(states: NamedStates, turn: number, moved?: Iterable<number>): readonly OpenCycle[];
  /** Those that may pay on an imagined state, through these pools. */
  crossing(states: NamedStates, pools: Iterable<number>): readonly OpenCycle[];
  note(cycle: NamedCycle, outcome: NamedOutcome): void;
  /** Of these another outcome was noted, and not taken yet. */
  readonly noted: Set<NamedCycle>;
}

const FIRST_PLACES = 64;

/** What is not above 1 pays at no size: prices only get worse with it, and integers only round down. */
const mayPay = (marginal: number): boolean => marginal > BREAK_EVEN;

/** By place: what the last screen said. */
const UNKNOWN = 0;
const OPEN = 1;
const NO_PROFIT = 2;
const NO_PRICE = 3;

interface Memory {
  readonly cycles: NamedCycle[];
  readonly places: Map<NamedCycle, number>;
  /** Places by pool. Those from `found` on are not in yet: a table that is looked at once needs no index. */
  readonly byPool: Map<number, Set<number>>;
  found: number;
  /** Of the cycle at place `p` from `p * MOST_NAMED_HOPS` on, closed by -1 where it is shorter. */
  edges: Int32Array;
  said: Uint8Array;
  /** Added since the last look. */
  readonly fresh: Set<NamedCycle>;
  readonly open: Map<NamedCycle, OpenCycle>;
  readonly noted: Set<NamedCycle>;
  /** The last look; 0: none. */
  looked: number;
}

export function createNamedTable(): NamedTable {
  const memory: Memory = {
    cycles: [],
    places: new Map(),
    byPool: new Map(),
    found: 0,
    edges: new Int32Array(FIRST_PLACES * MOST_NAMED_HOPS),
    said: new Uint8Array(FIRST_PLACES),
    fresh: new Set(),
    open: new Map(),
    noted: new Set(),
    looked: 0,
  };
  const { cycles, places, byPool, fresh, open, noted } = memory;
  return {
    cycles,
    noted,
    add: (cycle) => {
      fresh.add(cycle);
      put(memory, cycle, cycles.length, UNKNOWN);
    },
    remove: (cycle) => remove(memory, cycle),
    clear: () => {
      for (const each of [places, byPool, fresh, open, noted]) each.clear();
      cycles.length = 0;
      memory.found = 0;
      memory.looked = 0;
    },
    look: (states, turn, moved = byPool.keys()) => look(memory, states, turn, moved),
    crossing: (states, pools) => crossing(memory, states, pools),
    note: (cycle, outcome) => note(memory, cycle, outcome),
  };
}

function put(memory: Memory, cycle: NamedCycle, place: number, said: number): void {
  if (place >= memory.said.length) {
    memory.edges = grown(memory.edges, new Int32Array(memory.edges.length * 2));
    memory.said = grown(memory.said, new Uint8Array(memory.said.length * 2));
  }
  memory.cycles[place] = cycle;
  memory.places.set(cycle, place);
  memory.said[place] = said;
  for (let hop = 0; hop < MOST_NAMED_HOPS; hop++)
    memory.edges[place * MOST_NAMED_HOPS + hop] = cycle.edges[hop] ?? -1;
}

function grown<T extends Int32Array | Uint8Array>(small: T, large: T): T {
  large.set(small);
  return large;
}

/** The last one takes its place. */
function remove(memory: Memory, cycle: NamedCycle): void {
  const { cycles, places, fresh, open, noted, said } = memory;
  const place = places.get(cycle);
  const last = cycles.at(-1);
  if (place === undefined || last === undefined) return;
  findAll(memory);
  lose(memory, cycle, place);
  if (last !== cycle) {
    const from = cycles.length - 1;
    lose(memory, last, from);
    put(memory, last, place, said[from] ?? UNKNOWN);
    find(memory, place);
  }
  cycles.pop();
  memory.found = cycles.length;
  places.delete(cycle);
  open.delete(cycle);
  for (const set of [fresh, noted]) set.delete(cycle);
}

function findAll(memory: Memory): void {
  for (; memory.found < memory.cycles.length; memory.found++) find(memory, memory.found);
}

function find({ byPool, cycles }: Memory, place: number): void {
  for (const edge of cycles[place]?.edges ?? []) {
    const its = byPool.get(edge >> 1);
    if (its === undefined) byPool.set(edge >> 1, new Set([place]));
    else its.add(place);
  }
}

function lose({ byPool }: Memory, { edges }: NamedCycle, place: number): void {
  for (const edge of edges) {
    const its = byPool.get(edge >> 1);
    its?.delete(place);
    if (its?.size === 0) byPool.delete(edge >> 1);
  }
}

function look(
  memory: Memory,
  states: NamedStates,
  turn: number,
  mayHave: Iterable<number>,
): readonly OpenCycle[] {
  const { byPool, places, fresh, open, looked } = memory;
  // In the first look all are fresh.
  if (looked > 0) {
    findAll(memory);
    const moved: number[] = [];
    // What no cycle crosses need not be read, which takes longer than to look at one.
    for (const pool of mayHave) if (byPool.has(pool) && states.read(pool) > looked) moved.push(pool);
    for (const pool of moved) for (const place of byPool.get(pool) ?? []) screen(memory, states, place);
  }
  for (const cycle of fresh) {
    for (const edge of cycle.edges) states.read(edge >> 1);
    screen(memory, states, places.get(cycle) ?? 0);
  }
  fresh.clear();
  memory.looked = turn;
  return [...open.values()];
}

/** All its pools must have been read. */
function screen(memory: Memory, states: NamedStates, place: number): void {
  const { cycles, edges, said, open } = memory;
  const marginal = states.marginalFloat(edges, place * MOST_NAMED_HOPS);
  const before = said[place];
  const now = mayPay(marginal) ? OPEN : marginal === 0 ? NO_PRICE : NO_PROFIT;
  // Most stay closed: nothing but the flat arrays is touched.
  if (now === before && now !== OPEN) return;
  const cycle = cycles[place];
  if (cycle === undefined) return;
  said[place] = now;
  cycle.known = null;
  if (now === OPEN) open.set(cycle, { cycle, marginal });
  else {
    open.delete(cycle);
    note(memory, cycle, now === NO_PRICE ? "no_price" : "no_profit");
  }
}

function crossing(memory: Memory, states: NamedStates, pools: Iterable<number>): readonly OpenCycle[] {
  findAll(memory);
  const { byPool, cycles, edges } = memory;
  const met = new Set<number>();
  for (const pool of pools) for (const place of byPool.get(pool) ?? []) met.add(place);
  const found: OpenCycle[] = [];
  for (const place of met) {
    const cycle = cycles[place];
    if (cycle === undefined) continue;
    for (const edge of cycle.edges) states.read(edge >> 1);
    const marginal = states.marginalFloat(edges, place * MOST_NAMED_HOPS);
    if (mayPay(marginal)) found.push({ cycle, marginal });
  }
  return found;
}

function note({ noted }: Memory, cycle: NamedCycle, outcome: NamedOutcome): void {
  if (cycle.outcome === outcome) return;
  cycle.outcome = outcome;
  noted.add(cycle);
}
