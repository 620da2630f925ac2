import { concentratedOutput } from "../../amm/concentrated.ts";
import type { ConcentratedState, V2State } from "../../amm/poolState.ts";
import { firstStretch, stretchOutput } from "../../amm/stretch.ts";
import type { Stretch } from "../../amm/stretch.ts";
import { v2AmountOut } from "../../amm/v2.ts";
import type { PoolTable } from "./poolTable.ts";

const UINT112_MAX = (1n << 112n) - 1n;

/** The cycle `edges[at .. at + hops)`. */
export interface Way {
  readonly edges: Int32Array;
  readonly at: number;
  readonly hops: number;
  /** By hop: where a concentrated pool is expected to end behind a stop; null elsewhere. */
  readonly stretches: readonly (Stretch | null)[];
}

/**
 * Exact amounts along the way, input first; null when a pool cannot take its whole input or gives nothing. All its pools
 * must be such that can be priced.
 */
export function amountsThrough(
  table: PoolTable,
  input: bigint,
  { edges, at, hops, stretches }: Way,
): bigint[] | null {
  const amounts = [input];
  let amount = input;
  for (let hop = 0; hop < hops; hop++) {
    const edge = edges[at + hop] ?? 0;
    const state = table.exactState(edge >> 1);
    if (state === null) return null;
    const zeroForOne = edge % 2 === 0;
    amount =
      state.kind === "v2"
        ? v2Through(state, zeroForOne, amount)
        : concentratedThrough(state, stretches[hop] ?? firstStretch(state, zeroForOne), zeroForOne, amount);
    if (amount === 0n) return null;
    amounts.push(amount);
  }
  return amounts;
}

/** As `concentratedOutput`, which is asked where the amount does not end in the stretch. */
function concentratedThrough(
  state: ConcentratedState,
  stretch: Stretch | null,
  zeroForOne: boolean,
  amountIn: bigint,
): bigint {
  const output = stretch && stretchOutput(stretch, amountIn);
  return output ?? concentratedOutput(state, zeroForOne, amountIn);
}

/** As `v2Output` of a state that can be priced. */
function v2Through({ reserve0, reserve1, feePpm }: V2State, zeroForOne: boolean, amountIn: bigint): bigint {
  const reserveIn = zeroForOne ? reserve0 : reserve1;
  if (reserveIn + amountIn > UINT112_MAX) return 0n;
  return v2AmountOut(amountIn, reserveIn, zeroForOne ? reserve1 : reserve0, feePpm);
}
