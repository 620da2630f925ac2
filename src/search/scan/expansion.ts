import { createCandidates } from "./candidates.ts";
import { createHitReader } from "./hitReader.ts";
import { createPoolChoice } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

/**
 * From hits to cycles of pools. First the answer in hand: of each hit the cycle that looks best at the ladder's own
 * sizes, its pools chosen at once. Then branch and bound over all cycles of tokens in the hits, greatest bound
 * first, until no bound reaches the worst cycle that would be listed: then the list is exact.
 */
export interface Expansion {
  /** `count` hits of `layout.hits`; results in `ranked`. False when `expired` came first. */
  run(count: number, expired: () => boolean): boolean;
}

const MOST_HOPS = 4;
/** Cycles of tokens explored between two looks at the clock: some tens of microseconds. */
const EXPLORED_AT_ONCE = 32;
/** Hits read between two looks at the clock. */
const HITS_AT_ONCE = 64;

export function createExpansion(parts: PoolChoiceParts): Expansion {
  const { layout, ranked } = parts;
  const candidates = createCandidates();
  const choice = createPoolChoice(parts);
  const reader = createHitReader({ ...parts, candidates, choice });
  const lanes = new Int32Array(MOST_HOPS);

  const explore = (expired: () => boolean): boolean => {
    for (let explored = 1; candidates.boundFloat >= ranked.boundCutoffFloat; explored++) {
      if (explored % EXPLORED_AT_ONCE === 0 && expired()) return false;
      const hops = candidates.take(lanes);
      choice.best(lanes, hops);
    }
    return true;
  };
  return {
    run: (count, expired) => {
      candidates.clear();
      for (let hit = 0; hit < count; hit++) {
        if (hit % HITS_AT_ONCE === HITS_AT_ONCE - 1 && expired()) return false;
        reader.read(layout.hits[hit] ?? 0);
      }
      return explore(expired);
    },
  };
}
