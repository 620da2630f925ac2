import type { Stretch } from "../../amm/stretch.ts";
import { Q96_FLOAT } from "../../amm/tickMath.ts";
import type { Curves } from "./curves.ts";
import { SEGMENT, TERMS } from "./curves.ts";
import { MOST_HOPS } from "./walk.ts";

/**
 * The hops of one cycle as the contracts round them, in floats: exact while amounts stay far below 2^53, which is
 * where a raw unit is worth something. STAIR numbers a hop, which stands on one segment of its curve:
 *   out = got + floor(reserveOut * a / (reserveIn + a)),   a = (in - paid) * fee, rounded down too where `floors` is 1.
 */
export type Staircase = Float64Array;

/** Numbers of a hop, and what they are. */
export const STAIR = 9;
export const RESERVE_IN = 0;
export const RESERVE_OUT = 1;
/** What the fee leaves of one, and its inverse. */
export const FEE = 2;
export const PER_FEE = 3;
/** Taken and given before the segment: whole units after `settle`. */
export const PAID = 4;
export const GOT = 5;
/** Inputs between which the hop is on this segment. */
export const LEAST = 6;
export const MOST = 7;
/** 1: a concentrated pool, which rounds once more where it takes its fee. */
export const FLOORS = 8;

/** Floats below it are whole to a thousandth, so that rounding them up means something. */
const COARSE = 2 ** 43;
const FLOAT_ERROR = 1e-15;
/** What a hop's least input in floats may lack of the exact one, as a share, with room. */
const LACKS = 5e-15;

export const createStaircase = (): Staircase => new Float64Array(MOST_HOPS * STAIR);

/** Puts a hop on the segment of an edge that takes `input`, or on its last one; answers how many lie before it. */
export type Stand = (hop: number, edge: number, input: number) => number;

export function createStand(stairs: Staircase, curves: Curves): Stand {
  const { terms } = curves;
  return (hop, edge, input) => {
    const from = edge * TERMS;
    const at = hop * STAIR;
    let rate = terms[from] ?? 0;
    let slip = terms[from + 1] ?? 0;
    let most = terms[from + 2] ?? 0;
    let least = 0;
    let got = 0;
    let index = 0;
    stairs[at + FLOORS] = most === Infinity ? 0 : 1;
    while (input > most && curves.reach(edge, index + 1) > index + 1) {
      const next = ++index * SEGMENT;
      const segments = curves.segments(edge);
      rate = segments[next] ?? 0;
      slip = segments[next + 1] ?? 0;
      least = segments[next + 2] ?? 0;
      most = segments[next + 3] ?? 0;
      got = segments[next + 4] ?? 0;
    }
    const fee = (terms[from + 3] ?? 0) / 1e6;
    stairs[at + RESERVE_IN] = fee / slip;
    stairs[at + RESERVE_OUT] = rate / slip;
    stairs[at + FEE] = fee;
    stairs[at + PER_FEE] = 1 / fee;
    stairs[at + PAID] = least;
    stairs[at + GOT] = got;
    stairs[at + LEAST] = least;
    stairs[at + MOST] = most;
    return index;
  };
}

/** Puts a concentrated hop on the stretch behind the last stop on its way, whose sums are exact. */
export function settle(stairs: Staircase, hop: number, stretch: Stretch): void {
  const at = hop * STAIR;
  const { zeroForOne } = stretch;
  const price = Number(stretch.sqrtPriceX96) / Q96_FLOAT;
  const liquidity = Number(stretch.liquidity);
  stairs[at + RESERVE_IN] = zeroForOne ? liquidity / price : liquidity * price;
  stairs[at + RESERVE_OUT] = zeroForOne ? liquidity * price : liquidity / price;
  stairs[at + PAID] = Number(stretch.paid);
  stairs[at + GOT] = Number(stretch.got);
  stairs[at + LEAST] = Number(stretch.paid);
}

/** Output of one hop as if nothing were rounded. */
export function smoothOutput(stairs: Staircase, hop: number, input: number): number {
  const at = hop * STAIR;
  const paid = (Math.min(input, stairs[at + MOST] ?? 0) - (stairs[at + PAID] ?? 0)) * (stairs[at + FEE] ?? 0);
  return (
    (stairs[at + GOT] ?? 0) +
    ((stairs[at + RESERVE_OUT] ?? 0) * paid) / ((stairs[at + RESERVE_IN] ?? 0) + paid)
  );
}

/** Rounded up; a fine amount may come out a few units high, never low. */
const up = (amount: number): number =>
  amount < COARSE ? Math.ceil(amount - amount * FLOAT_ERROR) : Math.ceil(amount + amount * LACKS);

/** Least input of the first `hops` hops that gives `wanted` after them; Infinity where none on their segments does. */
export function inputFor(stairs: Staircase, hops: number, wanted: number): number {
  let amount = wanted;
  for (let at = (hops - 1) * STAIR; at >= 0; at -= STAIR) {
    const more = amount - (stairs[at + GOT] ?? 0);
    const left = (stairs[at + RESERVE_OUT] ?? 0) - more;
    if (!(left > 0)) return Infinity;
    const paid = ((stairs[at + RESERVE_IN] ?? 0) * more) / left;
    if (stairs[at + FLOORS] === 1) {
      amount = (stairs[at + PAID] ?? 0) + up(up(paid) * (stairs[at + PER_FEE] ?? 0));
      if (amount > (stairs[at + MOST] ?? 0) || amount < (stairs[at + LEAST] ?? 0)) return Infinity;
    } else amount = up(paid * (stairs[at + PER_FEE] ?? 0));
  }
  return amount;
}

/** What the hops from `first` on give for a whole `input`; 0 where it leaves their segments. */
export function outputOf(stairs: Staircase, first: number, hops: number, input: number): number {
  let amount = input;
  for (let at = first * STAIR; at < hops * STAIR; at += STAIR) {
    let paid = (amount - (stairs[at + PAID] ?? 0)) * (stairs[at + FEE] ?? 0);
    if (stairs[at + FLOORS] === 1) {
      if (amount > (stairs[at + MOST] ?? 0) || paid < 0) return 0;
      paid = Math.floor(paid + paid * FLOAT_ERROR);
    }
    amount =
      (stairs[at + GOT] ?? 0) +
      Math.floor(((stairs[at + RESERVE_OUT] ?? 0) * paid) / ((stairs[at + RESERVE_IN] ?? 0) + paid));
  }
  return amount;
}
