import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { cycleId } from "./cycleId.ts";
import { hopOf, verdictOf } from "./hops.ts";
import { MOST_NAMED_HOPS } from "./namedTable.ts";
import type { KnownCycle, NamedCycle, NamedOutcome, NamedTable } from "./namedTable.ts";
import type { Cycle, Hop, Opportunity } from "./opportunity.ts";
import type { Valuer } from "./prices.ts";
import { compareByValue } from "./ranking.ts";
import { createRates } from "./rates.ts";
import type { Rates } from "./rates.ts";
import { BREAK_EVEN } from "./screen.ts";
import type { RouteHint, SearchOptions } from "./search.ts";
import { estimateSize, priced, sizeCycle } from "./sizing.ts";
import type { Estimate } from "./sizing.ts";

export interface NamedRequest {
  readonly view: StateView;
  /**
   * Null: the view is the settled state, and all are priced. Else what it shows is only imagined, those that cross one of
   * these pools are priced, and nothing is remembered.
   */
  readonly through: readonly Address[] | null;
  readonly prices: Pick<Valuer, "rateFloat">;
  /** Wei of native before gas; null: whatever pays, also without a price. */
  readonly leastFloat: number | null;
  /** So many are sized, the best by the closed form. */
  readonly limit: number;
  readonly expired?: () => boolean;
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
  keyOf(hops: RouteHint): string | null;
  /** Of those in the table whatever comes of it is noted in the cycle itself, unless it is only imagined. */
  price(table: NamedTable, request: NamedRequest): NamedAnswer;
}

export type NamedOptions = Pick<SearchOptions, "bases" | "wrappedNative" | "isTaxed">;

interface Memory {
  readonly options: NamedOptions;
  /** Tokens from which a cycle starts if it can, the foremost first: what it earns there has a price. */
  readonly hubs: readonly Address[];
  pools: readonly Pool[];
  ids: ReadonlyMap<Address, number>;
  settled: Rates;
  imagined: Rates;
  /** Counts the looks at the settled state. */
  look: number;
  /** By edges: the hash of an id costs more than the pricing. */
  readonly cycles: Map<string, Cycle>;
  /** What settled states gave, by edges: who asks again is not priced again. */
  readonly known: Map<string, KnownCycle>;
}

/** Cycles that are remembered. */
const MOST_CYCLES = 20_000;
/** So many are estimated at once for each that may be listed, some microseconds each; the others wait. */
const ESTIMATED_FOR_ONE = 16;

