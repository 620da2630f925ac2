import type { Pool } from "../../chain/types.ts";
import { createExpansion } from "./expansion.ts";
import type { Expansion } from "./expansion.ts";
import { createEnvelopes } from "./envelopes.ts";
import type { Envelopes } from "./envelopes.ts";
import { createRanked } from "./ranked.ts";
import type { Ranked } from "./ranked.ts";
import { createScanParts, loadAll } from "./scanParts.ts";
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
  /** Takes every pool's state; then searches the cycles through these pools, as `search` does. */
  searchAnew(view: PricedView, pools: Iterable<number>, request: ScanRequest): boolean;
  /**
   * Searches the cycles through the first `count` pools of `layout.changed`, whose states were set in the table since
   * the last search: each pool once. True when the list is exact: all that is worth `leastFloat`, or the best of it.
   */
  search(count: number, request: ScanRequest): boolean;
}

/** Tokens priced anew in one search, at most: each needs new quotes of all its pools. */
const REPRICED_AT_ONCE = 4;

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
    searchAnew: (view, changed, request) => {
      loadAll(parts, options, view);
      const { count, all } = listAll(work, changed);
      return find(work, count, all, request);
    },
    search: (count, request) => find(work, count, quoteChanged(work, count), request),
  };
}

interface Work {
  readonly parts: ScanParts;
  readonly envelopes: Envelopes;
  readonly ranked: Ranked;
  readonly expansion: Expansion;
  readonly baseRates: Float64Array;
  /** By pool: 1 while its change is searched for. */
  readonly fresh: Uint8Array;
  /** By pool: 1 while it is in `changed`. */
  readonly listed: Uint8Array;
  hits: number;
}

function createWork(parts: ScanParts, { bases, ladder }: ScanPartsOptions): Work {
  const { index, table, optimum, prices, tokenIn } = parts;
  const { layout } = index;
  const { terms } = table.curves;
  const envelopes = createEnvelopes(layout, table);
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
    envelopes,
    expansion: createExpansion({
      layout,
      ladder,
      prices,
      terms,
      envelopes,
      baseRates,
      worthFloat,
      ranked,
      fresh,
    }),
    baseRates,
    fresh,
    listed: new Uint8Array(layout.pools),
    hits: 0,
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

/** Quotes the changed pools, and after them those whose tokens have new reference prices; returns how many. */
function quoteChanged({ parts, listed }: Work, count: number): number {
  const { index, table, references, drift } = parts;
  const { changed } = index.layout;
  if (references === null || drift === null) throw new Error("the scan has no states yet");
  for (let at = 0; at < count; at++) {
    const pool = changed[at] ?? 0;
    listed[pool] = 1;
    drift.look(pool);
  }
  let all = count;
  for (let repriced = 0; repriced < REPRICED_AT_ONCE; repriced++) {
    const token = drift.repriceNext();
    if (token < 0) break;
    for (let at: number = references.first[token] ?? 0; at < (references.first[token + 1] ?? 0); at++) {
      const pool = (references.edges[at] ?? 0) >> 1;
      if (listed[pool] === 1) continue;
      listed[pool] = 1;
      changed[all++] = pool;
    }
  }
  for (let at = 0; at < all; at++) {
    const pool = changed[at] ?? 0;
    listed[pool] = 0;
    table.quote(pool);
  }
  return all;
}

/** `count` pools are what is asked for; the screen hears of `quoted`. */
function find(work: Work, count: number, quoted: number, request: ScanRequest): boolean {
  const { parts, ranked, envelopes, expansion, fresh } = work;
  const { changed } = parts.index.layout;
  for (let at = 0; at < quoted; at++) envelopes.take(changed[at] ?? 0);
  for (let at = 0; at < quoted; at++) envelopes.refresh(changed[at] ?? 0);
  ranked.start(request.limit, request.leastFloat);
  work.hits = parts.kernel.scan(quoted);
  if (work.hits === 0) return true;
  for (let at = 0; at < count; at++) fresh[changed[at] ?? 0] = 1;
  const complete = expansion.run(work.hits, request.expired);
  for (let at = 0; at < count; at++) fresh[changed[at] ?? 0] = 0;
  return complete;
}
