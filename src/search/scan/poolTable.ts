import type { ConcentratedState, PoolState } from "../../amm/poolState.ts";
import { v2Fault } from "../../amm/v2.ts";
import { createCurves } from "./curves.ts";
import type { Curves } from "./curves.ts";
import type { Ladder } from "./ladder.ts";
import type { Layout } from "./layout.ts";
import { createQuote } from "./quotes.ts";

/** Chunks of `limbs` a pool: reserve0 as 16 + 48 + 48 bits, highest first, then reserve1. */
export const LIMBS = 6;

const LIMB_FLOAT = 2 ** 48;
const LIMB_BITS = 48n;

/**
 * What every pool holds, as struct of arrays by pool and edge id: exact V2 reserves in limbs, concentrated states by
 * reference, and what the screen and the closed form read of them in floats.
 */
export interface PoolTable {
  readonly curves: Curves;
  /** LIMBS a pool, an inbox: write a V2 pool's six, whole and not negative, then call `setReserves`. */
  readonly limbs: Float64Array;
  /** Null, or a state that cannot be priced: the pool is out of the search. Quotes are as before until `quote`. */
  set(pool: number, state: PoolState | null): void;
  /** Takes the limbs as a V2 pool's reserves, at the fee of its last state; false when it never had a V2 state. */
  setReserves(pool: number): boolean;
  /** The pool's state: made from the limbs when first asked for, then the same object until it changes. */
  exactState(pool: number): PoolState | null;
  /** Writes the pool's `edgeRates` and `poolKinds`: see `Quote`. */
  quote(pool: number): void;
}

export interface PoolTableParts {
  readonly layout: Pick<Layout, "edgeRates" | "poolKinds">;
  readonly ladder: Pick<Ladder, "sizes">;
  /** By token: wei of native per raw unit, any positive number; read at each quote. */
  readonly prices: Float64Array;
}

/** `tokenIn`: by edge, the id of the token that goes in. All pools begin without a state. */
export function createPoolTable(tokenIn: Int32Array, { layout, ladder, prices }: PoolTableParts): PoolTable {
  const pools = tokenIn.length >> 1;
  const curves = createCurves(pools);
  const limbs = new Float64Array(pools * LIMBS);
  const states: (PoolState | null)[] = Array.from({ length: pools }, () => null);
  /** 1: the limbs are newer than `states`. */
  const newer = new Uint8Array(pools);
  /** -1: not known to be V2. */
  const feesPpm = new Int32Array(pools).fill(-1);
  const quote = createQuote({ curves, ladder, prices, tokenIn, edgeRates: layout.edgeRates });

  const setConcentrated = (pool: number, state: ConcentratedState): void => {
    feesPpm[pool] = -1;
    layout.poolKinds[pool] = 1;
    curves.setConcentrated(pool, state);
  };
  const setV2 = (pool: number, reserve0Float: number, reserve1Float: number): void => {
    if (reserve0Float > 0 && reserve1Float > 0)
      curves.setConstantProduct(pool, reserve0Float, reserve1Float, feesPpm[pool] ?? 0);
    else curves.clear(pool);
  };
  return {
    curves,
    limbs,
    set: (pool, state) => {
      states[pool] = state;
      if (state === null) curves.clear(pool);
      else if (state.kind !== "v2") setConcentrated(pool, state);
      else if (v2Fault(state) === "invalid_state") curves.clear(pool);
      else {
        layout.poolKinds[pool] = 0;
        feesPpm[pool] = state.feePpm;
        setV2(pool, Number(state.reserve0), Number(state.reserve1));
      }
      newer[pool] = 0;
    },
    setReserves: (pool) => {
      if ((feesPpm[pool] ?? -1) < 0) return false;
      newer[pool] = 1;
      setV2(pool, limbsFloat(limbs, pool * LIMBS), limbsFloat(limbs, pool * LIMBS + 3));
      return true;
    },
    exactState: (pool) => {
      if (newer[pool] === 1) {
        states[pool] = {
          kind: "v2",
          feePpm: feesPpm[pool] ?? 0,
          reserve0: limbsExact(limbs, pool * LIMBS),
          reserve1: limbsExact(limbs, pool * LIMBS + 3),
        };
        newer[pool] = 0;
      }
      return states[pool] ?? null;
    },
    quote,
  };
}

const limbsFloat = (limbs: Float64Array, at: number): number =>
  ((limbs[at] ?? 0) * LIMB_FLOAT + (limbs[at + 1] ?? 0)) * LIMB_FLOAT + (limbs[at + 2] ?? 0);

const limbsExact = (limbs: Float64Array, at: number): bigint =>
  (((BigInt(limbs[at] ?? 0) << LIMB_BITS) | BigInt(limbs[at + 1] ?? 0)) << LIMB_BITS) |
  BigInt(limbs[at + 2] ?? 0);
