import type { PoolState } from "../amm/poolState.ts";
import type { Address, Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { cycleId } from "./cycleId.ts";
import { hopOf, verdictOf } from "./hops.ts";
import type { Cycle, Opportunity } from "./opportunity.ts";
import { createPrices } from "./prices.ts";
import type { Prices, Valuer } from "./prices.ts";
import { compareByValue } from "./ranking.ts";
import { countCycles } from "./scan/count.ts";
import { TERMS } from "./scan/curves.ts";
import { edgesOfHint } from "./scan/hints.ts";
import { createLadder } from "./scan/ladder.ts";
import { SCAN_HOPS } from "./scan/layout.ts";
import { createScan, MOST_RANKED } from "./scan/scan.ts";
import type { Scan } from "./scan/scan.ts";
import { createSizer } from "./scan/sizer.ts";
import type { Sizer } from "./scan/sizer.ts";
import type { Search, SearchAnswer, SearchOptions, SearchRequest } from "./search.ts";
import { priced } from "./sizing.ts";

export interface ScanSearchOptions extends SearchOptions {
  /** Wei of native, above zero: what a cycle must earn before gas to be found for sure. */
  readonly minProfit: bigint;
  /** 2, 3 or 4. */
  readonly maxHops: number;
}

/** Rates of bases may move by this from those of the last load before everything is loaded anew. */
const BASE_DRIFT = 1.1;

/** Cycles that are remembered. */
const MOST_CYCLES = 100_000;

/**
 * Partial choices of pools that are followed in imagined states, where every moment counts: behind a swap on a hub's pool
 * there may be 70,000, which take twelve milliseconds. Of 250 plans behind such swaps in a market of 11,000 pools, eight
 * became others by this bound, the poorest by 1.4 %, all together by 0.002 %.
 */
const IMAGINED_EFFORT = 2000;

/** Share of the pools that may join one by one; with more it is no slower to build all anew. */
const MOST_JOINED = 1 / 8;

/** What follows from the list of pools, and what the last searches left behind. */
interface Built {
  /** Each once: the places of `scan.baseRates`. */
  readonly bases: readonly Address[];
  readonly scan: Scan;
  prices: Prices;
  readonly sizer: Sizer;
  /** Those that were sized before, by their edges. */
  readonly cycles: Map<string, Cycle>;
  /** Edges of the cycle at hand. */
  readonly edges: Int32Array;
  /** Pools that are read again in every search, asked for or not: imagined, or not screened for want of time. */
  readonly stale: Map<number, PoolState | null>;
  /** Prices of the last view that was not imagined. */
  valuer: Valuer | null;
  /** Counted when it is asked for. */
  cycleCount: number | null;
  /** Whether the states of all pools are in. */
  loaded: boolean;
}

/**
 * The search of the live daemon: every cycle of 2 to 4 hops that is worth at least `minProfit`, or the best
 * MOST_RANKED of them, without listing cycles. `changed` must name every pool whose state differs from what the last
 * search saw that was no `whatIf`; the profits of a `whatIf` are valued at the prices of that last one, and its answer
 * is the most promising of what a bounded effort finds.
 *
 * Only the best are sized in exact integers, until `limit` are listed: a cycle is never worth more than its closed
 * form says, so none that was left out belongs before the last of them.
 */
export function createScanSearch(options: ScanSearchOptions): Search {
  const known = new Map<Address, Pool>();
  const build = (): Built => {
    const pools = [...known.values()];
    const bases = [...new Set(options.bases)];
    const ladder = createLadder(Number(options.minProfit) / BASE_DRIFT, options.maxHops);
    const scan = createScan(pools, { ...options, bases, ladder });
    return {
      bases,
      scan,
      prices: createPrices(options, pools),
      sizer: createSizer(scan.parts),
      cycles: new Map(),
      edges: new Int32Array(SCAN_HOPS),
      stale: new Map(),
      valuer: null,
      cycleCount: null,
      loaded: false,
    };
  };
  let built = build();
  const hubs = new Set([options.wrappedNative, ...options.bases]);
  /** What follows from these pools, which came or went, beside the scan. */
  const moved = (pools: readonly Pool[]): void => {
    built.cycleCount = null;
    if (pools.some(({ token0, token1 }) => hubs.has(token0) && hubs.has(token1)))
      built.prices = createPrices(options, [...known.values()]);
  };
  return {
    addPools: (pools) => {
      const joining: Pool[] = [];
      for (const pool of pools) {
        if (known.has(pool.address)) continue;
        known.set(pool.address, pool);
        joining.push(pool);
      }
      if (joining.length === 0) return;
      if (joining.length > known.size * MOST_JOINED || !join(built, joining)) built = build();
      else moved(joining);
    },
    removePools: (pools) => {
      const leaving = pools.flatMap((address) => known.get(address) ?? []);
      if (leaving.length === 0) return;
      for (const { address } of leaving) known.delete(address);
      leave(built, leaving);
      moved(leaving);
    },
    get cycleCount() {
      return (built.cycleCount ??= countCycles(built.scan.parts.index.layout));
    },
    run: (request) => run(built, options, request),
    valuer: (view) => built.prices.at(view),
  };
}

/** False where there is no room. What joined is read in the next search, asked for or not. */
function join({ scan, stale }: Built, pools: readonly Pool[]): boolean {
  return pools.every((pool) => {
    const id = scan.join(pool);
    if (id !== null) stale.set(id, null);
    return id !== null;
  });
}

function leave({ scan, stale, cycles }: Built, pools: readonly Pool[]): void {
  for (const { address } of pools) {
    const id = scan.leave(address);
    if (id !== null) stale.delete(id);
  }
  // Their ids may be other pools' soon.
  cycles.clear();
}

function run(built: Built, options: ScanSearchOptions, request: SearchRequest): SearchAnswer {
  const known = request.whatIf === true ? built.valuer : null;
  const valuer = known ?? built.prices.at(request.view);
  const few = fewRanked(request);
  let most = few ?? MOST_RANKED;
  let exact = search(built, options, request, { valuer, most });
  if (request.whatIf !== true) built.valuer = valuer;
  let sized = sizeBest(built, request, { options, valuer });
  if (few !== null && sized.wantsMore && built.scan.ranked.count === few) {
    most = MOST_RANKED;
    exact = search(built, options, request, { valuer, most });
    sized = sizeBest(built, request, { options, valuer });
  }
  return {
    opportunities: sized.found.toSorted(compareByValue),
    looked: built.scan.hits,
    complete: exact && sized.complete,
    unlisted: unlistedFrom(built, request, { places: sized.places, most }),
  };
}

/** Of what is imagined mostly the first few do, and a list as long as can be takes twice the time; null: the longest. */
const fewRanked = ({ whatIf, limit = Infinity }: SearchRequest): number | null =>
  whatIf === true && 2 * limit < MOST_RANKED ? 2 * limit : null;

interface SizedBest {
  readonly found: readonly Opportunity[];
  /** False: time ran out before. */
  readonly complete: boolean;
  /** Places of the ranking that were looked at. */
  readonly places: number;
  /** The ranking came to its end, and it was not enough. */
  readonly wantsMore: boolean;
}

/** Sizes from the top, down to `limit`. */
function sizeBest(built: Built, request: SearchRequest, sized: Sized): SizedBest {
  const { ranked } = built.scan;
  const { limit = Infinity, enough, expired } = request;
  const found: Opportunity[] = [];
  let until = limit;
  let places = 0;
  for (; places < ranked.count; places++) {
    // One is always sized: an answer in hand is worth more than the moment that it takes.
    if (found.length > 0 && expired?.() === true) return { found, complete: false, places, wantsMore: false };
    if (countAbove(found, ranked.worthFloat(places)) >= until) {
      if (enough?.(found) ?? true) return { found, complete: true, places, wantsMore: false };
      until = found.length + limit;
    }
    const opportunity = size(built, places, request.atRest, sized);
    if (opportunity !== null && opportunity.profitNativeFloat >= Number(sized.options.minProfit))
      found.push(opportunity);
  }
  return { found, complete: true, places, wantsMore: true };
}

function countAbove(opportunities: readonly Opportunity[], worthFloat: number): number {
  let count = 0;
  for (const { profitNativeFloat } of opportunities) if (profitNativeFloat >= worthFloat) count++;
  return count;
}

/** All that was asked for when the ranking was full; else one pool of each cycle that it holds beyond `places`. */
function unlistedFrom(
  { scan }: Built,
  { changed }: SearchRequest,
  { places, most }: { readonly places: number; readonly most: number },
): readonly Address[] {
  const { ranked, parts } = scan;
  const { pools, poolIds } = parts.index;
  const addresses = changed === "all" ? [...poolIds.keys()] : changed;
  if (ranked.count === most) return addresses;
  const unlisted = new Set<Address>();
  for (let place = places; place < ranked.count; place++) {
    const pool = pools[ranked.edge(place, 0) >> 1];
    if (pool !== undefined) unlisted.add(pool.address);
  }
  return [...unlisted];
}

interface Sized {
  readonly options: ScanSearchOptions;
  readonly valuer: Valuer;
}

/** A ranked cycle at its exact best size; null when no integer size pays. */
function size(built: Built, place: number, atRest: boolean, { options, valuer }: Sized): Opportunity | null {
  const { scan, sizer, edges } = built;
  const hops = scan.ranked.hops(place);
  const { terms } = scan.parts.table.curves;
  let marginal = 1;
  for (let hop = 0; hop < hops; hop++) {
    const edge = scan.ranked.edge(place, hop);
    edges[hop] = edge;
    marginal *= terms[edge * TERMS] ?? 0;
  }
  const sizing = sizer.size(edges, 0, hops);
  if (sizing === null) return null;
  const cycle = cycleOf(built, hops);
  const verdict = verdictOf(cycle, { marginal, atRest, isTaxed: options.isTaxed });
  const profitNativeFloat = Number(sizing.profit) * valuer.rateFloat(cycle.base);
  const { hops: pricedHops, amountIn, amountOut, profit } = priced(cycle, sizing);
  return { cycle, hops: pricedHops, amountIn, amountOut, profit, profitNativeFloat, marginal, verdict };
}

/** The cycle of `edges[0 .. hops)`: it costs as much as its sizing, and what paid once often pays again. */
function cycleOf({ cycles, scan, edges }: Built, count: number): Cycle {
  const key = edges.subarray(0, count).join();
  const known = cycles.get(key);
  if (known !== undefined) return known;
  if (cycles.size >= MOST_CYCLES) cycles.clear();
  const hops = [...edges.subarray(0, count)].map((edge) => {
    const pool = scan.parts.index.pools[edge >> 1];
    if (pool === undefined) throw new Error(`edge ${edge} of a ranked cycle has no pool`);
    return hopOf(pool, edge % 2 === 0);
  });
  const cycle: Cycle = { id: cycleId(hops), base: hops[0]?.tokenIn ?? "0x", hops };
  cycles.set(key, cycle);
  return cycle;
}

function search(
  built: Built,
  options: ScanSearchOptions,
  { view, changed, hints = [], whatIf = false, expired = () => false }: SearchRequest,
  { valuer: { rateFloat }, most }: { readonly valuer: Valuer; readonly most: number },
): boolean {
  const { scan, stale } = built;
  const { index } = scan.parts;
  const bases = scan.baseRates.length;
  const request = {
    limit: most,
    leastFloat: Number(options.minProfit),
    expired,
    hints: hints.flatMap((hint) => edgesOfHint(index, bases, hint) ?? []),
    whatIf,
    effort: whatIf ? IMAGINED_EFFORT : Infinity,
  };
  takeRates(built, rateFloat);
  const asked = idsOf(scan, changed);
  const anew = changed === "all" || !built.loaded;
  // Whatever fails from here on, the next search finds nothing half done.
  built.loaded = false;
  let exact: boolean;
  if (anew) exact = scan.searchAnew({ stateOf: (pool) => view.stateOf(pool), rateFloat }, asked, request);
  else {
    if (whatIf) for (const id of asked) if (!stale.has(id)) stale.set(id, scan.parts.table.exactState(id));
    const others = [...stale.keys()].filter((id) => !asked.has(id));
    exact = scan.search(asked.size, request, takeStates(built, view, [...asked, ...others]));
  }
  built.loaded = true;
  if (anew || !whatIf) stale.clear();
  if (anew && whatIf) for (const id of asked) stale.set(id, null);
  // An imagined pool that has its real state again was heard by this search: it need not be read any more.
  for (const [id, real] of stale) if (real === scan.parts.table.exactState(id)) stale.delete(id);
  const { changed: quoted } = index.layout;
  for (let at = scan.heard; at < scan.asked; at++) stale.set(quoted[at] ?? 0, null);
  return exact;
}

function idsOf({ parts }: Scan, changed: readonly Address[] | "all"): ReadonlySet<number> {
  const { poolIds } = parts.index;
  if (changed === "all") return new Set(poolIds.values());
  return new Set(changed.flatMap((address) => poolIds.get(address) ?? []));
}

/** Lists pools as changed, and writes the states into the table that are new there; returns how many there are. */
function takeStates({ scan }: Built, view: StateView, ids: readonly number[]): number {
  const { index, table } = scan.parts;
  for (const [at, id] of ids.entries()) {
    index.layout.changed[at] = id;
    const state = view.stateOf(index.pools[id]?.address ?? "0x");
    if (state !== table.exactState(id)) table.set(id, state);
  }
  return ids.length;
}

/** Today's rates of the bases; when one has left those that the ladder was cut for, everything is loaded anew. */
function takeRates(built: Built, rateFloat: Valuer["rateFloat"]): void {
  const { baseRates, parts } = built.scan;
  for (const [base, token] of built.bases.entries()) {
    const rate = rateFloat(token);
    baseRates[base] = rate;
    const ratio = rate / (parts.prices[base] ?? rate);
    if (ratio > BASE_DRIFT || ratio < 1 / BASE_DRIFT) built.loaded = false;
  }
}
