import { concentratedFault } from "../../amm/concentrated.ts";
import type { ConcentratedState } from "../../amm/poolState.ts";
import { MAX_TICK, MIN_TICK, Q96_FLOAT } from "../../amm/tickMath.ts";
import { positionAtOrBelow } from "../../amm/tickTable.ts";
import { sqrtPriceFloatAtTick, tickFloats } from "../../amm/tickFloats.ts";
import type { TickFloats } from "../../amm/tickFloats.ts";

/**
 * Each edge's output over its input, in floats and raw units: a concave chain of segments. A segment that starts where
 * `x0` was paid and `y0` got gives
 *   y0 + rate * d / (1 + slip * d),   d = x - x0, up to its end:
 * `rate` is its marginal rate at its start, fee taken, and `slip` the fee factor over the reserve. Constant product
 * is one segment without an end. A range without liquidity is no segment: the price jumps over it.
 */
export interface Curves {
  /**
   * TERMS an edge: rate, slip and end of its first segment, and what the fee leaves of a million. Rate 0: the edge
   * cannot be priced.
   */
  readonly terms: Float64Array;
  /** Reserves are raw units, above zero. */
  setConstantProduct(pool: number, reserve0Float: number, reserve1Float: number, feePpm: number): void;
  /** A state that cannot be priced clears the pool. */
  setConcentrated(pool: number, state: ConcentratedState): void;
  clear(pool: number): void;
  /** Segments of an edge as far as they are known: `SEGMENT` numbers each. Valid until the next call. */
  segments(edge: number): Float64Array;
  /** How many there are up to the one at `index`: `index + 1`, or fewer where the curve ends before it. */
  reach(edge: number, index: number): number;
}

/** Entries of `terms` an edge. */
export const TERMS = 4;
/** Numbers of a segment: rate, slip, start and end on the input, output before it. */
export const SEGMENT = 5;

/** How far one direction of a concentrated pool has been read; made once, used for every state of the pool. */
interface Reading {
  segments: Float64Array;
  count: number;
  /** The tick that is met next; `closed` when there is none. */
  position: number;
  closed: boolean;
  readonly zeroForOne: boolean;
  /** Fee factor; price (its square root), liquidity, input and output at the front; the last price without ticks. */
  readonly front: Float64Array;
  ticks: TickFloats | null;
}

const FEE = 0;
const PRICE = 1;
const LIQUIDITY = 2;
const INPUT = 3;
const OUTPUT = 4;
const LAST = 5;
const FIRST_SEGMENTS = 4;

const NONE = new Float64Array(0);
const LOWEST = sqrtPriceFloatAtTick(MIN_TICK);
const HIGHEST = sqrtPriceFloatAtTick(MAX_TICK);

const createReading = (zeroForOne: boolean): Reading => ({
  segments: new Float64Array(FIRST_SEGMENTS * SEGMENT),
  count: 0,
  position: 0,
  closed: true,
  zeroForOne,
  front: new Float64Array(6),
  ticks: null,
});

export function createCurves(pools: number): Curves {
  const terms = new Float64Array(2 * pools * TERMS);
  const readings: (Reading | null)[] = Array.from({ length: 2 * pools }, () => null);

  const setTerms = (edge: number, rate: number, slip: number, end: number): void => {
    terms[edge * TERMS] = rate;
    terms[edge * TERMS + 1] = slip;
    terms[edge * TERMS + 2] = end;
  };
  const setFee = (pool: number, feePpm: number): void => {
    terms[2 * pool * TERMS + 3] = 1e6 - feePpm;
    terms[(2 * pool + 1) * TERMS + 3] = 1e6 - feePpm;
  };
  const clear = (pool: number): void => {
    setTerms(2 * pool, 0, 0, 0);
    setTerms(2 * pool + 1, 0, 0, 0);
  };
  const start = (edge: number, state: ConcentratedState, below: number, ticks: TickFloats | null): void => {
    const reading = (readings[edge] ??= createReading(edge % 2 === 0));
    begin(reading, state);
    reading.ticks = ticks;
    reading.position = below + (reading.zeroForOne ? 0 : 1);
    if (read(reading)) {
      const { segments } = reading;
      setTerms(edge, segments[0] ?? 0, segments[1] ?? 0, segments[3] ?? 0);
    } else setTerms(edge, 0, 0, 0);
  };
  return {
    terms,
    setConstantProduct: (pool, reserve0Float, reserve1Float, feePpm) => {
      const fee = 1 - feePpm / 1e6;
      setTerms(2 * pool, (fee * reserve1Float) / reserve0Float, fee / reserve0Float, Infinity);
      setTerms(2 * pool + 1, (fee * reserve0Float) / reserve1Float, fee / reserve1Float, Infinity);
      setFee(pool, feePpm);
    },
    setConcentrated: (pool, state) => {
      if (concentratedFault(state) !== null) {
        clear(pool);
        return;
      }
      const { ticks, tick, liquidity } = state;
      const below = ticks === null ? -1 : positionAtOrBelow(ticks, tick);
      const floats = ticks === null ? null : tickFloats(ticks, below, liquidity);
      start(2 * pool, state, below, floats);
      start(2 * pool + 1, state, below, floats);
      setFee(pool, state.feePpm);
    },
    clear,
    segments: (edge) => readings[edge]?.segments ?? NONE,
    reach: (edge, index) => {
      const reading = readings[edge];
      if (reading === null || reading === undefined) return 0;
      while (reading.count <= index && read(reading));
      return Math.min(reading.count, index + 1);
    },
  };
}

