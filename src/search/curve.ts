import type { PoolState, Segment } from "../amm/poolState.ts";
import { segments } from "../amm/segments.ts";

/** A segment in its place: what was paid and got before it, in raw units. Floats: estimates, never amounts. */
export interface Piece extends Segment {
  readonly startInFloat: number;
  readonly startOutFloat: number;
  /** Input at which the piece ends, counted from size zero. */
  readonly endInFloat: number;
}

/** Output over input of one pool in one direction: a concave chain of pieces, read as far as it is needed. */
export interface Curve {
  /** Undefined past the last piece: the pool takes no more. */
  piece(index: number): Piece | undefined;
}

const FIRST_PIECES = 8;

export function createCurve(state: PoolState, zeroForOne: boolean): Curve {
  const pieces: Piece[] = [];
  let asked = 0;
  return {
    piece: (index) => {
      while (index >= asked && pieces.length === asked) {
        asked = Math.max(FIRST_PIECES, asked * 4);
        const all = segments(state, zeroForOne, asked);
        for (const segment of all.slice(pieces.length)) pieces.push(place(segment, pieces.at(-1)));
      }
      return pieces[index];
    },
  };
}

function place(segment: Segment, before: Piece | undefined): Piece {
  const startInFloat = before?.endInFloat ?? 0;
  const startOutFloat = before === undefined ? 0 : before.startOutFloat + outFloat(before, before.maxInFloat);
  return { ...segment, startInFloat, startOutFloat, endInFloat: startInFloat + segment.maxInFloat };
}

const outFloat = ({ reserveInFloat, reserveOutFloat, feeFactorFloat }: Segment, inFloat: number): number => {
  const afterFee = inFloat * feeFactorFloat;
  return (reserveOutFloat * afterFee) / (reserveInFloat + afterFee);
};

/** Estimated output for an input; NaN when the pool cannot take it all. */
export function curveOutFloat(curve: Curve, inFloat: number): number {
  for (let index = 0; ; index++) {
    const piece = curve.piece(index);
    if (piece === undefined) return NaN;
    if (inFloat <= piece.endInFloat)
      return piece.startOutFloat + outFloat(piece, inFloat - piece.startInFloat);
  }
}
