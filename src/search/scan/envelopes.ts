import type { ConcentratedState, PoolState } from "../../amm/poolState.ts";
import { tickFloats } from "../../amm/tickFloats.ts";
import type { TickFloats } from "../../amm/tickFloats.ts";
import { positionAtOrBelow } from "../../amm/tickTable.ts";
import type { Curves } from "./curves.ts";
import { TERMS } from "./curves.ts";

/**
 * Upper bounds of curves in closed form, for branch and bound: a constant-product curve
 *   rate * x / (1 + slip * x)
 * that no size of the real one passes; `rate` is its marginal rate. A constant-product pool is its own envelope. A
 * concentrated pool's price moves by sqrt(fee * rate) / L per unit paid: with its largest L ahead it moves least. What
 * comes out stays below rate / slip, its depth. A lane's envelope has the best marginal rate of its pools and the greatest
 * depth (1 / out = 1 / (rate x) + 1 / depth: both terms least).
 *
 * Slip of a concentrated edge's envelope, per raw unit; a float, by its state.
 */
export function envelopeSlipFloat({ terms }: Curves, edge: number, state: PoolState | null): number {
  const rate = terms[edge * TERMS] ?? 0;
  if (!(rate > 0) || state === null || state.kind === "v2") return 0;
  if (state.ticks === null) return terms[edge * TERMS + 1] ?? 0;
  return Math.sqrt((1 - state.feePpm / 1e6) * rate) / mostLiquidityAhead(state, edge % 2 === 0);
}

/** Running maxima of the ranges' liquidity: of all up to each, and of all from each on. */
interface Peaks {
  readonly upTo: Float64Array;
  readonly from: Float64Array;
}

const peaksOf = new WeakMap<TickFloats, Peaks>();

function mostLiquidityAhead(state: ConcentratedState, zeroForOne: boolean): number {
  const { ticks, tick, liquidity } = state;
  if (ticks === null) return Number(liquidity);
  const position = positionAtOrBelow(ticks, tick);
  const floats = tickFloats(ticks, position, liquidity);
  let peaks = peaksOf.get(floats);
  if (peaks === undefined) {
    peaks = makePeaks(floats);
    peaksOf.set(floats, peaks);
  }
  return (zeroForOne ? peaks.upTo[position + 1] : peaks.from[position + 1]) ?? Infinity;
}

function makePeaks({ liquidity }: TickFloats): Peaks {
  const upTo = liquidity.slice();
  for (let at = 1; at < upTo.length; at++) upTo[at] = Math.max(upTo[at] ?? 0, upTo[at - 1] ?? 0);
  const from = liquidity.slice();
  for (let at = from.length - 2; at >= 0; at--) from[at] = Math.max(from[at] ?? 0, from[at + 1] ?? 0);
  return { upTo, from };
}
