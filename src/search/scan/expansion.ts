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
  /** Takes in `count` hits of `layout.hits`. */
  read(count: number): void;
  /**
   * Follows all that was read to its end; results in `ranked`. False when `expired` came first, or `effort` partial
   * choices were followed.
   */
  explore(expired: () => boolean, effort: number): boolean;
}

/** Steps that are taken for a first answer whatever the time: it was found within 650, in eight milliseconds. */
const STEPS_FOR_FIRST = 1024;

export function createExpansion(parts: PoolChoiceParts): Expansion {
  const { ranked } = parts;
  const { cutoffFloat } = ranked;
  const candidates = createCandidates();
  const { boundFloat } = candidates;
  const choice = createPoolChoice(parts);
  const reader = createHitReader({ ...parts, candidates });
  const lanes = new Int32Array(SCAN_HOPS);

  /** The hit that was followed first: it stands in the candidates still. */
  let opened = -1;

  const follow = (hit: number): void => {
    const hops = reader.open(hit);
    if (hops > 0) choice.best(reader.best, hops);
  };
  const followFirst = (): void => {
    opened = reader.first;
    if (opened >= 0) follow(opened);
  };
  const followNext = (): void => {
    const hops = candidates.take(lanes);
    const hit = lanes[0] ?? 0;
    if (hops !== UNOPENED) choice.best(lanes, hops);
    else if (hit !== opened) follow(hit);
  };
  return {
    start: () => {
      candidates.clear();
      reader.start();
      opened = -1;
    },
    explore: (expired, effort) => {
      choice.followed[0] = 0;
      followFirst();
      for (let step = 1; (boundFloat[0] ?? -1) >= (cutoffFloat[0] ?? 0); step++) {
        // With an answer in hand time is looked at each time.
        const bounded = ranked.count > 0 || step > STEPS_FOR_FIRST;
        if (bounded && ((choice.followed[0] ?? 0) > effort || expired())) return false;
        followNext();
      }
      return true;
    },
    read: (count) => reader.read(count),
  };
}
