import type { Address, Pool } from "../../chain/types.ts";
import { createExpansion } from "./expansion.ts";
import type { Expansion } from "./expansion.ts";
import type { WorthFloat } from "./poolChoice.ts";
import { createRanked } from "./ranked.ts";
import type { Ranked } from "./ranked.ts";
import { createScanParts, joinPool, leavePool, loadAll } from "./scanParts.ts";
import type { PricedView, ScanParts, ScanPartsOptions } from "./scanParts.ts";

/** Longest list that a search can be asked for. */
export const MOST_RANKED = 64;

export interface ScanRequest {
  /** Longest answer, at most MOST_RANKED. */
  readonly limit: number;
  /** Wei of native, at least the ladder's least profit for a complete answer: cycles worth less are left out. */
  readonly leastFloat: number;
  /** Asked now and then; once true, the answer is what was found so far. */
  readonly expired: () => boolean;
  /** Partial choices of pools that are followed, at most, the most promising first; default: all that may lead to more. */
  readonly effort?: number;
  /** Cycles of edges from their first base, priced before the screen; those through no asked pool are passed over. */
  readonly hints?: readonly Int32Array[];
  /** The states are imagined: they move no reference price. */
  readonly whatIf?: boolean;
}

/**
 * The hot path of the search, by pool id: pools in, ranked cycles of edges out. Nothing is allocated between
 * `load`s.
 */
export interface Scan {
  readonly parts: ScanParts;
  /** The answer of the last search, best first; worth in wei of native, estimates. */
  readonly ranked: Ranked;
  /** By base, in the order of the options: wei of native per raw unit today; NaN is not known. */
  readonly baseRates: Float64Array;
  /** Hits of the last screen. */
  readonly hits: number;
  /** The last screen ran out of time before `layout.changed[heard .. asked)`: these have to be listed once more. */
  readonly heard: number;
  readonly asked: number;
  /** Takes every pool's state; then searches the cycles through these pools, as `search` does. */
  searchAnew(view: PricedView, pools: Iterable<number>, request: ScanRequest): boolean;
  /**
   * Searches the cycles through the first `asked` pools of `layout.changed`; the first `listed` (default: no more) are
   * all whose states were set in the table since the last search, each once. True when the answer is exact: all that
   * is worth `leastFloat`, or the best of it.
   */
  search(asked: number, request: ScanRequest, listed?: number): boolean;
  /**
   * Takes in a pool and its cycles; returns its id, which may have been that of a pool that left. It has no state: it is to be
   * listed in the next search. Null where there is no room: then this scan is of no more use.
   */
  join(pool: Pool): number | null;
  /** Lets a pool go; returns the id that it had, null when it was not there. */
  leave(pool: Address): number | null;
}

/** Tokens priced anew in one search, at most: each needs new quotes of all its pools. */
const REPRICED_AT_ONCE = 4;
/** Pools screened between two looks at the clock: a millisecond. A block changes fewer. */
const SCREENED_AT_ONCE = 512;

export function createScan(pools: readonly Pool[], options: ScanPartsOptions): Scan {
  const parts = createScanParts(pools, options);
  const work = createWork(parts, options);
  return {
    parts,
    ranked: work.ranked,
    baseRates: work.baseRates,
    get hits() {
      return work.hits;
    },
    get heard() {
      return work.heard;
    },
    get asked() {
      return work.asked;
    },
    searchAnew: (view, changed, request) => {
      loadAll(parts, options, view);
      const { count, all } = listAll(work, changed);
      work.asked = count;
      return find(work, all, request);
    },
    search: (asked, request, listed = asked) => {
      const { changed } = parts.index.layout;
      const quoted = request.whatIf === true ? listed : addRepriced(work, asked, listed);
      for (let at = 0; at < quoted; at++) parts.table.quote(changed[at] ?? 0);
      work.asked = asked;
      return find(work, quoted, request);
    },
    join: (pool) => joinPool(parts, pool),
    leave: (pool) => leavePool(parts, pool),
  };
}

interface Work {
  readonly parts: ScanParts;
  readonly ranked: Ranked;
  readonly expansion: Expansion;
  readonly baseRates: Float64Array;
  /** By pool: 1 while its change is searched for. */
  readonly fresh: Uint8Array;
  /** By pool: 1 while it is in `changed`. */
  readonly listed: Uint8Array;
  /** What the cycle `edges[0 .. hops)` earns at its best size, in wei of native. */
  readonly worthFloat: WorthFloat;
  hits: number;
  heard: number;
  asked: number;
}

