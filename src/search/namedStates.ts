import type { Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { MOST_NAMED_HOPS } from "./namedTable.ts";
import { TERMS } from "./scan/curves.ts";
import { LEVELS } from "./scan/ladder.ts";
import { ROW } from "./scan/layout.ts";
import { createOptimum } from "./scan/optimum.ts";
import { createPoolTable } from "./scan/poolTable.ts";
import { createSizer } from "./scan/sizer.ts";
import type { Sizing } from "./sizing.ts";

/** The pools on one view at a time, for cycles that are priced one by one; with the scan's closed form and sizer. */
export interface NamedStates {
  /** Turns to another view, or to the same one after it changed; the number of the turn, from 1. */
  turnTo(view: StateView): number;
  /** Reads a pool, once a turn; answers the turn in which its state became what it is, 0 for one that never had any. */
  read(pool: number): number;
  /**
   * Product of the rates at size zero, fees taken: an estimate, 0 without a price. Of the edges from `at` on, closed by -1
   * where they are fewer than can be. All pools must have been read.
   */
  marginalFloat(edges: Int32Array, at: number): number;
  /** Raw units of the first token that no integer size passes: an estimate; null where that is not one. As above. */
  mostFloat(edges: Edges): number | null;
  /** At the best integer size, as `Sizer` has it; null when none pays. As above. */
  size(edges: Edges): Sizing | null;
}

type Edges = readonly number[];

/** Relative error of a float chain, with room. */
const FLOAT_ERROR = 1e-12;

export function createNamedStates(pools: readonly Pool[]): NamedStates {
  // Profits count in raw units: one token stands for all, and its price is 1.
  const tokenIn = new Int32Array(2 * pools.length);
  const prices = new Float64Array(1).fill(1);
  // It is never quoted at the ladder's sizes.
  const layout = { edgeRates: new Float64Array(ROW) };
  const table = createPoolTable(tokenIn, { layout, ladder: { sizes: new Float64Array(LEVELS) }, prices });
  const { terms } = table.curves;
  const optimum = createOptimum({ curves: table.curves, prices, tokenIn });
  const sizer = createSizer({ table, optimum, prices, tokenIn });
  const scratch = new Int32Array(MOST_NAMED_HOPS);
  const readIn = new Uint32Array(pools.length);
  const changedIn = new Uint32Array(pools.length);
  let view: StateView = { stateOf: () => null };
  let turn = 0;
  return {
    turnTo: (next) => {
      view = next;
      return ++turn;
    },
    read: (id) => {
      const pool = pools[id];
      if (readIn[id] !== turn && pool !== undefined) {
        readIn[id] = turn;
        // States are immutable values.
        const state = view.stateOf(pool.address);
        if (state !== table.exactState(id)) {
          table.set(id, state);
          changedIn[id] = turn;
        }
      }
      return changedIn[id] ?? 0;
    },
    marginalFloat: (edges, at) => {
      let product = 1;
      for (let hop = at; hop < at + MOST_NAMED_HOPS; hop++) {
        const edge = edges[hop] ?? -1;
        if (edge < 0) break;
        product *= terms[edge * TERMS] ?? 0;
      }
      return product;
    },
    mostFloat: (edges) => {
      scratch.set(edges);
      const most = optimum.profitFloat(scratch, 0, edges.length) + (optimum.inputFloat[0] ?? 0) * FLOAT_ERROR;
      return most >= 1 ? most : null;
    },
    size: (edges) => {
      scratch.set(edges);
      return sizer.size(scratch, 0, edges.length);
    },
  };
}
