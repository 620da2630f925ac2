import type { PoolState } from "../../amm/poolState.ts";
import { v2Fault } from "../../amm/v2.ts";
import { createCurves } from "./curves.ts";
import type { Curves } from "./curves.ts";
import { envelopeSlipFloat } from "./envelopes.ts";
import type { Ladder } from "./ladder.ts";
import type { Layout } from "./layout.ts";
import { createQuote } from "./quotes.ts";

/** 32-bit words of a reserve (uint112). */
const WORDS = 4;
/** In what `takeReserves` is given, reserve1 begins here: 256-bit words, as logs have them. */
const NEXT_WORD = 8;
const WORD_FLOAT = 2 ** 32;

/**
 * What every pool holds, as struct of arrays by pool and edge id: exact V2 reserves in 32-bit words, concentrated states by
 * reference, and what the screen and the closed form read of them in floats.
 */
export interface PoolTable {
  readonly curves: Curves;
  /** Null, or a state that cannot be priced: the pool is out of the search. Quotes are as before until `quote`. */
  set(pool: number, state: PoolState | null): void;
  /**
   * Takes a V2 pool's new reserves without an object: 32-bit words, lowest first, reserve0 from 0 and reserve1 from 8
   * on. At the fee of its state; false when that is not a V2 state that can be priced.
   */
  takeReserves(pool: number, words: Uint32Array): boolean;
  /** The pool's state: made from the words when first asked for, then the same object until it changes. */
  exactState(pool: number): PoolState | null;
  /** Writes the pool's `edgeRates`: see `Quote`. */
  quote(pool: number): void;
}

export interface PoolTableParts {
  readonly layout: Pick<Layout, "edgeRates">;
  readonly ladder: Pick<Ladder, "sizes">;
  /** By token: wei of native per raw unit, any positive number; read at each quote. */
  readonly prices: Float64Array;
}

/** `tokenIn`: by edge, the id of the token that goes in. All pools begin without a state. */
export function createPoolTable(tokenIn: Int32Array, { layout, ladder, prices }: PoolTableParts): PoolTable {
  const pools = tokenIn.length >> 1;
  const curves = createCurves(pools);
  const words = new Uint32Array(pools * 2 * WORDS);
  const states: (PoolState | null)[] = Array.from({ length: pools }, () => null);
  /** 1: the words are newer than `states`. */
  const newer = new Uint8Array(pools);
  /** -1: not known to be V2. */
  const feesPpm = new Int32Array(pools).fill(-1);
  const { edgeRates } = layout;
  const slipFloat = (edge: number): number => envelopeSlipFloat(curves, edge, states[edge >> 1] ?? null);
  const quote = createQuote({ curves, ladder, prices, tokenIn, edgeRates, slipFloat });

  const setV2 = (pool: number, reserve0Float: number, reserve1Float: number): void => {
    if (reserve0Float > 0 && reserve1Float > 0)
      curves.setConstantProduct(pool, reserve0Float, reserve1Float, feesPpm[pool] ?? 0);
    else curves.clear(pool);
  };
  return {
    curves,
    set: (pool, state) => {
      states[pool] = state;
      feesPpm[pool] = -1;
      if (state === null) curves.clear(pool);
      else if (state.kind !== "v2") curves.setConcentrated(pool, state);
      else if (v2Fault(state) === "invalid_state") curves.clear(pool);
      else {
        feesPpm[pool] = state.feePpm;
        setV2(pool, Number(state.reserve0), Number(state.reserve1));
      }
      newer[pool] = 0;
    },
    takeReserves: (pool, from) => {
      if ((feesPpm[pool] ?? -1) < 0) return false;
      newer[pool] = 1;
      const at = pool * 2 * WORDS;
      for (let word = 0; word < WORDS; word++) {
        words[at + word] = from[word] ?? 0;
        words[at + WORDS + word] = from[NEXT_WORD + word] ?? 0;
      }
      setV2(pool, wordsFloat(words, at), wordsFloat(words, at + WORDS));
      return true;
    },
    exactState: (pool) => {
      if (newer[pool] === 1) {
        states[pool] = {
          kind: "v2",
          feePpm: feesPpm[pool] ?? 0,
          reserve0: wordsExact(words, pool * 2 * WORDS),
          reserve1: wordsExact(words, pool * 2 * WORDS + WORDS),
        };
        newer[pool] = 0;
      }
      return states[pool] ?? null;
    },
    quote,
  };
}

function wordsFloat(words: Uint32Array, at: number): number {
  let value = 0;
  for (let word = WORDS - 1; word >= 0; word--) value = value * WORD_FLOAT + (words[at + word] ?? 0);
  return value;
}

function wordsExact(words: Uint32Array, at: number): bigint {
  let value = 0n;
  for (let word = WORDS - 1; word >= 0; word--) value = (value << 32n) | BigInt(words[at + word] ?? 0);
  return value;
}