/** Stands before the first range of a state. */
function begin(reading: Reading, state: ConcentratedState): void {
  const { front } = reading;
  front[FEE] = 1 - state.feePpm / 1e6;
  front[PRICE] = Number(state.sqrtPriceX96) / Q96_FLOAT;
  front[LIQUIDITY] = Number(state.liquidity);
  front[INPUT] = 0;
  front[OUTPUT] = 0;
  front[LAST] = state.ticks === null ? intervalEnd(state, reading.zeroForOne) : 0;
  reading.count = 0;
  reading.closed = false;
}

/** Without a tick list the pool is known up to the ends of its current tick interval only. */
function intervalEnd({ tick, tickSpacing }: ConcentratedState, zeroForOne: boolean): number {
  const low = Math.floor(tick / tickSpacing) * tickSpacing;
  return sqrtPriceFloatAtTick(zeroForOne ? Math.max(low, MIN_TICK) : Math.min(low + tickSpacing, MAX_TICK));
}

/** Goes on to the next range with liquidity; false when there is none. */
function read(reading: Reading): boolean {
  const { front, zeroForOne, ticks } = reading;
  if (ticks === null) {
    if (reading.closed) return false;
    reading.closed = true;
    return addRange(reading, front[LAST] ?? 0);
  }
  const { sqrtPrices, liquidity } = ticks;
  while (!reading.closed) {
    const at = reading.position;
    const inside = at >= 0 && at < sqrtPrices.length;
    const stop = inside ? (sqrtPrices[at] ?? 0) : zeroForOne ? LOWEST : HIGHEST;
    const added = addRange(reading, stop);
    front[PRICE] = stop;
    front[LIQUIDITY] = inside ? (liquidity[zeroForOne ? at : at + 1] ?? 0) : -1;
    reading.position = zeroForOne ? at - 1 : at + 1;
    reading.closed = (front[LIQUIDITY] ?? 0) < 0;
    if (added) return true;
  }
  return false;
}

/** The range from the front to `stop`, as a pool of constant product with reserves L / sqrt(p) and L * sqrt(p). */
function addRange(reading: Reading, stop: number): boolean {
  const { front, zeroForOne } = reading;
  const price = front[PRICE] ?? 0;
  const liquidity = front[LIQUIDITY] ?? 0;
  const move = zeroForOne ? price - stop : stop - price;
  if (!(liquidity > 0 && move > 0)) return false;
  const at = reading.count * SEGMENT;
  if (at === reading.segments.length) {
    const larger = new Float64Array(2 * at);
    larger.set(reading.segments);
    reading.segments = larger;
  }
  const fee = front[FEE] ?? 0;
  const start = front[INPUT] ?? 0;
  const output = front[OUTPUT] ?? 0;
  const amount0 = (liquidity * move) / (price * stop);
  const amount1 = liquidity * move;
  const end = start + (zeroForOne ? amount0 : amount1) / fee;
  const { segments } = reading;
  segments[at] = fee * (zeroForOne ? price * price : 1 / (price * price));
  segments[at + 1] = (fee * (zeroForOne ? price : 1 / price)) / liquidity;
  segments[at + 2] = start;
  segments[at + 3] = end;
  segments[at + 4] = output;
  front[INPUT] = end;
  front[OUTPUT] = output + (zeroForOne ? amount1 : amount0);
  reading.count++;
  return true;
}
