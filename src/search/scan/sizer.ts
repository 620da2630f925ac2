import { lastStop } from "../../amm/concentrated.ts";
import { createLeg } from "../leg.ts";
import type { Leg } from "../leg.ts";
import { estimateSize, sizeCycle } from "../sizing.ts";
import type { Sizing } from "../sizing.ts";
import { amountsThrough } from "./exactHops.ts";
import type { Way } from "./exactHops.ts";
import type { Optimum } from "./optimum.ts";
import type { PoolTable } from "./poolTable.ts";
import { createStaircase, createStand, FLOORS, settle, smoothOutput, STAIR } from "./staircase.ts";
import type { Stand } from "./staircase.ts";
import {
  BEST,
  createStairWalk,
  INPUT,
  isSettled,
  PROFIT,
  TOLERANCE,
  walkFees,
  walkUnits,
} from "./stairWalk.ts";
import type { StairWalk } from "./stairWalk.ts";
import { MOST_HOPS } from "./walk.ts";

/** Of the profit: the answer may be this far below what no size passes without a further look. */
const NEAR = 9e-7;
/** Stops on the way of one cycle whose rounding is believed; more of them are left to the slow search. */
const MOST_STOPS = 8;
/** Relative error of a float chain, with room. */
const FLOAT_ERROR = 1e-12;
/** Where a pool ends, floats may overshoot: the input is then taken smaller by the first of these that fits. */
const HAIRS = [0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9] as const;

/**
 * Sizes of cycles given as edges, for the few that are to be sent now: some microseconds each, where `sizeCycle` takes
 * its time.
 */
export interface Sizer {
  /**
   * The best integer size of `edges[at .. at + hops)`, exact amounts; null when no integer size pays. It earns at
   * least 1 - 1e-6 of what any size can, or less by no more than a raw unit of one of its tokens.
   */
  size(edges: Int32Array, at: number, hops: number): Sizing | null;
}

export interface SizerParts {
  readonly table: PoolTable;
  readonly optimum: Optimum;
  /** By token: wei of native per raw unit. */
  readonly prices: Float64Array;
  /** By edge: the token that goes in. */
  readonly tokenIn: Int32Array;
}

interface Work extends Way {
  readonly parts: SizerParts;
  readonly walk: StairWalk;
  readonly stand: Stand;
  /** Before each hop, at the closed form's size. */
  readonly amounts: Float64Array;
  readonly crossing: Uint8Array;
  /** By hop: 1 when it stands behind its last stop. */
  readonly settled: Uint8Array;
  edges: Int32Array;
  at: number;
  hops: number;
  /** What rounding may cost at the closed form's size, in raw units of the base. */
  cost: number;
}

/**
 * The closed form's size first. Where rounding can cost more than NEAR, the staircase is looked at in floats, outwards
 * from there: along the units of the token whose unit is worth most, and along the whole fees of concentrated pools.
 * Exact integers then decide, and where they fall short of what was foreseen, the slow search does it again.
 */
export function createSizer(parts: SizerParts): Sizer {
  const stairs = createStaircase();
  const work: Work = {
    parts,
    walk: createStairWalk(stairs),
    stand: createStand(stairs, parts.table.curves),
    amounts: new Float64Array(MOST_HOPS + 1),
    crossing: new Uint8Array(MOST_HOPS),
    settled: new Uint8Array(MOST_HOPS),
    edges: new Int32Array(0),
    at: 0,
    hops: 0,
    cost: 0,
  };
  return {
    size: (edges, at, hops) => {
      work.edges = edges;
      work.at = at;
      work.hops = hops;
      return sizeNow(work);
    },
  };
}

function sizeNow(work: Work): Sizing | null {
  const { parts, walk, edges, at, hops } = work;
  const value = parts.optimum.profitFloat(edges, at, hops);
  const input = parts.optimum.inputFloat[0] ?? 0;
  const profit = value / (parts.prices[parts.tokenIn[edges[at] ?? 0] ?? 0] ?? 1);
  if (!(profit + input * FLOAT_ERROR >= 1)) return null;
  const { sums } = walk;
  const tolerance = Math.max(profit * NEAR, 1);
  sums[PROFIT] = profit;
  sums[TOLERANCE] = tolerance;
  walk.hops = hops;
  work.cost = standAt(work, input);
  const least = profit - tolerance - MOST_STOPS * work.cost;
  const quick = work.cost <= 2 * tolerance ? exactNear(work, input, profit - tolerance) : null;
  if (quick !== null) return quick;
  const found = lookAround(work);
  return found !== null && Number(found.profit) >= least ? found : sizeSlowly(work);
}

