import { createCandidates } from "./candidates.ts";
import { createHitReader, UNOPENED } from "./hitReader.ts";
import { createPoolChoice } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

/**
 * From hits to cycles of pools by branch and bound, greatest bound first: a hit has a bound over all its cycles of
 * tokens, each of these one over all choices of pools, each partial choice one over its rest; all in closed form. It
 * ends when no bound reaches the worst cycle that would be listed: then the list is exact. The first hits are
 * followed at once, so that there is an answer in hand.
 */
export interface Expansion {
  /** Forgets all hits. */
  start(): void;
  /** Takes in `count` hits of `layout.hits`; false when `expired` came first. */
  read(count: number, expired: () => boolean): boolean;
  /** Follows all that was read to its end; results in `ranked`. False when `expired` came first. */
  explore(expired: () => boolean): boolean;
}

const MOST_HOPS = 4;
/** Cycles of tokens explored between two looks at the clock: some tens of microseconds. */
const EXPLORED_AT_ONCE = 32;
/** Hits read between two looks at the clock; after the first few the best so far is priced, for a first cutoff. */
const HITS_AT_ONCE = 64;

export function createExpansion(parts: PoolChoiceParts): Expansion {
  const { layout, ranked } = parts;
  const candidates = createCandidates();
  const choice = createPoolChoice(parts);
  const reader = createHitReader({ ...parts, candidates });
  const lanes = new Int32Array(MOST_HOPS);

  const exploreNext = (): void => {
    const hops = candidates.take(lanes);
    if (hops === UNOPENED) reader.open(lanes[0] ?? 0);
    else choice.best(lanes, hops);
  };
  return {
    start: () => candidates.clear(),
    explore: (expired) => {
      for (let explored = 1; candidates.boundFloat >= ranked.cutoffFloat; explored++) {
        if (explored % EXPLORED_AT_ONCE === 0 && expired()) return false;
        exploreNext();
      }
      return true;
    },
    read: (count, expired) => {
      for (let hit = 0; hit < count; hit++) {
        reader.read(layout.hits[hit] ?? 0);
        if (hit % HITS_AT_ONCE !== 0) continue;
        // Down to the pools: a hit, its best cycle of tokens.
        for (let step = 0; step < 2; step++) if (candidates.boundFloat >= ranked.cutoffFloat) exploreNext();
        if (hit > 0 && expired()) return false;
      }
      return true;
    },
  };
}
