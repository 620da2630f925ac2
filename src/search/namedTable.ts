import type { Opportunity } from "./opportunity.ts";
import type { Leg } from "./leg.ts";
import type { Estimate } from "./sizing.ts";

/** Most hops of a cycle that is named from outside; the search itself may stop earlier. */
export const MOST_NAMED_HOPS = 6;

/** A cycle that was named from outside, as edges (see `Graph`) from where it starts. */
export interface NamedCycle {
  readonly edges: readonly number[];
  /** The same for the same directed cycle, wherever it starts. */
  readonly key: string;
  /** Of those that are to be priced at once, the higher ones come first: an estimate from 0 to 1. */
  scoreFloat: number;
  /** What its settled state gave when it was last priced. */
  known: KnownCycle | null;
  /** What came of it when the settled state was last looked at; null: not yet. */
  outcome: NamedOutcome | null;
}

export interface KnownCycle {
  /** As long as these are the pools' own, no pool of it has moved. */
  readonly legs: readonly Leg[];
  readonly estimate: Estimate | null;
  /** Undefined: not sized yet. Null: no integer size pays. */
  opportunity: Opportunity | null | undefined;
  /** Count of looks at the settled state at which it was priced. */
  readonly look: number;
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

/** Named cycles in one flat table, so that thousands are screened in a fraction of a millisecond. */
export interface NamedTable {
  add(cycle: NamedCycle): void;
  remove(cycle: NamedCycle): void;
  clear(): void;
  /** In no order. */
  readonly cycles: readonly NamedCycle[];
  /** Pools that they cross. */
  pools(): Iterable<number>;
  /** Product of the after-fee rates at size zero, of the cycle at this place: an estimate; 0 without a price. */
  marginalFloat(place: number, rates: Float64Array): number;
  crosses(place: number, pools: ReadonlySet<number>): boolean;
}

const FIRST_PLACES = 64;

export function createNamedTable(): NamedTable {
  const cycles: NamedCycle[] = [];
  const places = new Map<NamedCycle, number>();
  const uses = new Map<number, number>();
  /** Of the cycle at place `p` from `p * MOST_NAMED_HOPS` on, closed by -1 where it is shorter. */
  let edges: Int32Array = new Int32Array(FIRST_PLACES * MOST_NAMED_HOPS);

  const put = (cycle: NamedCycle, place: number): void => {
    cycles[place] = cycle;
    places.set(cycle, place);
    for (let hop = 0; hop < MOST_NAMED_HOPS; hop++)
      edges[place * MOST_NAMED_HOPS + hop] = cycle.edges[hop] ?? -1;
  };
  return {
    cycles,
    add: (cycle) => {
      const place = cycles.length;
      if ((place + 1) * MOST_NAMED_HOPS > edges.length) edges = grown(edges);
      put(cycle, place);
      count(uses, cycle, 1);
    },
    remove: (cycle) => {
      const place = places.get(cycle);
      const last = cycles.at(-1);
      if (place === undefined || last === undefined) return;
      put(last, place);
      cycles.pop();
      places.delete(cycle);
      count(uses, cycle, -1);
    },
    clear: () => {
      cycles.length = 0;
      places.clear();
      uses.clear();
    },
    pools: () => uses.keys(),
    marginalFloat: (place, rates) => {
      let product = 1;
      for (let at = place * MOST_NAMED_HOPS; at < (place + 1) * MOST_NAMED_HOPS; at++) {
        const edge = edges[at] ?? -1;
        if (edge < 0) break;
        product *= rates[edge] ?? 0;
      }
      return product;
    },
    crosses: (place, pools) => {
      for (let at = place * MOST_NAMED_HOPS; at < (place + 1) * MOST_NAMED_HOPS; at++) {
        const edge = edges[at] ?? -1;
        if (edge < 0) return false;
        if (pools.has(edge >> 1)) return true;
      }
      return false;
    },
  };
}

function grown(edges: Int32Array): Int32Array {
  const larger = new Int32Array(edges.length * 2);
  larger.set(edges);
  return larger;
}

/** How many of the cycles cross each pool. */
function count(uses: Map<number, number>, { edges }: NamedCycle, by: number): void {
  for (const edge of edges) {
    const left = (uses.get(edge >> 1) ?? 0) + by;
    if (left === 0) uses.delete(edge >> 1);
    else uses.set(edge >> 1, left);
  }
}