function createWork(parts: ScanParts, { bases, ladder }: ScanPartsOptions): Work {
  const { index, optimum, prices, tokenIn } = parts;
  const { layout } = index;
  const ranked = createRanked(MOST_RANKED);
  const fresh = new Uint8Array(layout.pools);
  const baseRates = new Float64Array(bases.length).fill(NaN);
  const worthFloat = (edges: Int32Array, hops: number): number => {
    const base = tokenIn[edges[0] ?? 0] ?? 0;
    return optimum.profitFloat(edges, 0, hops) * ((baseRates[base] ?? NaN) / (prices[base] ?? 1));
  };
  return {
    parts,
    ranked,
    expansion: createExpansion({ layout, ladder, prices, baseRates, worthFloat, ranked, fresh }),
    baseRates,
    fresh,
    listed: new Uint8Array(layout.pools),
    worthFloat,
    hits: 0,
    heard: 0,
    asked: 0,
  };
}

/** Lists all pools as changed, these first; returns how many these are, and how many all. */
function listAll({ parts, listed }: Work, first: Iterable<number>): { count: number; all: number } {
  const { changed } = parts.index.layout;
  let all = 0;
  for (const pool of first) {
    listed[pool] = 1;
    changed[all++] = pool;
  }
  const count = all;
  for (const pool of parts.index.poolIds.values()) {
    if (listed[pool] === 0) changed[all++] = pool;
    listed[pool] = 0;
  }
  return { count, all };
}

/**
 * Adds to the first `listed` changed pools those whose tokens get new reference prices, by what the first `asked`
 * show; returns how many there are now.
 */
function addRepriced({ parts, listed: isListed }: Work, asked: number, listed: number): number {
  const { index, references, drift } = parts;
  const { changed } = index.layout;
  if (references === null || drift === null) throw new Error("the scan has no states yet");
  for (let at = 0; at < listed; at++) isListed[changed[at] ?? 0] = 1;
  for (let at = 0; at < asked; at++) drift.look(changed[at] ?? 0);
  let all = listed;
  for (let repriced = 0; repriced < REPRICED_AT_ONCE; repriced++) {
    const token = drift.repriceNext();
    if (token < 0) break;
    for (let at: number = references.first[token] ?? 0; at < (references.end[token] ?? 0); at++) {
      const pool = (references.edges[at] ?? 0) >> 1;
      if (isListed[pool] === 1) continue;
      isListed[pool] = 1;
      changed[all++] = pool;
    }
  }
  for (let at = 0; at < all; at++) isListed[changed[at] ?? 0] = 0;
  return all;
}

/** Only the first pools are asked for; the screen hears of all that were quoted. */
function find(work: Work, quoted: number, request: ScanRequest): boolean {
  const { parts, ranked, expansion, fresh, asked } = work;
  const { changed } = parts.index.layout;
  ranked.start(request.limit, request.leastFloat);
  expansion.start();
  for (let at = 0; at < asked; at++) fresh[changed[at] ?? 0] = 1;
  try {
    for (const edges of request.hints ?? []) offerHint(work, edges);
    const screened = screen(work, quoted, request.expired);
    // Also when time is out: until there is an answer in hand.
    return expansion.explore(request.expired, request.effort ?? Infinity) && screened;
  } finally {
    for (let at = 0; at < asked; at++) fresh[changed[at] ?? 0] = 0;
  }
}

function offerHint({ ranked, fresh, worthFloat }: Work, edges: Int32Array): void {
  if (!edges.some((edge) => fresh[edge >> 1] === 1)) return;
  ranked.offer(edges, edges.length, worthFloat(edges, edges.length));
}

/**
 * Screens what is asked for, and reads the hits; false when time ran out. Many pools are screened in parts: a cycle that
 * pays is hit in the part with its last changed pool, where the others' new rates are in.
 */
function screen(work: Work, quoted: number, expired: () => boolean): boolean {
  const { parts, expansion, asked } = work;
  work.hits = 0;
  work.heard = 0;
  if (quoted > asked) parts.kernel.take(asked, quoted);
  while (work.heard < asked) {
    if (work.heard > 0 && expired()) return false;
    const end = Math.min(work.heard + SCREENED_AT_ONCE, asked);
    const hits = parts.kernel.scan(work.heard, end);
    work.heard = end;
    work.hits += hits;
    expansion.read(hits);
  }
  return true;
}
