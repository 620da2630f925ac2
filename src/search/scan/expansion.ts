import { createCandidates } from "./candidates.ts";
import { createHitReader } from "./hitReader.ts";
import { createPoolChoice } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

/**
 * From hits to cycles of pools. Each cycle of tokens in the hits gets an upper bound in closed form; then branch and
 * bound, greatest bound first, until no bound reaches the worst cycle that would be listed: then the list is exact.
 * The best cycle of each of the first hits is priced at once, so that there is an answer in hand.
 */
export interface Expansion {
  /** `count` hits of `layout.hits`; results in `ranked`. False when `expired` came first. */
  run(count: number, expired: () => boolean): boolean;
}

const MOST_HOPS = 4;
/** Cycles of tokens explored between two looks at the clock: some tens of microseconds. */
const EXPLORED_AT_ONCE = 32;
/** Hits read between two looks at the clock; after the first few the best so far is priced, for a first cutoff. */
const HITS_AT_ONCE = 16;

export function createExpansion(parts: PoolChoiceParts): Expansion {
  const { layout, ranked } = parts;
  const candidates = createCandidates();
  const choice = createPoolChoice(parts);
  const reader = createHitReader({ ...parts, candidates });
  const lanes = new Int32Array(MOST_HOPS);

  const exploreNext = (): void => {
    const hops = candidates.take(lanes);
    choice.best(lanes, hops);
  };
  const explore = (expired: () => boolean): boolean => {
    for (let explored = 1; candidates.boundFloat >= ranked.cutoffFloat; explored++) {
      if (explored % EXPLORED_AT_ONCE === 0 && expired()) return false;
      exploreNext();
    }
    return true;
  };
  return {
    run: (count, expired) => {
      candidates.clear();
      for (let hit = 0; hit < count; hit++) {
        reader.read(layout.hits[hit] ?? 0);
        if (hit % HITS_AT_ONCE !== 0) continue;
        if (candidates.boundFloat >= ranked.cutoffFloat) exploreNext();
        if (hit > 0 && expired()) return false;
      }
      return explore(expired);
    },
  };
}
