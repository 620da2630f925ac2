import type { Size, SizingLeg } from "./sizing.ts";
import { exactChain, exactHop, inputBeyondPeak } from "./sizing.ts";

/**
 * Ternary search in exact integers, down to one unit: each round asks at a third and at two thirds and drops the
 * third that cannot hold the peak. The best of all that it asked is the answer. Deliberately blind to the integer
 * staircase (a peak between two flat steps can be missed) and to the pools' formulas: it only asks for quotes.
 */
export function ternary(legs: readonly SizingLeg[]): Size | null {
  const out = exactChain(legs.map(exactHop));
  let low = 1n;
  let high = inputBeyondPeak(legs, out);
  let amountIn = 0n;
  let profit = 0n;
  while (low <= high) {
    const third = (high - low) / 3n;
    const left = low + third;
    const right = high - third;
    const leftGain = out(left) - left;
    const rightGain = out(right) - right;
    if (leftGain < rightGain) {
      low = left + 1n;
      if (rightGain > profit) [amountIn, profit] = [right, rightGain];
    } else {
      high = right - 1n;
      if (leftGain > profit) [amountIn, profit] = [left, leftGain];
    }
  }
  return profit > 0n ? { amountIn, profit } : null;
}
