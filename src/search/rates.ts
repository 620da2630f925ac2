import type { PoolState } from "../amm/poolState.ts";
import { Q96_FLOAT } from "../amm/tickMath.ts";
import type { Pool } from "../chain/types.ts";
import type { StateView } from "../market/stateView.ts";
import { createLeg } from "./leg.ts";
import type { Leg } from "./leg.ts";

/**
 * Raw units out per raw unit in at the pool's present price, fee taken: an estimate, 0 when there is no price. A
 * swap of any size gets at most this.
 */
export function spotRateFloat(state: PoolState | null, zeroForOne: boolean): number {
  if (state === null) return 0;
  const priceFloat =
    state.kind === "v2"
      ? Number(state.reserve1) / Number(state.reserve0)
      : (Number(state.sqrtPriceX96) / Q96_FLOAT) ** 2;
  if (!(priceFloat > 0 && priceFloat < Infinity)) return 0;
  return (zeroForOne ? priceFloat : 1 / priceFloat) * (1 - state.feePpm / 1e6);
}

/**
 * Rates and legs by edge for one view at a time. What was derived from a state is kept as long as the view shows
 * the very same state: states are immutable values.
 */
export interface Rates {
  /** Turns to another view, or to the same one after it changed. */
  turnTo(view: StateView): void;
  rateFloat(edge: number): number;
  /** Null when the pool has no state. */
  leg(edge: number): Leg | null;
}

export function createRates(pools: readonly Pool[]): Rates {
  const states: (PoolState | null)[] = pools.map(() => null);
  const legs: (Leg | null)[] = pools.flatMap(() => [null, null]);
  const rates = new Float64Array(pools.length * 2);
  const readInTurn = new Uint32Array(pools.length);
  let view: StateView = { stateOf: () => null };
  let turn = 0;

  const read = (id: number) => {
    readInTurn[id] = turn;
    const pool = pools[id];
    const state = pool === undefined ? null : view.stateOf(pool.address);
    if (state === states[id]) return;
    states[id] = state;
    for (const direction of [0, 1]) {
      rates[2 * id + direction] = spotRateFloat(state, direction === 0);
      legs[2 * id + direction] = null;
    }
  };
  return {
    turnTo: (next) => {
      view = next;
      turn++;
    },
    rateFloat: (edge) => {
      if (readInTurn[edge >> 1] !== turn) read(edge >> 1);
      return rates[edge] ?? 0;
    },
    leg: (edge) => {
      if (readInTurn[edge >> 1] !== turn) read(edge >> 1);
      const state = states[edge >> 1] ?? null;
      if (state === null) return null;
      return (legs[edge] ??= createLeg(state, edge % 2 === 0));
    },
  };
}
