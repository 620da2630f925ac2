import type { PoolState } from "../amm/poolState.ts";
import { createCurve } from "./curve.ts";
import { spotRateFloat } from "./rates.ts";

/** A price is as firm as what the pool gives before it has moved by this factor. */
const NEAR = 1.02;

/**
 * Raw units that a pool gives while its price worsens by 2 %: an estimate. Whoever wants a false price to count has
 * to offer that much at it; virtual reserves would do with a sliver of liquidity.
 */
export function nearDepthFloat(state: PoolState, zeroForOne: boolean): number {
  const curve = createCurve(state, zeroForOne);
  const worstFloat = spotRateFloat(state, zeroForOne) / (1 - state.feePpm / 1e6) / NEAR;
  let depthFloat = 0;
  for (let index = 0; ; index++) {
    const piece = curve.piece(index);
    if (piece === undefined) return depthFloat;
    const { reserveInFloat, reserveOutFloat, feeFactorFloat, maxInFloat } = piece;
    const wayFloat = reserveOutFloat / reserveInFloat / worstFloat;
    if (!(wayFloat > 1)) return depthFloat;
    const inFloat = Math.min(maxInFloat * feeFactorFloat, reserveInFloat * (Math.sqrt(wayFloat) - 1));
    depthFloat += (reserveOutFloat * inFloat) / (reserveInFloat + inFloat);
  }
}
