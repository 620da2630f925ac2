import { createCandidates } from "./candidates.ts";
import { createHitReader, UNOPENED } from "./hitReader.ts";
import { SCAN_HOPS } from "./layout.ts";
import { createPoolChoice } from "./poolChoice.ts";
import type { PoolChoiceParts } from "./poolChoice.ts";

/**
 * From hits to cycles of pools by branch and bound, greatest bound first: a hit has a bound over all its cycles of
 * tokens, each of these one over all choices of pools, each partial choice one over its rest; all in closed form. It
 * ends when no bound reaches the worst cycle that would be listed: then the list is exact.
 */
export interface Expansion {
  /** Forgets all hits. */
  start(): void;
  /** Takes in `count` hits of `layout.hits`; false when `expired` came first. */
  read(count: number, expired: () => boolean): boolean;
  /** Follows all that was read to its end; results in `ranked`. False when `expired` came first. */
  explore(expired: () => boolean): boolean;
}

/** Steps that are taken for a first answer whatever the time: it was found within 650, in eight milliseconds. */
const STEPS_FOR_FIRST = 1024;
/** Hits read between two looks at the clock: some hundred microseconds. A block has fewer. */
const HITS_AT_ONCE = 1024;

export function createExpansion(parts: PoolChoiceParts): Expansion {
  const { layout, ranked } = parts;
  const { cutoffFloat } = ranked;
  const candidates = createCandidates();
  const { boundFloat } = candidates;
  const choice = createPoolChoice(parts);
  const reader = createHitReader({ ...parts, candidates });
  const lanes = new Int32Array(SCAN_HOPS);

  /** The hit that was followed first: it stands in the candidates still. */
  let opened = -1;

  const follow = (hops: number): void => {
    if (hops !== UNOPENED) choice.best(lanes, hops);
    else if (reader.open(lanes[0] ?? 0)) choice.best(reader.best, SCAN_HOPS);
  };
  const followFirst = (): void => {
    if ((reader.firstFloat[0] ?? 0) === 0) return;
    lanes.set(reader.first);
    const hops = reader.firstHops[0] ?? 0;
    if (hops === UNOPENED) opened = lanes[0] ?? 0;
    follow(hops);
  };
  const followNext = (): void => {
    const hops = candidates.take(lanes);
    if (hops !== UNOPENED || lanes[0] !== opened) follow(hops);
  };
  return {
    start: () => {
      candidates.clear();
      reader.start();
      opened = -1;
    },
    explore: (expired) => {
      followFirst();
      for (let step = 1; (boundFloat[0] ?? -1) >= (cutoffFloat[0] ?? 0); step++) {
        // With an answer in hand time is looked at each time.
        if ((ranked.count > 0 || step > STEPS_FOR_FIRST) && expired()) return false;
        followNext();
      }
      return true;
    },
    read: (count, expired) => {
      for (let hit = 0; hit < count; hit++) {
        if (hit % HITS_AT_ONCE === HITS_AT_ONCE - 1 && expired()) return false;
        reader.read(layout.hits[hit] ?? 0);
      }
      return true;
    },
  };
}
