import { LEVELS } from "./ladder.ts";
import type { Ladder } from "./ladder.ts";
import type { Layout } from "./layout.ts";

/**
 * Writes what a cycle's rates must multiply to, by level, to be worth `times` the ladder's least profit, `times` >= 1:
 * the ladder's argument holds for any profit of at least its least one, with a margin that many times the threshold's.
 */
export function writeNeeded(needed: Float64Array, { thresholds }: Layout, times: number): void {
  needed[0] = thresholds[0] ?? 0;
  for (let level = 1; level < LEVELS; level++) {
    const margin = (thresholds[level] ?? 0) - 1;
    needed[level] = 1 + (margin > 0 ? times * margin : margin);
  }
}

/** How many times the ladder's least profit a cutoff is; `ratio`: today's value of the base over its reference price. */
export const timesLeast = (
  cutoffFloat: number,
  ratio: number,
  { minProfitFloat }: Pick<Ladder, "minProfitFloat">,
): number => Math.max(1, cutoffFloat / (ratio * minProfitFloat));
