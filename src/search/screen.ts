import type { CycleTable } from "./cycles.ts";
import type { Rates } from "./rates.ts";

/** Floats may err by this much; a cycle at exactly 1 earns nothing. */
export const BREAK_EVEN = 1 - 1e-12;
/** Cycles screened between two looks at the clock: some tens of microseconds. */
const SCREENED_AT_ONCE = 2048;

/** Product of the after-fee rates at size zero: an estimate; 0 when a pool has no price. */
export function marginalFloat({ edges, stride }: CycleTable, cycle: number, rates: Rates): number {
  let product = 1;
  for (let at = cycle * stride; at < (cycle + 1) * stride; at++) {
    const edge = edges[at] ?? -1;
    if (edge < 0) break;
    product *= rates.rateFloat(edge);
  }
  return product;
}

export interface Screened {
  /** Cycles that may pay at some size, in the given order. */
  readonly cycles: readonly number[];
  readonly complete: boolean;
}

/**
 * Leaves out the cycles that pay at no size. Lossless: prices only get worse with size and integers only round
 * down, so a cycle that pays has a product above 1.
 */
export function screen(
  cycles: Int32Array,
  table: CycleTable,
  rates: Rates,
  expired: () => boolean,
): Screened {
  const promising: number[] = [];
  for (let i = 0; i < cycles.length; i++) {
    if (i % SCREENED_AT_ONCE === 0 && expired()) return { cycles: promising, complete: false };
    const cycle = cycles[i] ?? 0;
    if (marginalFloat(table, cycle, rates) > BREAK_EVEN) promising.push(cycle);
  }
  return { cycles: promising, complete: true };
}
