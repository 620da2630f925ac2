import type { Curves } from "./curves.ts";
import { SEGMENT, TERMS } from "./curves.ts";

/** Longest cycle the closed form takes. */
export const MOST_HOPS = 8;

/** The way of one cycle over the segments of its curves: see `createOptimum`. By hop, in raw units. */
interface Way {
  readonly curves: Curves;
  /** The segment a hop is on: its index, marginal rate and slip at its start, its start and end. */
  readonly active: Int32Array;
  readonly rates: Float64Array;
  readonly slips: Float64Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** How much has gone in, and the rate and slip from there on. */
  readonly used: Float64Array;
  readonly rateNow: Float64Array;
  readonly slipNow: Float64Array;
}

/** Profit in raw units of `edges[at .. at + hops)` at its best size, which is written to `inputFloat[0]`. */
export type Walk = (edges: Int32Array, at: number, hops: number) => number;

export function createWalk(curves: Curves, inputFloat: Float64Array): Walk {
  const floats = (): Float64Array => new Float64Array(MOST_HOPS);
  const way: Way = {
    curves,
    active: new Int32Array(MOST_HOPS),
    rates: floats(),
    slips: floats(),
    starts: floats(),
    ends: floats(),
    used: floats(),
    rateNow: floats(),
    slipNow: floats(),
  };
  const { rates, slips, starts, ends, used, rateNow, slipNow } = way;

  return (edges, at, hops) => {
    for (let hop = 0; hop < hops; hop++) begin(way, hop, edges[at + hop] ?? 0);
    let input = 0;
    let profit = 0;
    for (;;) {
      let product = 1;
      let curvature = 0;
      let limit = Infinity;
      let ending = 0;
      for (let hop = 0; hop < hops; hop++) {
        const room = Math.max(0, (ends[hop] ?? 0) - (used[hop] ?? 0));
        const slope = product - curvature * room;
        if (slope * limit > room) {
          limit = room / slope;
          ending = hop;
        }
        const shrink = 1 / (1 + (slips[hop] ?? 0) * ((used[hop] ?? 0) - (starts[hop] ?? 0)));
        const rate = (rates[hop] ?? 0) * shrink * shrink;
        const slip = (slips[hop] ?? 0) * shrink;
        rateNow[hop] = rate;
        slipNow[hop] = slip;
        curvature += product * slip;
        product *= rate;
      }
      const root = Math.sqrt(product) - 1;
      if (!(root > 0)) break;
      const peak = root / curvature;
      if (peak <= limit) {
        input += peak;
        profit += root * peak;
        break;
      }
      profit += goOn(way, limit, hops) - limit;
      input += limit;
      if (!toNextSegment(way, ending, edges[at + ending] ?? 0)) break;
    }
    inputFloat[0] = input;
    return profit;
  };
}

function begin({ curves, active, rates, slips, starts, ends, used }: Way, hop: number, edge: number): void {
  const { terms } = curves;
  active[hop] = 0;
  rates[hop] = terms[edge * TERMS] ?? 0;
  slips[hop] = terms[edge * TERMS + 1] ?? 0;
  starts[hop] = 0;
  ends[hop] = terms[edge * TERMS + 2] ?? 0;
  used[hop] = 0;
}

/** Takes every hop on by what `input` more gives; answers what comes out more. */
function goOn({ used, rateNow, slipNow }: Way, input: number, hops: number): number {
  let amount = input;
  for (let hop = 0; hop < hops; hop++) {
    used[hop] = (used[hop] ?? 0) + amount;
    amount = ((rateNow[hop] ?? 0) * amount) / (1 + (slipNow[hop] ?? 0) * amount);
  }
  return amount;
}

/** False where the curve ends. */
function toNextSegment(way: Way, hop: number, edge: number): boolean {
  const { curves, active, rates, slips, starts, ends, used } = way;
  const next = (active[hop] ?? 0) + 1;
  if (curves.reach(edge, next) <= next) return false;
  const segments = curves.segments(edge);
  const from = next * SEGMENT;
  active[hop] = next;
  rates[hop] = segments[from] ?? 0;
  slips[hop] = segments[from + 1] ?? 0;
  starts[hop] = segments[from + 2] ?? 0;
  ends[hop] = segments[from + 3] ?? 0;
  used[hop] = starts[hop] ?? 0;
  return true;
}
