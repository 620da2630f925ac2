import type { Address } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { compareByValue } from "../search/ranking.ts";
import type { Search, SearchRequest } from "../search/search.ts";

export interface BookUpdate {
  /** What pays now through a pool that changed. */
  readonly fresh: readonly Opportunity[];
  readonly looked: number;
  /** False: the deadline came first; only what was seen by then is in. */
  readonly complete: boolean;
  /** Pools through which more pays than is in `fresh`, all of it worth less: see `SearchAnswer`. */
  readonly unlisted: readonly Address[];
}

/**
 * What pays in the settled state: of each block the best through the pools that it changed, down to the limit. The
 * others stand as they were, since no pool of theirs moved. Nothing that was cut off is lost: its pools are searched
 * again with the blocks that follow, while their cycles pay.
 */
export interface OpenBook {
  update(view: StateView, changed: readonly Address[] | "all", options?: UpdateOptions): BookUpdate;
  /** Best first at the prices of their finding, in one order for every run. */
  all(): readonly Opportunity[];
}

export type UpdateOptions = Pick<SearchRequest, "expired" | "enough">;

/** Pools of cut lists that are searched again with one block, at most. */
const MOST_SWEPT = 32;
/** Of these the very best come first: a plan holds few, and the others wait on. */
const SWEPT_SHARE = 4;

interface Memory {
  readonly search: Search;
  readonly limit: number;
  /** Pools of cut lists, those that wait longest first. */
  readonly cut: Set<Address>;
  /** Pools swept at once: fewer where one pool's cycles would crowd out those of the others. */
  width: number;
  ranked: readonly Opportunity[];
}

/** `limit`: so many opportunities of one search are sized and listed; default: all. */
export function createOpenBook(search: Search, limit = Infinity): OpenBook {
  const memory: Memory = { search, limit, cut: new Set(), width: MOST_SWEPT, ranked: [] };
  return {
    update: (view, changed, options = {}) => {
      const answer = search.run({ view, changed, atRest: true, limit, ...options });
      const { opportunities, looked, complete, unlisted } = answer;
      const stand = untouched(memory.ranked, changed);
      const swept = complete ? sweep(memory, view, changed, options) : [];
      // Lists in order, one behind the other: the sort merges them in one pass.
      memory.ranked = once([...stand, ...swept, ...opportunities]).toSorted(compareByValue);
      for (const pool of unlisted) memory.cut.add(pool);
      return { fresh: opportunities, looked, complete, unlisted };
    },
    all: () => memory.ranked,
  };
}

/** Searches some pools of cut lists again: what pays through them now, beside those that were searched just now. */
function sweep(
  memory: Memory,
  view: StateView,
  searched: readonly Address[] | "all",
  options: UpdateOptions,
): readonly Opportunity[] {
  const { search, cut } = memory;
  const limit = Math.ceil(memory.limit / SWEPT_SHARE);
  if (searched === "all") cut.clear();
  else for (const pool of searched) cut.delete(pool);
  if (cut.size === 0 || options.expired?.() === true) return [];
  const pools = firstOf(cut, memory.width);
  const answer = search.run({ view, changed: pools, atRest: true, limit, ...options });
  if (!answer.complete) return answer.opportunities;
  for (const pool of pools) cut.delete(pool);
  for (const pool of answer.unlisted) cut.add(pool);
  const crowded = answer.unlisted.length > 0;
  memory.width = crowded ? Math.max(1, memory.width >> 1) : Math.min(MOST_SWEPT, memory.width * 2);
  return answer.opportunities;
}

function firstOf(pools: Iterable<Address>, count: number): readonly Address[] {
  const first: Address[] = [];
  for (const pool of pools) {
    if (first.length === count) break;
    first.push(pool);
  }
  return first;
}

function untouched(
  opportunities: readonly Opportunity[],
  changed: readonly Address[] | "all",
): readonly Opportunity[] {
  if (changed === "all") return [];
  const moved = new Set(changed);
  return opportunities.filter(({ hops }) => !hops.some(({ pool }) => moved.has(pool)));
}

/** A cycle that was found twice is the same both times: no pool of it moved in between. */
const once = (opportunities: readonly Opportunity[]): readonly Opportunity[] => [
  ...new Map(opportunities.map((opportunity) => [opportunity.cycle.id, opportunity])).values(),
];
