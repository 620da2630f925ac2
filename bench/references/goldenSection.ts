import type { Size, SizingLeg } from "./sizing.ts";
import { exactChain, exactHop, inputBeyondPeak } from "./sizing.ts";

const SCALE = 1_000_000_000n;
/** 1 - 1/phi */
const SHORT = 381_966_011n;

/**
 * Golden-section search in exact integers, down to one unit: as the ternary search, with one new quote a round
 * instead of two. The best of all that it asked is the answer; blind to the staircase all the same.
 */
export function goldenSection(legs: readonly SizingLeg[]): Size | null {
  const out = exactChain(legs.map(exactHop));
  let low = 1n;
  let high = inputBeyondPeak(legs, out);
  const shortOf = () => ((high - low) * SHORT) / SCALE;
  let left = low + shortOf();
  let right = high - shortOf();
  let leftGain = out(left) - left;
  let rightGain = out(right) - right;
  let amountIn = 0n;
  let profit = 0n;
  for (;;) {
    const rises = leftGain < rightGain;
    const gain = rises ? rightGain : leftGain;
    if (gain > profit) [amountIn, profit] = [rises ? right : left, gain];
    if (high - low <= 3n) break;
    if (rises) {
      low = left;
      [left, leftGain] = [right, rightGain];
      right = high - shortOf();
      rightGain = out(right) - right;
    } else {
      high = right;
      [right, rightGain] = [left, leftGain];
      left = low + shortOf();
      leftGain = out(left) - left;
    }
  }
  for (let at = low; at <= high; at++) {
    const gain = out(at) - at;
    if (gain > profit) [amountIn, profit] = [at, gain];
  }
  return profit > 0n ? { amountIn, profit } : null;
}
