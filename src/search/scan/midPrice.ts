import type { Curves } from "./curves.ts";
import { SEGMENT, TERMS } from "./curves.ts";

/** A price is as firm as what the pool gives before it has moved by this factor. */
const NEAR = 1.02;
/** What a constant-product pool gives of its reserve until then. */
const SHARE = 1 - 1 / Math.sqrt(NEAR);

/**
 * Raw units of the other token per raw unit of the one that `edge` sells, between the rates of the two directions;
 * that of the one where only one has liquidity. 0: no price.
 */
export function midPriceFloat({ terms }: Curves, edge: number): number {
  const sell = terms[edge * TERMS] ?? 0;
  const buy = terms[(edge ^ 1) * TERMS] ?? 0;
  if (sell === 0) return buy === 0 ? 0 : 1 / buy;
  return buy === 0 ? sell : Math.sqrt(sell / buy);
}

/** Raw units that `edge` gives while its price worsens by 2 %, as `nearDepthFloat` of a state. */
export function depthNearFloat(curves: Curves, edge: number): number {
  const rate = curves.terms[edge * TERMS] ?? 0;
  if (rate === 0) return 0;
  if (curves.terms[edge * TERMS + 2] === Infinity)
    return (rate / (curves.terms[edge * TERMS + 1] ?? 0)) * SHARE;
  let depth = 0;
  for (let index = 0; curves.reach(edge, index) > index; index++) {
    const segments = curves.segments(edge);
    const at = index * SEGMENT;
    const segmentRate = segments[at] ?? 0;
    const slip = segments[at + 1] ?? 0;
    const way = (segmentRate / rate) * NEAR;
    if (!(way > 1)) break;
    const room = (segments[at + 3] ?? 0) - (segments[at + 2] ?? 0);
    const input = Math.min(room, (Math.sqrt(way) - 1) / slip);
    depth += (segmentRate * input) / (1 + slip * input);
  }
  return depth;
}