/** Puts every hop where the input takes it; answers what rounding may cost, in raw units of the base. */
function standAt(work: Work, input: number): number {
  const { walk, amounts, crossing, settled, edges, at, hops } = work;
  const { stairs } = walk;
  let cost = 1;
  let amount = input;
  for (let hop = 0; hop < hops; hop++) {
    amounts[hop] = amount;
    settled[hop] = 0;
    const before = work.stand(hop, edges[at + hop] ?? 0, amount);
    crossing[hop] = before > 0 ? 1 : 0;
    cost += (input / amount) * (stairs[hop * STAIR + FLOORS] === 1 ? 2 + 2 * before : 1);
    amount = smoothOutput(stairs, hop, amount);
  }
  amounts[hops] = amount;
  return cost;
}

/** At most two looks: a pool that turns out to cross a stop of its contract is put behind that for the second. */
function lookAround(work: Work): Sizing | null {
  const { walk, crossing, hops } = work;
  const { sums } = walk;
  let crosses = 0;
  for (let hop = 0; hop < hops; hop++) crosses |= crossing[hop] ?? 0;
  if (crosses !== 0) settleAll(work);
  for (let look = 0; look < 2; look++) {
    sums[BEST] = 0;
    walkAll(work);
    const best = sums[BEST] ?? 0;
    if (best === 0) return null;
    const sizing = exactNear(work, sums[INPUT] ?? 0, best - (sums[TOLERANCE] ?? 0));
    if (sizing !== null) return sizing;
    if (!settleAll(work)) return null;
  }
  return null;
}

function walkAll({ walk, amounts, hops }: Work): void {
  const input = amounts[0] ?? 0;
  let coarse = 0;
  for (let hop = 1; hop < hops; hop++) if ((amounts[hop] ?? 0) < (amounts[coarse] ?? 0)) coarse = hop;
  walkFees(walk, coarse, amounts[coarse] ?? 0);
  if (!isSettled(walk)) walkUnits(walk, coarse, amounts[coarse] ?? 0);
  for (let hop = 0; hop < hops && !isSettled(walk); hop++) {
    const unit = input / (amounts[hop] ?? 0);
    if (hop !== coarse && unit > (walk.sums[TOLERANCE] ?? 0)) walkFees(walk, hop, amounts[hop] ?? 0);
  }
}

/** Puts concentrated hops behind their last stops, and lowers the bound to what is left then; false when none is new. */
function settleAll({ parts, walk, amounts, settled, edges, at, hops, cost }: Work): boolean {
  const { stairs, sums } = walk;
  let found = false;
  let amount = amounts[0] ?? 0;
  for (let hop = 0; hop < hops; hop++) {
    const edge = edges[at + hop] ?? 0;
    const state = parts.table.exactState(edge >> 1);
    if (state !== null && state.kind !== "v2" && settled[hop] === 0) {
      const stop = lastStop(state, edge % 2 === 0, BigInt(Math.floor(amount)));
      // Behind a stop without liquidity nothing more is given.
      if (stop !== null && stop.liquidity > 0n) {
        settle(stairs, hop, edge % 2 === 0, stop);
        settled[hop] = 1;
        found = true;
      }
    }
    amounts[hop] = amount;
    amount = smoothOutput(stairs, hop, amount);
  }
  const before = sums[PROFIT] ?? 0;
  sums[PROFIT] = Math.max(before - MOST_STOPS * cost, Math.min(before, amount - (amounts[0] ?? 0)));
  return found;
}

/** The exact amounts at an input, or a hair below it where a pool ends there; null when they earn less than `least`. */
function exactNear(work: Work, inputFloat: number, least: number): Sizing | null {
  for (const hair of HAIRS) {
    const sizing = exactAt(work, inputFloat * (1 - hair));
    if (sizing !== null) return Number(sizing.profit) >= least ? sizing : null;
  }
  return null;
}

function exactAt(work: Work, inputFloat: number): Sizing | null {
  const input = inputFloat >= 1 ? BigInt(Math.floor(inputFloat)) : 1n;
  const amounts = amountsThrough(work.parts.table, input, work);
  return amounts && { amounts, profit: (amounts[work.hops] ?? 0n) - input };
}

function sizeSlowly({ parts, edges, at, hops }: Work): Sizing | null {
  const legs: Leg[] = [];
  for (let hop = at; hop < at + hops; hop++) {
    const edge = edges[hop] ?? 0;
    const state = parts.table.exactState(edge >> 1);
    if (state === null) return null;
    legs.push(createLeg(state, edge % 2 === 0));
  }
  const estimate = estimateSize(legs);
  return estimate && sizeCycle(legs, estimate);
}
