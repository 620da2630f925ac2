import type { PoolState } from "../amm/poolState.ts";
import { segments } from "../amm/segments.ts";
import { spotRateFloat } from "./rates.ts";

/** A price is as firm as what the pool gives before it has moved by this factor. */
const NEAR = 1.02;
/** Segments asked for at first: they mostly reach that far. */
const FIRST_SEGMENTS = 2;

/**
 * Raw units that a pool gives while its price worsens by 2 %: an estimate. Whoever wants a false price to count has
 * to offer that much at it; virtual reserves would do with a sliver of liquidity.
 */
export function nearDepthFloat(state: PoolState, zeroForOne: boolean): number {
  const worstFloat = spotRateFloat(state, zeroForOne) / (1 - state.feePpm / 1e6) / NEAR;
  let asked = FIRST_SEGMENTS;
  let ahead = segments(state, zeroForOne, asked);
  let depthFloat = 0;
  for (let index = 0; ; index++) {
    if (index === asked) {
      asked *= 4;
      ahead = segments(state, zeroForOne, asked);
    }
    const segment = ahead[index];
    if (segment === undefined) return depthFloat;
    const { reserveInFloat, reserveOutFloat, feeFactorFloat, maxInFloat } = segment;
    const wayFloat = reserveOutFloat / reserveInFloat / worstFloat;
    if (!(wayFloat > 1)) return depthFloat;
    const inFloat = Math.min(maxInFloat * feeFactorFloat, reserveInFloat * (Math.sqrt(wayFloat) - 1));
    depthFloat += (reserveOutFloat * inFloat) / (reserveInFloat + inFloat);
  }
}
