import type { PoolState } from "../amm/poolState.ts";
import { amountIn, amountOut } from "../amm/swap.ts";
import { createCurve } from "./curve.ts";
import type { Curve } from "./curve.ts";

/** One hop of a cycle with the state that it meets, ready to be sized. */
export interface Leg {
  readonly state: PoolState;
  readonly zeroForOne: boolean;
  readonly curve: Curve;
}

export const createLeg = (state: PoolState, zeroForOne: boolean): Leg => ({
  state,
  zeroForOne,
  curve: createCurve(state, zeroForOne),
});

/** Exact amounts along the legs, input first; null when a hop cannot take its whole input or gives nothing. */
export function amountsAlong(legs: readonly Leg[], input: bigint): readonly bigint[] | null {
  if (input <= 0n) return null;
  const amounts = [input];
  let amount = input;
  for (const { state, zeroForOne } of legs) {
    amount = amountOut(state, zeroForOne, amount);
    if (amount === 0n) return null;
    amounts.push(amount);
  }
  return amounts;
}

/** Least input of the legs that gives `wanted` after the first `hops` of them; null when they cannot give it. */
export function leastInput(legs: readonly Leg[], hops: number, wanted: bigint): bigint | null {
  let amount: bigint | null = wanted;
  for (const leg of legs.slice(0, hops).toReversed()) {
    amount = leastInputOf(leg, amount);
    if (amount === null) return null;
  }
  return amount;
}

/** The V2 router asks for one unit too many where its division has no remainder. */
function leastInputOf({ state, zeroForOne }: Leg, wanted: bigint): bigint | null {
  const asked = amountIn(state, zeroForOne, wanted);
  if (asked === null || asked <= 1n || state.kind !== "v2") return asked;
  return amountOut(state, zeroForOne, asked - 1n) >= wanted ? asked - 1n : asked;
}