export function createNamedCycles(options: NamedOptions): NamedCycles {
  const memory: Memory = {
    options,
    hubs: [...new Set([...options.bases, options.wrappedNative])],
    pools: [],
    ids: new Map(),
    settled: createRates([]),
    imagined: createRates([]),
    look: 0,
    cycles: new Map(),
    known: new Map(),
  };
  return {
    load: (pools) => {
      memory.pools = pools;
      memory.ids = new Map(pools.map(({ address }, id) => [address, id]));
      memory.settled = createRates(pools);
      memory.imagined = createRates(pools);
      memory.cycles.clear();
      memory.known.clear();
    },
    named: (hops) => named(memory, hops),
    keyOf: (hops) => {
      const edges = edgesOf(memory, hops);
      return edges && keyOfEdges(edges);
    },
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

const startingAt = (edges: readonly number[], place: number): readonly number[] =>
  place === 0 ? edges : [...edges.slice(place), ...edges.slice(0, place)];

function keyOfEdges(edges: readonly number[]): string {
  let least = 0;
  for (let place = 1; place < edges.length; place++)
    if ((edges[place] ?? 0) < (edges[least] ?? 0)) least = place;
  return startingAt(edges, least).join();
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
  return {
    edges: startingAt(edges, startOf(memory, tokens)),
    key: keyOfEdges(edges),
    scoreFloat: 0,
    known: null,
    outcome: null,
  };
}

/** Where it says, if what is earned there has a price; else at the first base on its way. */
function startOf({ hubs }: Memory, tokens: readonly Address[]): number {
  const [first] = tokens;
  if (first === undefined || hubs.includes(first)) return 0;
  for (const hub of hubs) if (tokens.includes(hub)) return tokens.indexOf(hub);
  return 0;
}

function hopAlong({ pools }: Memory, edge: number): Hop | null {
  const pool = pools[edge >> 1];
  return pool === undefined ? null : hopOf(pool, edge % 2 === 0);
}

interface Candidate {
  readonly cycle: NamedCycle;
  readonly marginal: number;
}

interface Worthy extends Candidate {
  readonly known: KnownCycle;
  /** Wei of native by the closed form; NaN without a price. */
  readonly valueFloat: number;
}

function price(memory: Memory, table: NamedTable, request: NamedRequest): NamedAnswer {
  const { view, through, limit, expired } = request;
  const rates = through === null ? memory.settled : memory.imagined;
  rates.turnTo(view);
  if (through === null) memory.look++;
  const worthy: Worthy[] = [];
  let room = limit * ESTIMATED_FOR_ONE;
  for (const candidate of screened(memory, table, rates, through)) {
    const { cycle } = candidate;
    const current = through === null ? currentOf(memory, cycle, rates) : null;
    if (current === null && (room-- <= 0 || expired?.() === true)) {
      note(cycle, "unseen", request);
      continue;
    }
    const known = current ?? estimated(memory, cycle, rates);
    if (through === null) remember(memory, cycle, known);
    const valueFloat = valueOf(memory, cycle, known.estimate, request);
    const outcome = outcomeOf(known, valueFloat, request);
    note(cycle, outcome, request);
    if (outcome === "unlisted") worthy.push({ ...candidate, known, valueFloat });
  }
  const opportunities: Opportunity[] = [];
  const fresh: Opportunity[] = [];
  for (const one of worthy.toSorted(dearestFirst)) {
    if (opportunities.length === limit || (opportunities.length > 0 && expired?.() === true)) break;
    const isNew = one.known.opportunity === undefined;
    const opportunity = (one.known.opportunity ??= size(memory, one, request));
    note(one.cycle, opportunity === null ? "no_profit" : "listed", request);
    if (opportunity === null) continue;
    opportunities.push(opportunity);
    if (isNew) fresh.push(opportunity);
  }
  return { opportunities: opportunities.toSorted(compareByValue), fresh };
}

/** Those that may pay at some size, in the order of their turn. */
function screened(
  { ids }: Memory,
  table: NamedTable,
  rates: Rates,
  through: NamedRequest["through"],
): readonly Candidate[] {
  const { cycles } = table;
  const moved = through && new Set(through.flatMap((pool) => ids.get(pool) ?? []));
  const ratesFloat = rates.ratesFloat(table.pools());
  const found: Candidate[] = [];
  for (const [place, cycle] of cycles.entries()) {
    if (moved !== null && !table.crosses(place, moved)) continue;
    const marginal = table.marginalFloat(place, ratesFloat);
    // What is not above 1 pays at no size: prices only get worse with it, and integers only round down.
    if (marginal > BREAK_EVEN) found.push({ cycle, marginal });
    else if (moved === null) cycle.outcome = marginal === 0 ? "no_price" : "no_profit";
  }
  return found.toSorted(bestScoreFirst);
}

/** Of equal score the one that has waited longest. */
const bestScoreFirst = ({ cycle: a }: Candidate, { cycle: b }: Candidate): number =>
  b.scoreFloat - a.scoreFloat || (a.known?.look ?? 0) - (b.known?.look ?? 0);

function note(cycle: NamedCycle, outcome: NamedOutcome, { through }: NamedRequest): void {
  if (through === null) cycle.outcome = outcome;
}

/** What is known of it, while no pool of it has moved. */
function currentOf(memory: Memory, cycle: NamedCycle, rates: Rates): KnownCycle | null {
  const { edges } = cycle;
  const known = cycle.known ?? memory.known.get(edges.join()) ?? null;
  return known !== null && known.legs.every((leg, hop) => leg === rates.leg(edges[hop] ?? -1)) ? known : null;
}

function remember({ known: memory }: Memory, cycle: NamedCycle, known: KnownCycle): void {
  if (cycle.known === known) return;
  cycle.known = known;
  if (memory.size >= MOST_CYCLES) memory.clear();
  memory.set(cycle.edges.join(), known);
}

function estimated({ look }: Memory, { edges }: NamedCycle, rates: Rates): KnownCycle {
  const legs = edges.flatMap((edge) => rates.leg(edge) ?? []);
  const estimate = estimateSize(legs);
  return { legs, estimate, opportunity: estimate === null ? null : undefined, look };
}

/** No integer size is worth more. */
function valueOf(
  memory: Memory,
  { edges }: NamedCycle,
  estimate: Estimate | null,
  { prices }: NamedRequest,
): number {
  const start = hopAlong(memory, edges[0] ?? -1)?.tokenIn;
  if (estimate === null || start === undefined) return NaN;
  return (estimate.profitFloat + estimate.errorFloat) * prices.rateFloat(start);
}

/** `unlisted`: worth it. */
function outcomeOf(
  { opportunity }: KnownCycle,
  valueFloat: number,
  { leastFloat }: NamedRequest,
): NamedOutcome {
  if (opportunity === null) return "no_profit";
  if (leastFloat === null) return "unlisted";
  if (Number.isNaN(valueFloat)) return "no_native_price";
  return valueFloat < leastFloat ? "little" : "unlisted";
}

/** Those without a price last; a stable sort leaves equals in the order of their turn. */
const dearestFirst = (a: Worthy, b: Worthy): number =>
  Number(Number.isNaN(a.valueFloat)) - Number(Number.isNaN(b.valueFloat)) || b.valueFloat - a.valueFloat || 0;

/** At its exact best size; null when no integer size pays. */
function size(memory: Memory, worthy: Worthy, request: NamedRequest): Opportunity | null {
  const { cycle, known, marginal } = worthy;
  const sizing = known.estimate && sizeCycle(known.legs, known.estimate);
  if (sizing === null) return null;
  const described = describe(memory, cycle);
  const { through, prices } = request;
  const verdict = verdictOf(described, {
    marginal,
    atRest: through === null,
    isTaxed: memory.options.isTaxed,
  });
  const profitNativeFloat = Number(sizing.profit) * prices.rateFloat(described.base);
  return { ...priced(described, sizing), profitNativeFloat, marginal, verdict };
}

function describe(memory: Memory, { edges }: NamedCycle): Cycle {
  const { cycles } = memory;
  const text = edges.join();
  const known = cycles.get(text);
  if (known !== undefined) return known;
  if (cycles.size >= MOST_CYCLES) cycles.clear();
  const hops = edges.flatMap((edge) => hopAlong(memory, edge) ?? []);
  const cycle: Cycle = { id: cycleId(hops), base: hops[0]?.tokenIn ?? "0x", hops };
  cycles.set(text, cycle);
  return cycle;
}
