import type { Curve, Piece } from "./curve.ts";
import { curveOutFloat } from "./curve.ts";

/**
 * The map x -> (a x + b) / (c x + d) of some hops in a row, each on one piece of its curve; `det` = a d - b c is
 * kept apart because the subtraction would lose it. All five are scaled together so that nothing overflows.
 */
interface Moebius {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly det: number;
}

const IDENTITY: Moebius = { a: 1, b: 0, c: 0, d: 1, det: 1 };

/** `piece` after `m`. */
function compose(piece: Piece, m: Moebius): Moebius {
  const { reserveInFloat, reserveOutFloat, feeFactorFloat: fee, startInFloat, startOutFloat } = piece;
  const pd = reserveInFloat - fee * startInFloat;
  const pa = fee * (startOutFloat + reserveOutFloat);
  const pb = startOutFloat * pd - reserveOutFloat * fee * startInFloat;
  const a = pa * m.a + pb * m.c;
  const b = pa * m.b + pb * m.d;
  const c = fee * m.a + pd * m.c;
  const d = fee * m.b + pd * m.d;
  const scale = 1 / Math.max(Math.abs(a), Math.abs(b), Math.abs(c), Math.abs(d));
  const det = m.det * (fee * reserveInFloat * scale) * (reserveOutFloat * scale);
  return { a: a * scale, b: b * scale, c: c * scale, d: d * scale, det };
}

/** The input that gives `out` under `m`; Infinity when none does. */
const inverse = ({ a, b, c, d }: Moebius, out: number): number => {
  const slope = a - c * out;
  return slope > 0 ? (d * out - b) / slope : Infinity;
};

/**
 * Estimated input at which a cycle earns most, in raw units of its base; 0 when no size pays, Infinity never.
 *
 * On one piece of each curve the whole cycle is one Moebius map, whose profit peaks where its slope
 * det / (c x + d)^2 is 1. The walk starts on the first pieces; while the peak lies past the first piece to end, that hop
 * goes on to its next piece. The chain is concave, so the first peak inside its pieces is the answer, and one
 * that lies before them is the kink between. Where a curve ends the answer is its end.
 */
export function optimalInputFloat(curves: readonly Curve[]): number {
  const active = curves.map(() => 0);
  for (let reached = 0; ;) {
    let map = IDENTITY;
    let end = Infinity;
    let ending = 0;
    for (const [hop, curve] of curves.entries()) {
      const piece = curve.piece(active[hop] ?? 0);
      if (piece === undefined) return reached;
      const endOfHop = piece.endInFloat === Infinity ? Infinity : inverse(map, piece.endInFloat);
      if (endOfHop < end) {
        end = endOfHop;
        ending = hop;
      }
      map = compose(piece, map);
    }
    const peak = (Math.sqrt(map.det) - map.d) / map.c;
    if (peak <= end) return Math.max(peak, reached);
    reached = Math.max(end, reached);
    active[ending] = (active[ending] ?? 0) + 1;
  }
}

/** Estimated amounts along a cycle for an input, input first; NaN from the hop on that cannot take its whole input. */
export function amountsFloat(curves: readonly Curve[], inFloat: number): number[] {
  const amounts = [inFloat];
  for (const curve of curves) amounts.push(curveOutFloat(curve, amounts.at(-1) ?? NaN));
  return amounts;
}

/** Estimated profit of an input; exact integers earn at most this, for every hop rounds down. */
export function profitFloat(curves: readonly Curve[], inFloat: number): number {
  let amount = inFloat;
  for (const curve of curves) amount = curveOutFloat(curve, amount);
  return amount - inFloat;
}
