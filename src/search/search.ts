import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { createCycleIndex } from "./cycleIndex.ts";
import type { CycleIndex } from "./cycleIndex.ts";
import { verdictOf } from "./hops.ts";
import type { Leg } from "./leg.ts";
import type { Hop, Opportunity } from "./opportunity.ts";
import { createPrices } from "./prices.ts";
import type { Prices, Valuer } from "./prices.ts";
import { compareByValue } from "./ranking.ts";
import { createRates } from "./rates.ts";
import type { Rates } from "./rates.ts";
import { marginalFloat, screen } from "./screen.ts";
import { estimateSize, priced, sizeCycle } from "./sizing.ts";
import type { Estimate } from "./sizing.ts";

export interface SearchOptions {
  /** Tokens that a cycle may start from, in order: a cycle starts at the first one that it contains. */
  readonly bases: readonly Address[];
  /** At least 2. */
  readonly maxHops: number;
  readonly wrappedNative: Address;
  readonly isTaxed: (token: Address) => boolean;
}

export interface SearchRequest {
  readonly view: StateView;
  /** Only cycles through these pools are looked at. */
  readonly changed: readonly Address[] | "all";
  /** The state of a settled block, where a wide margin is not believed. */
  readonly atRest: boolean;
  /** What the view shows is only imagined: the next search finds the pools as they are. */
  readonly whatIf?: boolean;
  /** Asked now and then; once true, the answer is what was found so far, the most promising first. */
  readonly expired?: (() => boolean) | undefined;
  /** The list ends here, once `enough` agrees. */
  readonly limit?: number;
  /** Whether these, not in order, are enough for a list cut at `limit`; default: any are. For the scan only. */
  readonly enough?: (found: readonly Opportunity[]) => boolean;
  /**
   * Cycles to be priced before all others, so that an answer cut off by time knows them. One that is no cycle of the
   * request (of known pools, each once, through a changed one and a base) is passed over. For the scan only.
   */
  readonly hints?: readonly RouteHint[];
}

/** Pools in the order of crossing, each with its direction. */
export type RouteHint = readonly Pick<Hop, "pool" | "zeroForOne">[];

export interface SearchAnswer {
  /** Best first, as `compareByValue` orders. */
  readonly opportunities: readonly Opportunity[];
  /** Touched cycles that were looked at; of the scan, the hits of its screen. */
  readonly looked: number;
  /** False when time ran out: some that pay may be missing. */
  readonly complete: boolean;
  /** Pools whose cycles may pay and are not listed: the list was cut. None are worth more than its last. */
  readonly unlisted: readonly Address[];
}

export interface Search {
  /** Adds the pools that are not known yet, and lists the cycles anew: give many at a time. */
  addPools(pools: readonly Pool[]): void;
  removePools(pools: readonly Address[]): void;
  readonly cycleCount: number;
  run(request: SearchRequest): SearchAnswer;
  /** Prices in this view while it stands still. */
  valuer(view: StateView): Valuer;
}

/** Cycles estimated between two looks at the clock: a few hundred microseconds. */
const ESTIMATED_AT_ONCE = 64;

/** All that follows from the list of pools. */
interface Index {
  readonly pools: readonly Pool[];
  readonly cycles: CycleIndex;
  readonly rates: Rates;
  readonly prices: Prices;
}

interface Candidate {
  readonly cycle: number;
  readonly legs: readonly Leg[];
  readonly estimate: Estimate;
  readonly valueFloat: number;
}

export function createSearch(options: SearchOptions): Search {
  const known = new Map<Address, Pool>();
  let index = buildIndex([], options);
  const rebuild = () => {
    index = buildIndex([...known.values()], options);
  };
  return {
    addPools: (pools) => {
      const before = known.size;
      for (const pool of pools) if (!known.has(pool.address)) known.set(pool.address, pool);
      if (known.size > before) rebuild();
    },
    removePools: (pools) => {
      if (pools.filter((pool) => known.delete(pool)).length > 0) rebuild();
    },
    get cycleCount() {
      return index.cycles.table.count;
    },
    run: (request) => run(index, options, request),
    valuer: (view) => index.prices.at(view),
  };
}

