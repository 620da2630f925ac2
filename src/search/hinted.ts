import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { cycleId } from "./cycleId.ts";
import { cycleKey, startingAt, type CycleKey } from "./cycleKey.ts";
import { hopOf, verdictOf } from "./hops.ts";
import { createNamedStates } from "./namedStates.ts";
import type { NamedStates } from "./namedStates.ts";
import { MOST_NAMED_HOPS } from "./namedTable.ts";
import type { KnownCycle, NamedCycle, NamedOutcome, NamedTable, OpenCycle } from "./namedTable.ts";
import type { Cycle, Hop, Opportunity } from "./opportunity.ts";
import type { Valuer } from "./prices.ts";
import { compareByValue } from "./ranking.ts";
import type { RouteHint, SearchOptions } from "./search.ts";
import { priced } from "./sizing.ts";

export interface NamedRequest {
  readonly view: StateView;
  /**
   * Null: the view is the settled state, and all are priced. Else what it shows is only imagined, those that cross one of
   * these pools are priced, and nothing is remembered.
   */
  readonly through: readonly Address[] | null;
  /** Of the settled state: the pools that may have moved since the last look at this table; default: any. */
  readonly moved?: Iterable<Address>;
  readonly prices: Pick<Valuer, "rateFloat">;
  /** Wei of native before gas; null: whatever pays, also without a price. */
  readonly leastFloat: number | null;
  /** So many are sized, the best by the closed form. */
  readonly limit: number;
  /** So many are looked at by the closed form, less than a microsecond each; the others wait. Default: by the limit. */
  readonly room?: number;
  readonly expired?: (() => boolean) | undefined;
}

export interface NamedAnswer {
  /** Best first. */
  readonly opportunities: readonly Opportunity[];
  /** Those of them that were sized just now. */
  readonly fresh: readonly Opportunity[];
}

/** Prices cycles one by one, of 2 to 6 hops and from any token, beside the search that finds its own. */
export interface NamedCycles {
  /** The pools from now on; cycles named before mean nothing any more. */
  load(pools: readonly Pool[]): void;
  /** Takes a route for a simple cycle over known pools, or says what is wrong with it. */
  named(hops: RouteHint): NamedCycle | "not_a_cycle" | "unknown_pool";
  /** The key that a named cycle of these hops has; null for pools that are not known. */
  keyOf(hops: RouteHint): CycleKey | null;
  /** Of those in the table whatever comes of it is noted in the cycle itself, unless it is only imagined. */
  price(table: NamedTable, request: NamedRequest): NamedAnswer;
}

export type NamedOptions = Pick<SearchOptions, "bases" | "wrappedNative" | "isTaxed"> & {
  /** Of the search. */
  readonly maxHops: number;
};

interface Memory {
  readonly options: NamedOptions;
  /** Tokens from which a cycle starts if it can, the foremost first: what it earns there has a price. */
  readonly hubs: readonly Address[];
  pools: readonly Pool[];
  ids: ReadonlyMap<Address, number>;
  /** By the very list of hops: the search gives the same one for the same cycle, again and again. */
  keys: WeakMap<RouteHint, CycleKey>;
  settled: NamedStates;
  imagined: NamedStates;
}

/** Default of a request's room, for each that may be listed. */
const ROOM_FOR_ONE = 64;

export function createNamedCycles(options: NamedOptions): NamedCycles {
  const memory: Memory = {
    options,
    hubs: [...new Set([...options.bases, options.wrappedNative])],
    pools: [],
    ids: new Map(),
    keys: new WeakMap(),
    settled: createNamedStates([]),
    imagined: createNamedStates([]),
  };
  return {
    load: (pools) => {
      memory.pools = pools;
      memory.ids = new Map(pools.map(({ address }, id) => [address, id]));
      memory.keys = new WeakMap();
      memory.settled = createNamedStates(pools);
      memory.imagined = createNamedStates(pools);
    },
    named: (hops) => named(memory, hops),
    keyOf: (hops) => keyOf(memory, hops),
    price: (table, request) => price(memory, table, request),
  };
}

/** Null: a pool is not known. */
function edgesOf({ ids }: Memory, hops: RouteHint): readonly number[] | null {
  const edges: number[] = [];
  for (const { pool, zeroForOne } of hops) {
    const id = ids.get(pool);
    if (id === undefined) return null;
    edges.push(2 * id + (zeroForOne ? 0 : 1));
  }
  return edges;
}

function keyOf(memory: Memory, hops: RouteHint): CycleKey | null {
  const known = memory.keys.get(hops);
  if (known !== undefined) return known;
  const edges = edgesOf(memory, hops);
  if (edges === null) return null;
  const key = cycleKey(edges);
  memory.keys.set(hops, key);
  return key;
}

/** Thousands may be asked for at once: no object a hop, and each list is short. */
function named(memory: Memory, hops: RouteHint): NamedCycle | "not_a_cycle" | "unknown_pool" {
  if (hops.length < 2 || hops.length > MOST_NAMED_HOPS) return "not_a_cycle";
  const edges: number[] = [];
  const tokens: Address[] = [];
  let reached: Address | null = null;
  let simple = true;
  for (const { pool: address, zeroForOne } of hops) {
    const id = memory.ids.get(address) ?? -1;
    const pool = memory.pools[id];
    if (pool === undefined) return "unknown_pool";
    const edge = 2 * id + (zeroForOne ? 0 : 1);
    const tokenIn = zeroForOne ? pool.token0 : pool.token1;
    if (edges.includes(edge) || edges.includes(edge ^ 1) || tokens.includes(tokenIn)) simple = false;
    if (reached !== null && tokenIn !== reached) simple = false;
    reached = zeroForOne ? pool.token1 : pool.token0;
    edges.push(edge);
    tokens.push(tokenIn);
  }
  if (!simple || reached !== tokens[0]) return "not_a_cycle";
  const place = startOf(memory, tokens);
  return {
    edges: startingAt(edges, place),
    key: cycleKey(edges),
    start: tokens[place] ?? "0x",
    covered: isCovered(memory, tokens),
    scoreFloat: 0,
    known: null,
    priced: 0,
    outcome: null,
    described: null,
  };
}

