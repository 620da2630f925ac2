import type { Curves } from "./curves.ts";
import { TERMS } from "./curves.ts";
import { createWalk } from "./walk.ts";

export interface Optimum {
  /**
   * Profit of the cycle `edges[at .. at + hops)` at its best size: wei of native at the reference price of its first
   * token, an estimate that no integer size passes by more than float error. 0 when no size pays.
   */
  profitFloat(edges: Int32Array, at: number, hops: number): number;
  /** [0]: input of the last answer, in raw units of its first token; 0 when none pays. */
  readonly inputFloat: Float64Array;
}

export interface OptimumParts {
  readonly curves: Curves;
  /** By token: wei of native per raw unit. */
  readonly prices: Float64Array;
  /** By edge: the token that goes in. */
  readonly tokenIn: Int32Array;
}

/**
 * The closed form. Seen from any point on its way a cycle whose hops each stay on one segment is the map
 *   d -> P d / (1 + C d),   of hops m d / (1 + k d):  C' = C + P k,  P' = P m,
 * whose profit peaks at d = (sqrt(P) - 1) / C and is (sqrt(P) - 1) d there. While the peak lies past the first end of
 * a segment, the cycle is taken to that end and seen from there: no subtraction of large numbers on the way. The
 * chain is concave, so the first peak within its segments is the answer, and where P is at most 1 the last end is.
 */
export function createOptimum({ curves, prices, tokenIn }: OptimumParts): Optimum {
  const { terms } = curves;
  const inputFloat = new Float64Array(1);
  const walk = createWalk(curves, inputFloat);
  return {
    inputFloat,
    profitFloat: (edges, at, hops) => {
      let product = 1;
      let curvature = 0;
      let limit = Infinity;
      for (let hop = at; hop < at + hops; hop++) {
        const from = (edges[hop] ?? 0) * TERMS;
        const end = terms[from + 2] ?? 0;
        if (end !== Infinity) {
          const slope = product - curvature * end;
          if (slope * limit > end) limit = end / slope;
        }
        curvature += product * (terms[from + 1] ?? 0);
        product *= terms[from] ?? 0;
      }
      inputFloat[0] = 0;
      if (!(product > 1)) return 0;
      const root = Math.sqrt(product) - 1;
      const peak = root / curvature;
      const price = prices[tokenIn[edges[at] ?? 0] ?? 0] ?? 0;
      if (peak <= limit) {
        inputFloat[0] = peak;
        return root * peak * price;
      }
      return walk(edges, at, hops) * price;
    },
  };
}
