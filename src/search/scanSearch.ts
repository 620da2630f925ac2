import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { cycleId } from "./cycleId.ts";
import { hopOf, verdictOf } from "./hops.ts";
import { createLeg } from "./leg.ts";
import type { Leg } from "./leg.ts";
import type { Hop, Opportunity } from "./opportunity.ts";
import { createPrices } from "./prices.ts";
import type { Prices, Valuer } from "./prices.ts";
import { compareByValue } from "./ranking.ts";
import { spotRateFloat } from "./rates.ts";
import { countCycles } from "./scan/count.ts";
import { createLadder } from "./scan/ladder.ts";
import { createScan, MOST_RANKED } from "./scan/scan.ts";
import type { Scan } from "./scan/scan.ts";
import type { Search, SearchAnswer, SearchOptions, SearchRequest } from "./search.ts";
import { estimateSize, priced, sizeCycle } from "./sizing.ts";

export interface ScanSearchOptions extends SearchOptions {
  /** Wei of native, above zero: what a cycle must earn before gas to be found for sure. */
  readonly minProfit: bigint;
  /** 2, 3 or 4. */
  readonly maxHops: number;
}

/** Rates of bases may move by this from those of the last load before everything is loaded anew. */
const BASE_DRIFT = 1.1;

const MOST_IDS = 100_000;

/** What follows from the list of pools, and whether the states of all of them are in. */
interface Built {
  readonly pools: readonly Pool[];
  readonly scan: Scan;
  readonly prices: Prices;
  /** Ids of cycles by their edges. */
  readonly ids: Map<string, string>;
  loaded: boolean;
}

/**
 * The search of the live daemon: every cycle of 2 to 4 hops that is worth at least `minProfit`, or the best of them
 * (`limit`, at most MOST_RANKED), without listing cycles. `changed` must name every pool whose state differs from
 * what the last run saw; a what-if view is followed by a run that names its pools again.
 */
export function createScanSearch(options: ScanSearchOptions): Search {
  const known = new Map<Address, Pool>();
  const build = (): Built => {
    const pools = [...known.values()];
    const bases = [...new Set(options.bases)];
    const ladder = createLadder(Number(options.minProfit) / BASE_DRIFT, options.maxHops);
    const scan = createScan(pools, { ...options, bases, ladder });
    return { pools, scan, prices: createPrices(options, pools), ids: new Map(), loaded: false };
  };
  let built = build();
  return {
    addPools: (pools) => {
      const before = known.size;
      for (const pool of pools) if (!known.has(pool.address)) known.set(pool.address, pool);
      if (known.size > before) built = build();
    },
    removePools: (pools) => {
      if (pools.filter((pool) => known.delete(pool)).length > 0) built = build();
    },
    get cycleCount() {
      return countCycles(built.scan.parts.index.layout);
    },
    run: (request) => run(built, options, request),
    valuer: (view) => built.prices.at(view),
  };
}

function run(built: Built, options: ScanSearchOptions, request: SearchRequest): SearchAnswer {
  const { scan, prices } = built;
  const valuer = prices.at(request.view);
  let complete = search(built, options, request, valuer);
  const opportunities: Opportunity[] = [];
  for (let place = 0; place < scan.ranked.count; place++) {
    // The best is always sized: an answer in hand is worth more than the moment that it takes.
    if (place > 0 && request.expired?.() === true) {
      complete = false;
      break;
    }
    const found = size(built, place, { atRest: request.atRest, options, valuer });
    if (found !== null && found.profitNativeFloat >= Number(options.minProfit)) opportunities.push(found);
  }
  return { opportunities: opportunities.toSorted(compareByValue), looked: scan.hits, complete };
}

interface Sized {
  readonly atRest: boolean;
  readonly options: ScanSearchOptions;
  readonly valuer: Valuer;
}

