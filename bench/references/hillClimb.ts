import type { Size, SizingLeg } from "./sizing.ts";
import { exactChain, exactHop, inputBeyondPeak } from "./sizing.ts";

const STARTS = 7;

/**
 * Hill climbing in exact integers: from the best of seven starts, a decade apart, a step up or down is taken where it
 * earns more and then doubled; where neither does, the step is halved, down to one unit. It stops on the first top
 * that it meets, and knows nothing of the pools' formulas.
 */
export function hillClimb(legs: readonly SizingLeg[]): Size | null {
  const out = exactChain(legs.map(exactHop));
  let amountIn = inputBeyondPeak(legs, out) / 2n;
  let profit = out(amountIn) - amountIn;
  for (let i = 1, start = amountIn / 10n; i < STARTS && start > 0n; i++, start /= 10n) {
    const gain = out(start) - start;
    if (gain > profit) [amountIn, profit] = [start, gain];
  }
  for (let step = amountIn; step > 0n;) {
    const up = amountIn + step;
    const upGain = out(up) - up;
    if (upGain > profit) {
      [amountIn, profit] = [up, upGain];
      step *= 2n;
      continue;
    }
    const down = amountIn - step;
    const downGain = down > 0n ? out(down) - down : profit;
    if (downGain > profit) {
      [amountIn, profit] = [down, downGain];
      step *= 2n;
    } else step /= 2n;
  }
  return profit > 0n ? { amountIn, profit } : null;
}
