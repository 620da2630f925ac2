import type { ConcentratedState } from "../../amm/poolState.ts";
import { tickFloats } from "../../amm/tickFloats.ts";
import type { TickFloats } from "../../amm/tickFloats.ts";
import { positionAtOrBelow } from "../../amm/tickTable.ts";
import { TERMS } from "./curves.ts";
import type { Layout } from "./layout.ts";
import type { PoolTable } from "./poolTable.ts";

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
  /** Makes those of these pools and of their lanes anew. */
  refresh(pools: Int32Array, count: number): void;
}

interface Work extends Envelopes {
  readonly layout: Layout;
  readonly table: PoolTable;
  /** By edge: slip over rate; Infinity where it cannot be priced. */
  readonly bends: Float64Array;
  /** By pair: 1 while it waits for its turn. */
  readonly waiting: Uint8Array;
}

export function createEnvelopes(layout: Layout, table: PoolTable): Envelopes {
  const work: Work = {
    layout,
    table,
    slips: new Float64Array(2 * layout.pools),
    lanes: new Float64Array(4 * layout.pairs),
    bends: new Float64Array(2 * layout.pools).fill(Infinity),
    waiting: new Uint8Array(layout.pairs),
    refresh: (pools, count) => refresh(work, pools, count),
  };
  return work;
}

function refresh(work: Work, pools: Int32Array, count: number): void {
  const { waiting } = work;
  const { pairOfPool } = work.layout;
  for (let at = 0; at < count; at++) {
    const pool = pools[at] ?? 0;
    takeEdge(work, 2 * pool);
    takeEdge(work, 2 * pool + 1);
    const pair = pairOfPool[pool] ?? -1;
    if (pair >= 0) waiting[pair] = 1;
  }
  for (let at = 0; at < count; at++) {
    const pair = pairOfPool[pools[at] ?? 0] ?? -1;
    if (pair < 0 || waiting[pair] === 0) continue;
    waiting[pair] = 0;
    refreshPair(work, pair);
  }
}

function takeEdge({ table, slips, bends }: Work, edge: number): void {
  const { terms } = table.curves;
  const first = edge * TERMS;
  const rate = terms[first] ?? 0;
  const slip = terms[first + 2] === Infinity ? (terms[first + 1] ?? 0) : concentratedSlip(table, edge);
  slips[edge] = slip;
  bends[edge] = rate > 0 ? slip / rate : Infinity;
}

function refreshPair({ layout, table, lanes, bends }: Work, pair: number): void {
  const { firstPool, endPool, poolsOfPair, poolFlips } = layout;
  const { terms } = table.curves;
  let there = 0;
  let back = 0;
  let bendThere = Infinity;
  let bendBack = Infinity;
  for (let at = firstPool[pair] ?? 0; at < (endPool[pair] ?? 0); at++) {
    const pool = poolsOfPair[at] ?? 0;
    const edge = 2 * pool + (poolFlips[pool] ?? 0);
    there = Math.max(there, terms[edge * TERMS] ?? 0);
    back = Math.max(back, terms[(edge ^ 1) * TERMS] ?? 0);
    bendThere = Math.min(bendThere, bends[edge] ?? Infinity);
    bendBack = Math.min(bendBack, bends[edge ^ 1] ?? Infinity);
  }
  lanes[4 * pair] = there;
  lanes[4 * pair + 1] = there > 0 ? there * bendThere : 0;
  lanes[4 * pair + 2] = back;
  lanes[4 * pair + 3] = back > 0 ? back * bendBack : 0;
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
