import { TERMS } from "./curves.ts";
import { FAIR } from "./ladder.ts";
import { midPriceFloat } from "./midPrice.ts";
import { depthAcross, findWay, priceAcross } from "./references.ts";
import type { References } from "./references.ts";

/** A reference price that is off by less is left alone. */
const NEAR = 1.01;
/** A way that lost more than this of its depth is looked for anew. */
const SHRUNK = 0.5;

/** Keeps reference prices near the market. The screen misses nothing without it, but it is less sharp. */
export interface Drift {
  /**
   * Looks at a pool that changed. Where its price left the ladder's fair band, or it carries a token's price and has
   * lost its depth, or gives a token its first way, the tokens in question are queued.
   */
  look(pool: number): void;
  /** A pool has left the references: tokens whose way began with it are queued. */
  forget(pool: number): void;
  /**
   * Prices the next queued token anew and answers it, -1 when none is left whose price moved. All its pools (`edges`
   * of the references) need new quotes before the next scan: rates are multiplied, so they share one price a token.
   */
  repriceNext(): number;
}

export function createDrift(references: References): Drift {
  const { native, prices, depths, parents, tokenIn, curves } = references;
  const tokens = prices.length;
  const queue = new Int32Array(tokens);
  const queued = new Uint8Array(tokens);
  let head = 0;
  let waiting = 0;

  const enqueue = (token: number): void => {
    if (queued[token] === 1) return;
    queued[token] = 1;
    queue[(head + waiting++) % tokens] = token;
  };
  const lookAt = (edge: number, fair: boolean): void => {
    const token = tokenIn[edge] ?? 0;
    if (token === native || queued[token] === 1) return;
    const parent = parents[token] ?? -1;
    const off = parent < 0 || (!fair && !isNear(priceAcross(references, parent), prices[token] ?? 0));
    const shrunk = parent === edge && depthAcross(references, edge) < (depths[token] ?? 0) * SHRUNK;
    if (off || shrunk) enqueue(token);
  };
  const forgetEdge = (edge: number): void => {
    const token = tokenIn[edge] ?? 0;
    if (parents[token] !== edge) return;
    parents[token] = -1;
    depths[token] = 0;
    enqueue(token);
  };
  return {
    look: (pool) => {
      const edge = 2 * pool;
      const rate = curves.terms[edge * TERMS] ?? 0;
      const back = curves.terms[(edge + 1) * TERMS] ?? 0;
      const price = midPriceFloat(curves, edge);
      const off = (price * (prices[tokenIn[edge + 1] ?? 0] ?? 0)) / (prices[tokenIn[edge] ?? 0] ?? 0);
      const fair = (rate === 0 && back === 0) || (off < FAIR && off > 1 / FAIR);
      lookAt(edge, fair);
      lookAt(edge + 1, fair);
    },
    forget: (pool) => {
      forgetEdge(2 * pool);
      forgetEdge(2 * pool + 1);
    },
    repriceNext: () => {
      while (waiting > 0) {
        const token = queue[head] ?? 0;
        head = (head + 1) % tokens;
        waiting--;
        queued[token] = 0;
        const before = prices[token] ?? 0;
        reprice(references, token);
        if (prices[token] !== before) return token;
      }
      return -1;
    },
  };
}

/** By its way as it is now, or by a new one where that has gone shallow. */
function reprice(references: References, token: number): void {
  const { depths, parents, prices } = references;
  const parent = parents[token] ?? -1;
  const depth = parent < 0 ? 0 : depthAcross(references, parent);
  if (depth === 0 || depth < (depths[token] ?? 0) * SHRUNK) {
    findWay(references, token);
    return;
  }
  depths[token] = depth;
  prices[token] = priceAcross(references, parent);
}

const isNear = (price: number, other: number): boolean => price < other * NEAR && price > other / NEAR;
