import { createLeg } from "../../src/search/leg.ts";
import type { Leg } from "../../src/search/leg.ts";
import { estimateSize } from "../../src/search/sizing.ts";
import type { PeerState } from "./peerState.ts";
import { exactHop } from "./sizing.ts";
import type { ExactOut } from "./sizing.ts";
import type { ThreeHopList } from "./threeHops.ts";

/** What sizes listed cycles by closed form, by edge; each entry follows from the pool's present state. */
export interface ClosedForm {
  readonly edges: Int32Array;
  readonly states: PeerState["states"];
  readonly reserveIn: Float64Array;
  /** 1 - fee for V2; 0 says that the pool is none of constant product. */
  readonly afterFee: Float64Array;
  /** Made when first needed. */
  readonly legs: (Leg | null)[];
  readonly hops: (ExactOut | null)[];
  /** Profit at the size that `closedFormInput` answered last: an estimate. */
  profitFloat: number;
}

export function createClosedForm({ edges }: ThreeHopList, { states }: PeerState): ClosedForm {
  const form: ClosedForm = {
    edges,
    states,
    reserveIn: new Float64Array(2 * states.length),
    afterFee: new Float64Array(2 * states.length),
    legs: Array.from({ length: 2 * states.length }, () => null),
    hops: Array.from({ length: 2 * states.length }, () => null),
    profitFloat: 0,
  };
  for (let pool = 0; pool < states.length; pool++) readPool(form, pool);
  return form;
}

/** Takes over the pool's state; to be called after each change of it. */
export function readPool({ states, reserveIn, afterFee, legs, hops }: ClosedForm, pool: number): void {
  const state = states[pool] ?? null;
  for (const edge of [2 * pool, 2 * pool + 1]) {
    legs[edge] = null;
    hops[edge] = null;
    afterFee[edge] = state?.kind === "v2" ? 1 - state.feePpm / 1e6 : 0;
  }
  if (state?.kind !== "v2") return;
  reserveIn[2 * pool] = Number(state.reserve0);
  reserveIn[2 * pool + 1] = Number(state.reserve1);
}

/**
 * Input at which a listed cycle earns most, in raw units of its base: an estimate, 0 where none pays. V2 alone: the
 * chain is x -> p x / (q + s x), whose profit peaks at (sqrt(p q) - q) / s. Otherwise the piecewise closed form.
 */
export function closedFormInput(form: ClosedForm, cycle: number): number {
  const { edges, reserveIn, afterFee } = form;
  let p = 1;
  let q = 1;
  let s = 0;
  for (let at = 3 * cycle; at < 3 * cycle + 3; at++) {
    const edge = edges[at] ?? 0;
    const fee = afterFee[edge] ?? 0;
    if (fee === 0) return piecewiseInput(form, cycle);
    const depth = reserveIn[edge] ?? 0;
    s = depth * s + fee * p;
    q *= depth;
    p *= fee * (reserveIn[edge ^ 1] ?? 0);
  }
  const peak = (Math.sqrt(p * q) - q) / s;
  form.profitFloat = peak > 0 ? (p * peak) / (q + s * peak) - peak : 0;
  return peak > 0 ? peak : 0;
}

function piecewiseInput(form: ClosedForm, cycle: number): number {
  const { edges, states, legs } = form;
  const route: Leg[] = [];
  for (let at = 3 * cycle; at < 3 * cycle + 3; at++) {
    const edge = edges[at] ?? 0;
    const state = states[edge >> 1] ?? null;
    if (state === null) break;
    route.push((legs[edge] ??= createLeg(state, (edge & 1) === 0)));
  }
  const estimate = route.length === 3 ? estimateSize(route) : null;
  form.profitFloat = estimate?.profitFloat ?? 0;
  return estimate?.inputFloat ?? 0;
}

/** Exact gain of an input; not positive where it does not pay. */
export function exactGain({ edges, states, hops }: ClosedForm, cycle: number, amountIn: bigint): bigint {
  let amount = amountIn;
  for (let at = 3 * cycle; at < 3 * cycle + 3; at++) {
    const edge = edges[at] ?? 0;
    const state = states[edge >> 1] ?? null;
    if (state === null) return -amountIn;
    const hop = (hops[edge] ??= exactHop({ state, zeroForOne: (edge & 1) === 0 }));
    amount = hop(amount);
    if (amount === 0n) break;
  }
  return amount - amountIn;
}