const isCovered = ({ options: { bases, maxHops } }: Memory, tokens: readonly Address[]): boolean =>
  tokens.length <= maxHops && tokens.some((token) => bases.includes(token));

/** Where it says, if what is earned there has a price; else at the first base on its way. */
function startOf({ hubs }: Memory, tokens: readonly Address[]): number {
  const [first] = tokens;
  if (first === undefined || hubs.includes(first)) return 0;
  for (const hub of hubs) if (tokens.includes(hub)) return tokens.indexOf(hub);
  return 0;
}

interface Worthy extends OpenCycle {
  readonly known: KnownCycle;
  /** Wei of native by the closed form; NaN without a price. */
  readonly valueFloat: number;
}

const idsOf = ({ ids }: Memory, pools: Iterable<Address>): readonly number[] =>
  [...pools].flatMap((pool) => ids.get(pool) ?? []);

function price(memory: Memory, table: NamedTable, request: NamedRequest): NamedAnswer {
  const { view, through, moved, limit, room = limit * ROOM_FOR_ONE, expired } = request;
  const settled = through === null;
  const states = settled ? memory.settled : memory.imagined;
  const turn = states.turnTo(view);
  const candidates = settled
    ? table.look(states, turn, moved && idsOf(memory, moved))
    : table.crossing(states, idsOf(memory, through));
  const worthy: Worthy[] = [];
  let left = room;
  for (const candidate of candidates.toSorted(bestScoreFirst)) {
    const { cycle } = candidate;
    if ((!settled || cycle.known === null) && (left-- <= 0 || expired?.() === true)) {
      if (settled) table.note(cycle, "unseen");
      continue;
    }
    const known = (settled ? cycle.known : null) ?? {
      mostFloat: states.mostFloat(cycle.edges),
      opportunity: undefined,
    };
    const valueFloat =
      known.mostFloat === null ? NaN : known.mostFloat * request.prices.rateFloat(cycle.start);
    const outcome = outcomeOf(known, valueFloat, request);
    if (settled) {
      cycle.known = known;
      cycle.priced = turn;
      table.note(cycle, outcome);
    }
    if (outcome === "unlisted") worthy.push({ ...candidate, known, valueFloat });
  }
  const opportunities: Opportunity[] = [];
  const fresh: Opportunity[] = [];
  for (const one of worthy.toSorted(dearestFirst)) {
    if (opportunities.length === limit || (opportunities.length > 0 && expired?.() === true)) break;
    const isNew = one.known.opportunity === undefined;
    const opportunity = (one.known.opportunity ??= size(memory, states, one, request));
    if (settled) table.note(one.cycle, opportunity === null ? "no_profit" : "listed");
    if (opportunity === null) continue;
    opportunities.push(opportunity);
    if (isNew) fresh.push(opportunity);
  }
  return { opportunities: opportunities.toSorted(compareByValue), fresh };
}

/** Of equal score the one that has waited longest. */
const bestScoreFirst = ({ cycle: a }: OpenCycle, { cycle: b }: OpenCycle): number =>
  b.scoreFloat - a.scoreFloat || a.priced - b.priced;

/** `unlisted`: worth it. */
function outcomeOf(
  { mostFloat, opportunity }: KnownCycle,
  valueFloat: number,
  { leastFloat }: NamedRequest,
): NamedOutcome {
  if (mostFloat === null || opportunity === null) return "no_profit";
  if (leastFloat === null) return "unlisted";
  if (Number.isNaN(valueFloat)) return "no_native_price";
  return valueFloat < leastFloat ? "little" : "unlisted";
}

/** Those without a price last; a stable sort leaves equals in the order of their turn. */
const dearestFirst = (a: Worthy, b: Worthy): number =>
  Number(Number.isNaN(a.valueFloat)) - Number(Number.isNaN(b.valueFloat)) || b.valueFloat - a.valueFloat || 0;

/** At its best size; null when no integer size pays. */
function size(
  memory: Memory,
  states: NamedStates,
  { cycle, marginal }: Worthy,
  { through, prices }: NamedRequest,
): Opportunity | null {
  const sizing = states.size(cycle.edges);
  if (sizing === null) return null;
  const described = (cycle.described ??= describe(memory, cycle));
  const verdict = verdictOf(described, {
    marginal,
    atRest: through === null,
    isTaxed: memory.options.isTaxed,
  });
  const profitNativeFloat = Number(sizing.profit) * prices.rateFloat(described.base);
  return { ...priced(described, sizing), profitNativeFloat, marginal, verdict };
}

function describe({ pools }: Memory, { edges, start }: NamedCycle): Cycle {
  const hops = [...edges].flatMap((edge): readonly Hop[] => {
    const pool = pools[edge >> 1];
    return pool === undefined ? [] : [hopOf(pool, edge % 2 === 0)];
  });
  return { id: cycleId(hops), base: start, hops };
}
