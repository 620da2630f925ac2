import type { ConcentratedState } from "../../amm/poolState.ts";
import { tickFloats } from "../../amm/tickFloats.ts";
import type { TickFloats } from "../../amm/tickFloats.ts";
import { positionAtOrBelow } from "../../amm/tickTable.ts";
import { TERMS } from "./curves.ts";
import type { Layout } from "./layout.ts";
import type { PoolTable } from "./poolTable.ts";
import { edgeAlong } from "./scanIndex.ts";

/**
 * Upper bounds of curves in closed form, for branch and bound: a constant-product curve
 *   rate * x / (1 + slip * x)
 * that no size of the real one passes. A constant-product pool is its own envelope. A concentrated pool's price moves
 * by sqrt(fee * rate) / L per unit paid: with its largest L ahead it moves least. A lane's envelope has the best
 * marginal rate of its pools and the least slip over rate (1 / out = 1 / (rate x) + slip / rate: both terms least).
 */
export interface Envelopes {
  /** By edge: slip of its envelope; its rate is `terms[edge * TERMS]`. */
  readonly slips: Float64Array;
  /** Two a lane: rate and slip of its envelope; rate 0 where nothing can be priced. */
  readonly lanes: Float64Array;
  /** Takes a pool's curves; then `refresh` its pair. */
  take(pool: number): void;
  /** Makes the envelopes of the two lanes of a pool's pair anew. */
  refresh(pool: number): void;
}

export function createEnvelopes(layout: Layout, table: PoolTable): Envelopes {
  const { terms } = table.curves;
  const slips = new Float64Array(2 * layout.pools);
  const lanes = new Float64Array(4 * layout.pairs);
  const takeEdge = (edge: number): void => {
    const first = edge * TERMS;
    slips[edge] = terms[first + 2] === Infinity ? (terms[first + 1] ?? 0) : concentratedSlip(table, edge);
  };
  return {
    slips,
    lanes,
    take: (pool) => {
      takeEdge(2 * pool);
      takeEdge(2 * pool + 1);
    },
    refresh: (pool) => {
      const pair = layout.pairOfPool[pool] ?? -1;
      if (pair < 0) return;
      refreshLane({ layout, terms, slips, lanes }, 2 * pair);
      refreshLane({ layout, terms, slips, lanes }, 2 * pair + 1);
    },
  };
}

function refreshLane(
  {
    layout,
    terms,
    slips,
    lanes,
  }: { layout: Layout; terms: Float64Array } & Pick<Envelopes, "slips" | "lanes">,
  lane: number,
): void {
  const { firstPool, endPool, poolsOfPair } = layout;
  let best = 0;
  let least = Infinity;
  for (let at = firstPool[lane >> 1] ?? 0; at < (endPool[lane >> 1] ?? 0); at++) {
    const edge = edgeAlong(layout, poolsOfPair[at] ?? 0, lane);
    const rate = terms[edge * TERMS] ?? 0;
    if (!(rate > 0)) continue;
    const bend = (slips[edge] ?? 0) / rate;
    if (rate > best) best = rate;
    if (bend < least) least = bend;
  }
  lanes[2 * lane] = best;
  lanes[2 * lane + 1] = best > 0 ? best * least : 0;
}

function concentratedSlip(table: PoolTable, edge: number): number {
  const { terms } = table.curves;
  const rate = terms[edge * TERMS] ?? 0;
  const state = table.exactState(edge >> 1);
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