const buildIndex = (pools: readonly Pool[], options: SearchOptions): Index => ({
  pools,
  cycles: createCycleIndex(pools, options),
  rates: createRates(pools),
  prices: createPrices(options, pools),
});

function run(index: Index, options: SearchOptions, request: SearchRequest): SearchAnswer {
  const { view, changed, expired = () => false } = request;
  const { cycles, rates } = index;
  rates.turnTo(view);
  const touched = cycles.touchedBy(changed);
  const screened = screen(touched, cycles.table, rates, expired);
  const { rateFloat } = index.prices.at(view);
  const { candidates, ...estimated } = estimateAll(index, screened.cycles, rateFloat, expired);
  const opportunities: Opportunity[] = [];
  const best = createBestValues(request.limit ?? Infinity);
  let complete = screened.complete && estimated.complete;
  let passedOver = 0;
  for (const { cycle, legs, estimate } of candidates) {
    if (expired()) {
      complete = false;
      break;
    }
    const rate = rateFloat(cycles.base(cycle));
    if (!best.mayEnter((estimate.profitFloat + estimate.errorFloat) * rate)) {
      passedOver++;
      continue;
    }
    const sizing = sizeCycle(legs, estimate);
    if (sizing === null) continue;
    const described = cycles.describe(cycle);
    const marginal = marginalFloat(cycles.table, cycle, rates);
    const verdict = verdictOf(described, { marginal, atRest: request.atRest, isTaxed: options.isTaxed });
    const profitNativeFloat = Number(sizing.profit) * rate;
    best.add(profitNativeFloat);
    opportunities.push({ ...priced(described, sizing), profitNativeFloat, marginal, verdict });
  }
  const listed = opportunities.toSorted(compareByValue).slice(0, request.limit);
  const all = passedOver === 0 && listed.length === opportunities.length;
  return {
    opportunities: listed,
    looked: touched.length,
    complete,
    unlisted: all ? [] : named(index, changed),
  };
}

const named = ({ pools }: Index, changed: readonly Address[] | "all"): readonly Address[] =>
  changed === "all" ? pools.map(({ address }) => address) : changed;

/** The best values of so many opportunities: whether another one can still be listed. */
function createBestValues(limit: number) {
  const values: number[] = [];
  return {
    /** Always true while the list has room; what has no price (NaN) comes last. */
    mayEnter: (value: number): boolean => values.length < limit || value >= (values[limit - 1] ?? Infinity),
    add: (value: number): void => {
      if (limit === Infinity || Number.isNaN(value)) return;
      let place = values.length;
      while (place > 0 && (values[place - 1] ?? 0) < value) place--;
      values.splice(place, 0, value);
      values.length = Math.min(values.length, limit);
    },
  };
}

/** Those with a size that pays, by the closed form, the dearest first: what time cuts off is the cheap end. */
function estimateAll(
  { cycles, rates }: Index,
  promising: readonly number[],
  rateFloat: Valuer["rateFloat"],
  expired: () => boolean,
): { readonly candidates: readonly Candidate[]; readonly complete: boolean } {
  const candidates: Candidate[] = [];
  let complete = true;
  for (const [i, cycle] of promising.entries()) {
    if (i % ESTIMATED_AT_ONCE === 0 && expired()) {
      complete = false;
      break;
    }
    const legs = [...cycles.edges(cycle)].flatMap((edge) => rates.leg(edge) ?? []);
    const estimate = estimateSize(legs);
    if (estimate === null) continue;
    const value = estimate.profitFloat * rateFloat(cycles.base(cycle));
    candidates.push({ cycle, legs, estimate, valueFloat: Number.isNaN(value) ? -1 : value });
  }
  return { candidates: candidates.toSorted(dearestFirst), complete };
}

const dearestFirst = (a: Candidate, b: Candidate): number =>
  b.valueFloat - a.valueFloat || b.estimate.profitFloat - a.estimate.profitFloat || a.cycle - b.cycle;
