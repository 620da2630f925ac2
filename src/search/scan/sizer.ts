import { lastStretch } from "../../amm/stretch.ts";
import type { Stretch } from "../../amm/stretch.ts";
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
  PATIENCE,
  PROFIT,
  TOLERANCE,
  WHOLE,
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
  /** By hop: where it stands, if that is behind a stop. */
  readonly stretches: (Stretch | null)[];
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
    stretches: Array.from({ length: MOST_HOPS }, () => null),
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
  walk.hops = hops;
  foresee(work, profit, input);
  work.cost = standAt(work, input);
  const tolerance = walk.sums[TOLERANCE] ?? 0;
  const least = profit - tolerance - MOST_STOPS * work.cost;
  const quick =
    work.cost <= 2 * tolerance ? exactNear(work, input, (walk.sums[PROFIT] ?? 0) - tolerance) : null;
  if (quick !== null) return quick;
  const found = lookAround(work);
  return found !== null && Number(found.profit) >= least ? found : sizeSlowly(work);
}

/** What no size passes, and how near to it is near enough. */
function foresee({ walk }: Work, profit: number, input: number): void {
  const { sums } = walk;
  sums[PROFIT] = profit;
  sums[WHOLE] = Math.floor(profit + input * FLOAT_ERROR);
  sums[TOLERANCE] = Math.max(profit * NEAR, 1);
}

/** Puts every hop where the input takes it; answers what rounding may cost, in raw units of the base. */
function standAt(work: Work, input: number): number {
  const { walk, amounts, stretches, edges, at, hops } = work;
  const { stairs } = walk;
  let cost = 1;
  let crosses = false;
  let amount = input;
  for (let hop = 0; hop < hops; hop++) {
    amounts[hop] = amount;
    stretches[hop] = null;
    const before = work.stand(hop, edges[at + hop] ?? 0, amount);
    if (before > 0 && settleHop(work, hop)) crosses = true;
    cost += (input / amount) * (stairs[hop * STAIR + FLOORS] === 1 ? 2 + 2 * before : 1);
    amount = smoothOutput(stairs, hop, amount);
  }
  if (crosses) lower(work, amount - input, MOST_STOPS * cost);
  return cost;
}

/** Puts a hop of a concentrated pool behind the last stop of its contract; false where it crosses none. */
function settleHop({ parts, walk, amounts, stretches, edges, at }: Work, hop: number): boolean {
  const edge = edges[at + hop] ?? 0;
  const state = parts.table.exactState(edge >> 1);
  if (state === null || state.kind === "v2") return false;
  const stretch = lastStretch(state, edge % 2 === 0, BigInt(Math.floor(amounts[hop] ?? 0)));
  if (stretch === null) return false;
  settle(walk.stairs, hop, stretch);
  stretches[hop] = stretch;
  return true;
}

/** Lowers the bound to what stops leave of it, by so much at most. */
function lower(work: Work, profit: number, most: number): void {
  const before = work.walk.sums[PROFIT] ?? 0;
  foresee(work, Math.max(before - most, Math.min(before, profit)), work.amounts[0] ?? 0);
}

/** At most two looks: a pool that turns out to cross a stop of its contract is put behind that for the second. */
function lookAround(work: Work): Sizing | null {
  const { sums } = work.walk;
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
  if (!isSettled(walk, 0)) walkUnits(walk, coarse, amounts[coarse] ?? 0);
  for (let hop = 0; hop < hops && !isSettled(walk, PATIENCE); hop++) {
    const unit = input / (amounts[hop] ?? 0);
    if (hop !== coarse && unit > (walk.sums[TOLERANCE] ?? 0)) walkFees(walk, hop, amounts[hop] ?? 0);
  }
}

/** Puts concentrated hops behind stops that the closed form does not know; false when there are none. */
function settleAll(work: Work): boolean {
  const { walk, amounts, stretches, hops } = work;
  const input = amounts[0] ?? 0;
  let found = false;
  let amount = input;
  for (let hop = 0; hop < hops; hop++) {
    amounts[hop] = amount;
    if (stretches[hop] === null && settleHop(work, hop)) found = true;
    amount = smoothOutput(walk.stairs, hop, amount);
  }
  if (found) lower(work, amount - input, MOST_STOPS * work.cost);
  return found;
}

/** The exact amounts at an input, or a hair below it where a pool ends there; null when they earn nothing, or less. */
function exactNear(work: Work, inputFloat: number, least: number): Sizing | null {
  for (const hair of HAIRS) {
    const sizing = exactAt(work, inputFloat * (1 - hair));
    if (sizing !== null) return Number(sizing.profit) >= Math.max(least, 1) ? sizing : null;
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
