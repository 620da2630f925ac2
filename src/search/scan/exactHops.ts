import { concentratedOutput } from "../../amm/concentrated.ts";
import { outputBeforeStop } from "../../amm/concentratedStep.ts";
import type { V2State } from "../../amm/poolState.ts";
import { v2AmountOut } from "../../amm/v2.ts";
import type { PoolTable } from "./poolTable.ts";

const UINT112_MAX = (1n << 112n) - 1n;

/** The cycle `edges[at .. at + hops)`. */
export interface Way {
  readonly edges: Int32Array;
  readonly at: number;
  readonly hops: number;
  /** By hop: not 0 where a concentrated pool is expected to cross a tick. */
  readonly crossing: Uint8Array;
}

/**
 * Exact amounts along the way, input first; null when a pool cannot take its whole input or gives nothing. All its pools
 * must be such that can be priced.
 */
export function amountsThrough(
  table: PoolTable,
  input: bigint,
  { edges, at, hops, crossing }: Way,
): bigint[] | null {
  const amounts = [input];
  let amount = input;
  for (let hop = 0; hop < hops; hop++) {
    const edge = edges[at + hop] ?? 0;
    const state = table.exactState(edge >> 1);
    if (state === null) return null;
    const zeroForOne = edge % 2 === 0;
    if (state.kind === "v2") amount = v2Through(state, zeroForOne, amount);
    else {
      const short = crossing[hop] === 0 ? outputBeforeStop(state, zeroForOne, amount) : null;
      amount = short ?? concentratedOutput(state, zeroForOne, amount);
    }
    if (amount === 0n) return null;
    amounts.push(amount);
  }
  return amounts;
}

/** As `v2Output` of a state that can be priced. */
function v2Through({ reserve0, reserve1, feePpm }: V2State, zeroForOne: boolean, amountIn: bigint): bigint {
  const reserveIn = zeroForOne ? reserve0 : reserve1;
  if (reserveIn + amountIn > UINT112_MAX) return 0n;
  return v2AmountOut(amountIn, reserveIn, zeroForOne ? reserve1 : reserve0, feePpm);
}
