import type { Curves } from "./curves.ts";
import { SEGMENT, TERMS } from "./curves.ts";
import type { Ladder } from "./ladder.ts";
import { LEVELS } from "./ladder.ts";
import { DEPTH, ROW } from "./layout.ts";

export interface QuoteParts {
  readonly curves: Curves;
  readonly ladder: Pick<Ladder, "sizes">;
  /** By token: wei of native per raw unit. */
  readonly prices: Float64Array;
  /** By edge: the token that goes in. */
  readonly tokenIn: Int32Array;
  /** Out: ROW an edge. */
  readonly edgeRates: Float64Array;
  /** Slip of a concentrated edge's envelope, in raw units. */
  readonly slipFloat: (edge: number) => number;
}

/**
 * Writes both directions of a pool: value out over value in at the ladder's sizes, at reference prices. Level 0 is the
 * marginal rate, level j the average over an input worth `sizes[j]`; 0 where the pool cannot take it all. Within 1e-9
 * of the exact rate or above it, for outputs round down. Rates do not grow with the level.
 * And the depth of its envelope.
 */
export type Quote = (pool: number) => void;

export function createQuote(parts: QuoteParts): Quote {
  const { curves, ladder, prices, tokenIn, edgeRates, slipFloat } = parts;
  const { terms } = curves;
  const { sizes } = ladder;

  /** One segment without an end: constant product. */
  const quoteEndless = (edge: number, value: number, slip: number): void => {
    const to = edge * ROW;
    edgeRates[to + DEPTH] = value / slip;
    for (let level = 0; level < LEVELS; level++) {
      edgeRates[to + level] = value / (1 + slip * (sizes[level] ?? 0));
    }
  };
  const quoteAlong = (edge: number, priceIn: number, priceOut: number): void => {
    const to = edge * ROW;
    let rate = ((terms[edge * TERMS] ?? 0) * priceOut) / priceIn;
    edgeRates[to] = rate;
    edgeRates[to + DEPTH] = (rate * priceIn) / slipFloat(edge);
    let segments = curves.segments(edge);
    let at = 0;
    let level = 1;
    for (; level < LEVELS; level++) {
      const size = sizes[level] ?? 0;
      const input = size / priceIn;
      while (input > (segments[at + 3] ?? 0)) {
        const next = at / SEGMENT + 1;
        if (curves.reach(edge, next) <= next) break;
        segments = curves.segments(edge);
        at = next * SEGMENT;
      }
      if (input > (segments[at + 3] ?? 0)) break;
      const rest = input - (segments[at + 2] ?? 0);
      const output =
        (segments[at + 4] ?? 0) + ((segments[at] ?? 0) * rest) / (1 + (segments[at + 1] ?? 0) * rest);
      rate = Math.min(rate, (output * priceOut) / size);
      edgeRates[to + level] = rate;
    }
    for (; level < LEVELS; level++) edgeRates[to + level] = 0;
  };
  const quoteEdge = (edge: number): void => {
    const priceIn = prices[tokenIn[edge] ?? 0] ?? 0;
    const priceOut = prices[tokenIn[edge ^ 1] ?? 0] ?? 0;
    if (terms[edge * TERMS + 2] === Infinity) {
      const value = ((terms[edge * TERMS] ?? 0) * priceOut) / priceIn;
      quoteEndless(edge, value, (terms[edge * TERMS + 1] ?? 0) / priceIn);
    } else if (terms[edge * TERMS] === 0) edgeRates.fill(0, edge * ROW, (edge + 1) * ROW);
    else quoteAlong(edge, priceIn, priceOut);
  };
  return (pool) => {
    quoteEdge(2 * pool);
    quoteEdge(2 * pool + 1);
  };
}