/** A ranked cycle at its exact best size; null when no integer size pays. */
function size(built: Built, place: number, { atRest, options, valuer }: Sized): Opportunity | null {
  const { hops, legs, marginal } = describe(built, place);
  const estimate = estimateSize(legs);
  const sizing = estimate && sizeCycle(legs, estimate);
  if (sizing === null) return null;
  const cycle = { id: idOf(built, place, hops), base: hops[0]?.tokenIn ?? "0x", hops } as const;
  const verdict = verdictOf(cycle, { marginal, atRest, isTaxed: options.isTaxed });
  const profitNativeFloat = Number(sizing.profit) * valuer.rateFloat(cycle.base);
  return { ...priced(cycle, sizing), profitNativeFloat, marginal, verdict };
}

/** The hash costs more than sizing does, and what paid once often pays again. */
function idOf({ ids, scan }: Built, place: number, hops: readonly Hop[]): string {
  const { ranked } = scan;
  let key = "";
  for (let hop = 0; hop < ranked.hops(place); hop++) key += `${ranked.edge(place, hop)} `;
  const known = ids.get(key);
  if (known !== undefined) return known;
  if (ids.size >= MOST_IDS) ids.clear();
  const id = cycleId(hops);
  ids.set(key, id);
  return id;
}

function search(
  built: Built,
  options: ScanSearchOptions,
  { view, changed, limit = MOST_RANKED, expired = () => false }: SearchRequest,
  { rateFloat }: Valuer,
): boolean {
  const { scan } = built;
  const request = { limit: Math.min(limit, MOST_RANKED), leastFloat: Number(options.minProfit), expired };
  takeRates(built, options, rateFloat);
  if (changed === "all" || !built.loaded) {
    built.loaded = true;
    const states = { stateOf: (pool: Address) => view.stateOf(pool), rateFloat };
    return scan.searchAnew(states, idsOf(scan, changed), request);
  }
  return scan.search(takeStates(scan, view, changed), request);
}

function idsOf({ parts }: Scan, changed: readonly Address[] | "all"): Iterable<number> {
  const { poolIds } = parts.index;
  if (changed === "all") return poolIds.values();
  return new Set(changed.flatMap((address) => poolIds.get(address) ?? []));
}

/** Writes the states of the changed pools into the table, each pool once; returns how many there are. */
function takeStates({ parts }: Scan, view: StateView, changed: readonly Address[]): number {
  const { index, table } = parts;
  let count = 0;
  for (const address of new Set(changed)) {
    const pool = index.poolIds.get(address);
    if (pool === undefined) continue;
    table.set(pool, view.stateOf(address));
    index.layout.changed[count++] = pool;
  }
  return count;
}

/** Today's rates of the bases; when one has left those that the ladder was cut for, everything is loaded anew. */
function takeRates(built: Built, { bases }: ScanSearchOptions, rateFloat: Valuer["rateFloat"]): void {
  const { baseRates, parts } = built.scan;
  for (const [base, token] of [...new Set(bases)].entries()) {
    const rate = rateFloat(token);
    baseRates[base] = rate;
    const ratio = rate / (parts.prices[base] ?? rate);
    if (ratio > BASE_DRIFT || ratio < 1 / BASE_DRIFT) built.loaded = false;
  }
}

interface Described {
  readonly hops: readonly Hop[];
  readonly legs: readonly Leg[];
  /** Product of the after-fee rates at size zero. */
  readonly marginal: number;
}

function describe({ scan, pools }: Built, place: number): Described {
  const { ranked, parts } = scan;
  const hops: Hop[] = [];
  const legs: Leg[] = [];
  let marginal = 1;
  for (let hop = 0; hop < ranked.hops(place); hop++) {
    const edge = ranked.edge(place, hop);
    const pool = pools[edge >> 1];
    const state = parts.table.exactState(edge >> 1);
    if (pool === undefined || state === null) throw new Error(`edge ${edge} of a ranked cycle has no pool`);
    hops.push(hopOf(pool, edge % 2 === 0));
    legs.push(createLeg(state, edge % 2 === 0));
    marginal *= spotRateFloat(state, edge % 2 === 0);
  }
  return { hops, legs, marginal };
}
