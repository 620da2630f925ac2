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
const LIMB = (1n << LIMB_BITS) - 1n;

/**
 * What every pool holds, as struct of arrays by pool and edge id: exact V2 reserves in limbs, concentrated states by
 * reference, and what the screen and the closed form read of them in floats.
 */
export interface PoolTable {
  readonly curves: Curves;
  /** LIMBS a pool. Write a V2 pool's six, whole and not negative, then call `setReserves`. */
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
  const setReserves = (pool: number): boolean => {
    const feePpm = feesPpm[pool] ?? -1;
    if (feePpm < 0) return false;
    newer[pool] = 1;
    const reserve0Float = limbsFloat(limbs, pool * LIMBS);
    const reserve1Float = limbsFloat(limbs, pool * LIMBS + 3);
    if (reserve0Float > 0 && reserve1Float > 0)
      curves.setConstantProduct(pool, reserve0Float, reserve1Float, 1 - feePpm / 1e6);
    else curves.clear(pool);
    return true;
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
        writeLimbs(limbs, pool * LIMBS, state.reserve0);
        writeLimbs(limbs, pool * LIMBS + 3, state.reserve1);
        setReserves(pool);
      }
      newer[pool] = 0;
    },
    setReserves,
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

function writeLimbs(limbs: Float64Array, at: number, value: bigint): void {
  limbs[at] = Number(value >> (2n * LIMB_BITS));
  limbs[at + 1] = Number((value >> LIMB_BITS) & LIMB);
  limbs[at + 2] = Number(value & LIMB);
}

const limbsFloat = (limbs: Float64Array, at: number): number =>
  ((limbs[at] ?? 0) * LIMB_FLOAT + (limbs[at + 1] ?? 0)) * LIMB_FLOAT + (limbs[at + 2] ?? 0);

const limbsExact = (limbs: Float64Array, at: number): bigint =>
  (((BigInt(limbs[at] ?? 0) << LIMB_BITS) | BigInt(limbs[at + 1] ?? 0)) << LIMB_BITS) |
  BigInt(limbs[at + 2] ?? 0);
