import type { Address } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { compareByValue } from "../search/ranking.ts";
import type { Search } from "../search/search.ts";

export interface BookUpdate {
  /** What pays now through a pool that changed. */
  readonly fresh: readonly Opportunity[];
  readonly looked: number;
  /** False: the deadline came first; only what was seen by then is in. */
  readonly complete: boolean;
}

/**
 * All that pays in the settled state. Only the cycles through changed pools are searched again: the others stand
 * as they were, since no pool of theirs moved.
 */
export interface OpenBook {
  update(view: StateView, changed: readonly Address[] | "all", expired?: () => boolean): BookUpdate;
  /** Best first at the prices of their finding, in one order for every run. */
  all(): readonly Opportunity[];
}

export function createOpenBook(search: Search): OpenBook {
  let ranked: readonly Opportunity[] = [];
  return {
    update: (view, changed, expired) => {
      const { opportunities, looked, complete } = search.run({
        view,
        changed,
        atRest: true,
        ...(expired === undefined ? {} : { expired }),
      });
      // Two lists in order, one behind the other: the sort merges them in one pass.
      ranked = [...untouched(ranked, changed), ...opportunities].toSorted(compareByValue);
      return { fresh: opportunities, looked, complete };
    },
    all: () => ranked,
  };
}

function untouched(
  opportunities: readonly Opportunity[],
  changed: readonly Address[] | "all",
): readonly Opportunity[] {
  if (changed === "all") return [];
  const moved = new Set(changed);
  return opportunities.filter(({ hops }) => !hops.some(({ pool }) => moved.has(pool)));
}
