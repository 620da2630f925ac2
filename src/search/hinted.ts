import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { cycleId } from "./cycleId.ts";
import { hopOf, verdictOf } from "./hops.ts";
import type { Leg } from "./leg.ts";
import type { Cycle, Hop, Opportunity } from "./opportunity.ts";
import type { Valuer } from "./prices.ts";
import { compareByValue } from "./ranking.ts";
import { createRates } from "./rates.ts";
import type { Rates } from "./rates.ts";
import { BREAK_EVEN } from "./screen.ts";
import type { RouteHint, SearchOptions } from "./search.ts";
import { estimateSize, priced, sizeCycle } from "./sizing.ts";
import type { Estimate } from "./sizing.ts";

/** Most hops of a cycle that is named from outside; the search itself may stop earlier. */
const MOST_HOPS = 6;

/** A cycle that was named from outside, as edges (see `Graph`) from where it starts. */
export interface NamedCycle {
  readonly edges: readonly number[];
  /** The same for the same directed cycle, wherever it starts. */
  readonly key: string;
  /** What its settled state gave when it was last priced. */
  known: Known | null;
}

interface Known {
  /** As long as these are the pools' own, no pool of it has moved. */
  readonly legs: readonly Leg[];
  readonly estimate: Estimate | null;
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

export interface NamedRequest {
  readonly view: StateView;
  /** What the view shows is only imagined: nothing of it is remembered. */
  readonly whatIf: boolean;
  /** The state of a settled block, where a wide margin is not believed. */
  readonly atRest: boolean;
  readonly prices: Pick<Valuer, "rateFloat">;
  /** Wei of native before gas; null: whatever pays, also without a price. */
  readonly leastFloat: number | null;
  /** So many are sized, the best by the closed form. */
  readonly limit: number;
  readonly expired?: () => boolean;
}

export interface NamedAnswer {
  /** Best first, each cycle once. */
  readonly opportunities: readonly Opportunity[];
  /** Those of them that were sized just now. */
  readonly fresh: readonly Opportunity[];
  /** By place in the request. */
  readonly outcomes: readonly NamedOutcome[];
}

/** Prices cycles one by one, of 2 to 6 hops and from any token, beside the search that finds its own. */
export interface NamedCycles {
  /** The pools from now on; cycles named before mean nothing any more. */
  load(pools: readonly Pool[]): void;
  /** Takes a route for a simple cycle over known pools, or says what is wrong with it. */
  named(hops: RouteHint): NamedCycle | "not_a_cycle" | "unknown_pool";
  /** The key that a named cycle of these hops has; null for pools that are not known. */
  keyOf(hops: RouteHint): string | null;
  /** Those of the cycles that cross one of these pools. */
  crossing(cycles: readonly NamedCycle[], pools: readonly Address[]): readonly NamedCycle[];
  /** In the given order, which is that of their rank where time or room runs out. */
  price(cycles: readonly NamedCycle[], request: NamedRequest): NamedAnswer;
}

export type NamedOptions = Pick<SearchOptions, "bases" | "wrappedNative" | "isTaxed">;

interface Memory {
  readonly options: NamedOptions;
  /** Tokens from which a cycle may start as it is named: what it earns there has a price. */
  readonly hubs: ReadonlySet<Address>;
  pools: readonly Pool[];
  ids: ReadonlyMap<Address, number>;
  settled: Rates;
  imagined: Rates;
  /** By edges: the hash of an id costs more than the pricing. */
  readonly cycles: Map<string, Cycle>;
}

/** Cycles that are remembered. */
const MOST_CYCLES = 20_000;
/** Sizes that are estimated at once, some microseconds each; the others wait for the next block. */
const MOST_ESTIMATED = 512;

export function createNamedCycles(options: NamedOptions): NamedCycles {
  const memory: Memory = {
    options,
    hubs: new Set([options.wrappedNative, ...options.bases]),
    pools: [],
    ids: new Map(),
    settled: createRates([]),
    imagined: createRates([]),
    cycles: new Map(),
  };
  return {
    load: (pools) => {
      memory.pools = pools;
      memory.ids = new Map(pools.map(({ address }, id) => [address, id]));
      memory.settled = createRates(pools);
      memory.imagined = createRates(pools);
      memory.cycles.clear();
    },
    named: (hops) => named(memory, hops),
    keyOf: (hops) => {
      const edges = edgesOf(memory, hops);
      return edges && keyOfEdges(edges);
    },
    crossing: (cycles, pools) => {
      const moved = new Set(pools.flatMap((pool) => memory.ids.get(pool) ?? []));
      return cycles.filter(({ edges }) => edges.some((edge) => moved.has(edge >> 1)));
    },
    price: (cycles, request) => price(memory, cycles, request),
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

const keyOfEdges = (edges: readonly number[]): string =>
  startingAt(edges, edges.indexOf(Math.min(...edges))).join();

function named(memory: Memory, hops: RouteHint): NamedCycle | "not_a_cycle" | "unknown_pool" {
  if (hops.length < 2 || hops.length > MOST_HOPS) return "not_a_cycle";
  const edges = edgesOf(memory, hops);
  if (edges === null) return "unknown_pool";
  const crossed = edges.flatMap((edge) => hopAlong(memory, edge) ?? []);
  const tokens = crossed.map(({ tokenIn }) => tokenIn);
  const closed = crossed.every(({ tokenOut }, i) => tokenOut === tokens[(i + 1) % tokens.length]);
  const simple =
    new Set(tokens).size === hops.length && new Set(hops.map(({ pool }) => pool)).size === hops.length;
  if (!closed || !simple) return "not_a_cycle";
  return { edges: startingAt(edges, startOf(memory, tokens)), key: keyOfEdges(edges), known: null };
}

/** Where it says, if what is earned there has a price; else at the first base on its way. */
function startOf({ options, hubs }: Memory, tokens: readonly Address[]): number {
  const [first] = tokens;
  if (first === undefined || hubs.has(first)) return 0;
  const base = [...options.bases, options.wrappedNative].find((token) => tokens.includes(token));
  return base === undefined ? 0 : tokens.indexOf(base);
}

function hopAlong({ pools }: Memory, edge: number): Hop | null {
  const pool = pools[edge >> 1];
  return pool === undefined ? null : hopOf(pool, edge % 2 === 0);
}

interface Candidate {
  readonly place: number;
  readonly named: NamedCycle;
  readonly known: Known;
  readonly marginal: number;
  /** Wei of native by the closed form; NaN without a price. */
  readonly valueFloat: number;
}

function price(memory: Memory, cycles: readonly NamedCycle[], request: NamedRequest): NamedAnswer {
  const rates = request.whatIf ? memory.imagined : memory.settled;
  rates.turnTo(request.view);
  const outcomes: NamedOutcome[] = [];
  const worthy: Candidate[] = [];
  let room = MOST_ESTIMATED;
  for (const [place, cycle] of cycles.entries()) {
    const marginal = marginalOf(cycle, rates);
    if (!(marginal > BREAK_EVEN)) {
      outcomes.push(marginal === 0 ? "no_price" : "no_profit");
      continue;
    }
    const current = request.whatIf ? null : currentOf(cycle, rates);
    if (current === null && (room === 0 || request.expired?.() === true)) {
      outcomes.push("unseen");
      continue;
    }
    if (current === null) room--;
    const known = current ?? estimated(cycle, rates);
    if (!request.whatIf) cycle.known = known;
    const valueFloat = valueOf(memory, cycle, known.estimate, request);
    const outcome = outcomeOf(known, valueFloat, request);
    outcomes.push(outcome);
    if (outcome === "unlisted") worthy.push({ place, named: cycle, known, marginal, valueFloat });
  }
  const opportunities = new Map<string, Opportunity>();
  const fresh: Opportunity[] = [];
  for (const candidate of worthy.toSorted(dearestFirst)) {
    const { place, known } = candidate;
    if (opportunities.size === request.limit || (opportunities.size > 0 && request.expired?.() === true))
      break;
    const isNew = known.opportunity === undefined;
    const opportunity = (known.opportunity ??= size(memory, candidate, request));
    outcomes[place] = opportunity === null ? "no_profit" : "listed";
    if (opportunity === null || opportunities.has(opportunity.cycle.id)) continue;
    opportunities.set(opportunity.cycle.id, opportunity);
    if (isNew) fresh.push(opportunity);
  }
  return { opportunities: [...opportunities.values()].toSorted(compareByValue), fresh, outcomes };
}

/** Product of the after-fee rates at size zero: what is not above 1 pays at no size. 0: a pool has no price. */
function marginalOf({ edges }: NamedCycle, rates: Rates): number {
  let product = 1;
  for (const edge of edges) product *= rates.rateFloat(edge);
  return product;
}

/** What is known of it, while no pool of it has moved. */
function currentOf({ edges, known }: NamedCycle, rates: Rates): Known | null {
  return known !== null && known.legs.every((leg, hop) => leg === rates.leg(edges[hop] ?? -1)) ? known : null;
}

function estimated({ edges }: NamedCycle, rates: Rates): Known {
  const legs = edges.flatMap((edge) => rates.leg(edge) ?? []);
  const estimate = estimateSize(legs);
  return { legs, estimate, opportunity: estimate === null ? null : undefined };
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
function outcomeOf({ opportunity }: Known, valueFloat: number, { leastFloat }: NamedRequest): NamedOutcome {
  if (opportunity === null) return "no_profit";
  if (leastFloat === null) return "unlisted";
  if (Number.isNaN(valueFloat)) return "no_native_price";
  return valueFloat < leastFloat ? "little" : "unlisted";
}

/** Those without a price last; among equals the one named first. */
const dearestFirst = (a: Candidate, b: Candidate): number =>
  Number(Number.isNaN(a.valueFloat)) - Number(Number.isNaN(b.valueFloat)) ||
  b.valueFloat - a.valueFloat ||
  a.place - b.place;

/** At its exact best size; null when no integer size pays. */
function size(memory: Memory, candidate: Candidate, request: NamedRequest): Opportunity | null {
  const { named: cycle, known, marginal } = candidate;
  const sizing = known.estimate && sizeCycle(known.legs, known.estimate);
  if (sizing === null) return null;
  const described = describe(memory, cycle);
  const { atRest, prices } = request;
  const verdict = verdictOf(described, { marginal, atRest, isTaxed: memory.options.isTaxed });
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
