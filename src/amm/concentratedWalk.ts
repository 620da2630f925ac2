import { ceilDiv } from "../lib/bigint.ts";
import type { ConcentratedState, TickTable } from "./poolState.ts";
import {
  amount0Down,
  amount0Up,
  amount1Down,
  amount1Up,
  priceAfterAmount0In,
  priceAfterAmount0Out,
  priceAfterAmount1In,
  priceAfterAmount1Out,
  Q96,
} from "./sqrtPriceMath.ts";
import {
  MAX_SQRT_RATIO,
  MAX_TICK,
  MIN_SQRT_RATIO,
  MIN_TICK,
  sqrtRatioAtTick,
  tickAtSqrtRatio,
} from "./tickMath.ts";
import { positionAtOrBelow, wordEnd, wordStart } from "./tickTable.ts";

const MILLION = 1_000_000n;
const UINT128_MAX = (1n << 128n) - 1n;

/** A swap under way: one mutable record a swap, so that a step allocates numbers only. */
export interface Walk {
  readonly zeroForOne: boolean;
  readonly tickSpacing: number;
  readonly fee: bigint;
  readonly afterFee: bigint;
  readonly limit: bigint;
  readonly ticks: TickTable | null;
  price: bigint;
  liquidity: bigint;
  /** The pool's tick; behind the price once `inside` is true. */
  tick: number;
  /** The price stopped between two stops of the contract: `tick` has to be found from it. */
  inside: boolean;
  /** Position in `ticks` of the greatest tick <= `tick`. */
  position: number;
  left: bigint;
  paid: bigint;
  got: bigint;
  /** Where the next step ends at the latest, and whether that tick is initialised. */
  stop: number;
  initialised: boolean;
  /** Stops that it may still make; below zero once it would have needed more. */
  stopsLeft: number;
  /** What the contract has passed: edges of its bitmap's words, also where we look past them, and initialised ticks. */
  edges: number;
  crossings: number;
}

/** More than there are ticks. */
const ENDLESS = 2 ** 30 - 1;

/** The price at which the swap stops; null where the contract refuses it (SPL). */
export function limitOf(state: ConcentratedState, zeroForOne: boolean, asked?: bigint): bigint | null {
  const limit = asked ?? (zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n);
  const reachable = zeroForOne
    ? limit < state.sqrtPriceX96 && limit > MIN_SQRT_RATIO
    : limit > state.sqrtPriceX96 && limit < MAX_SQRT_RATIO;
  return reachable ? limit : null;
}

export function startWalk(
  state: ConcentratedState,
  zeroForOne: boolean,
  limit: bigint,
  amount: bigint,
): Walk {
  const { ticks, tick, feePpm } = state;
  return {
    zeroForOne,
    tickSpacing: state.tickSpacing,
    fee: BigInt(feePpm),
    afterFee: BigInt(1_000_000 - feePpm),
    limit,
    ticks,
    price: state.sqrtPriceX96,
    liquidity: state.liquidity,
    tick,
    inside: false,
    position: ticks === null ? 0 : positionAtOrBelow(ticks, tick),
    left: amount,
    paid: 0n,
    got: 0n,
    stop: 0,
    initialised: false,
    stopsLeft: ENDLESS,
    edges: 0,
    crossings: 0,
  };
}

/**
 * Finds the next stop. The contract looks for initialised ticks within one word of its bitmap and stops at the
 * word's edge too; every stop rounds, so the edges count. Without liquidity nothing is exchanged and nothing
 * rounds: there we look past the edges, in one step.
 */
function findStop(walk: Walk, ticks: TickTable): void {
  const { zeroForOne, tick, tickSpacing, liquidity } = walk;
  const candidate = ticks.indexes[zeroForOne ? walk.position : walk.position + 1];
  if (zeroForOne) {
    const edge = liquidity === 0n ? MIN_TICK : wordStart(tick, tickSpacing);
    walk.initialised = candidate !== undefined && candidate >= edge;
    walk.stop = walk.initialised ? (candidate ?? 0) : Math.max(edge, MIN_TICK);
    return;
  }
  const edge = liquidity === 0n ? MAX_TICK : wordEnd(tick, tickSpacing);
  walk.initialised = candidate !== undefined && candidate <= edge;
  walk.stop = walk.initialised ? (candidate ?? 0) : Math.min(edge, MAX_TICK);
}

/** Without a tick list the pool is known up to the ends of its current tick interval only. */
function findIntervalEnd(walk: Walk): void {
  const low = Math.floor(walk.tick / walk.tickSpacing) * walk.tickSpacing;
  walk.stop = walk.zeroForOne ? Math.max(low, MIN_TICK) : Math.min(low + walk.tickSpacing, MAX_TICK);
  walk.initialised = false;
}

/** Whether `usable` input pays the whole way to `target`: the contract's comparison, without its division. */
function reaches(walk: Walk, usable: bigint, target: bigint): boolean {
  const { price, liquidity } = walk;
  return walk.zeroForOne
    ? usable * (price * target) >= (liquidity << 96n) * (price - target)
    : usable * Q96 >= liquidity * (target - price);
}

const inputUp = (walk: Walk, end: bigint): bigint =>
  walk.zeroForOne ? amount0Up(end, walk.price, walk.liquidity) : amount1Up(walk.price, end, walk.liquidity);

const outputDown = (walk: Walk, end: bigint): bigint =>
  walk.zeroForOne
    ? amount1Down(end, walk.price, walk.liquidity)
    : amount0Down(walk.price, end, walk.liquidity);

/** Goes on to `end` for `spent`, fee included. */
function goTo(walk: Walk, end: bigint, spent: bigint): void {
  walk.got += outputDown(walk, end);
  walk.paid += spent;
  walk.left -= spent;
  walk.price = end;
}

/** What the whole way to `target` costs, fee included. */
function costOf(walk: Walk, target: bigint): bigint {
  const input = inputUp(walk, target);
  return input + ceilDiv(input * walk.fee, walk.afterFee);
}

/** A step of a walk: from its price towards a target, at constant liquidity. */
export type Step = (walk: Walk, target: bigint) => void;

/** SwapMath.computeSwapStep for an exact input. What a step short of its target leaves unused is fee. */
export function stepIn(walk: Walk, target: bigint): void {
  const usable = (walk.left * walk.afterFee) / MILLION;
  if (reaches(walk, usable, target)) goTo(walk, target, costOf(walk, target));
  else {
    const after = walk.zeroForOne ? priceAfterAmount0In : priceAfterAmount1In;
    goTo(walk, after(walk.price, walk.liquidity, usable), walk.left);
  }
}

/** As `stepIn` where the input pays the whole way to the target, which is where it reaches it; no step else. */
export function stepWhole(walk: Walk, target: bigint): void {
  const cost = costOf(walk, target);
  if (cost <= walk.left) goTo(walk, target, cost);
}

/** SwapMath.computeSwapStep for an exact output. */
export function stepOut(walk: Walk, target: bigint): void {
  const available = outputDown(walk, target);
  let end = target;
  let given = available;
  if (walk.left < available) {
    end = (walk.zeroForOne ? priceAfterAmount1Out : priceAfterAmount0Out)(
      walk.price,
      walk.liquidity,
      walk.left,
    );
    // The price was rounded so that at least this much leaves; no more than asked is given.
    given = walk.left;
  }
  walk.paid += costOf(walk, end);
  walk.got += given;
  walk.left -= given;
  walk.price = end;
}

/** The word of the bitmap that holds a tick. */
const wordOf = (tick: number, tickSpacing: number): number => Math.floor(tick / tickSpacing) >> 8;

/** Edges of words that the contract stops at on its way to a tick, where we go there in one step. */
function edgesTo({ zeroForOne, tick, tickSpacing }: Walk, to: number): number {
  if (zeroForOne) return wordOf(tick, tickSpacing) - wordOf(to, tickSpacing);
  // Upwards it looks from the next tick on.
  const next = tick + tickSpacing;
  return wordOf(Math.max(to, next), tickSpacing) - wordOf(next, tickSpacing);
}

/** Takes the price over the stop it stands on. False when the liquidity leaves uint128: no pool can be so. */
function cross(walk: Walk, ticks: TickTable): boolean {
  if (walk.initialised) {
    const net = ticks.liquidityNet[walk.zeroForOne ? walk.position : walk.position + 1] ?? 0n;
    walk.liquidity += walk.zeroForOne ? -net : net;
    walk.position += walk.zeroForOne ? -1 : 1;
    walk.crossings++;
    if (walk.liquidity < 0n || walk.liquidity > UINT128_MAX) return false;
  } else walk.edges++;
  walk.tick = walk.zeroForOne ? walk.stop - 1 : walk.stop;
  return true;
}

/** Walks until nothing is left, the limit is reached, knowledge or its stops end. False: the state is invalid. */
export function run(walk: Walk, step: Step): boolean {
  const { ticks, zeroForOne, limit } = walk;
  while (walk.left > 0n && walk.price !== limit) {
    if (--walk.stopsLeft < 0) return true;
    if (ticks === null) findIntervalEnd(walk);
    else findStop(walk, ticks);
    const stopPrice = sqrtRatioAtTick(walk.stop);
    // A tick on the wrong side of the price would exchange negative amounts.
    if (zeroForOne ? stopPrice > walk.price : stopPrice < walk.price) return false;
    const target = (zeroForOne ? stopPrice < limit : stopPrice > limit) ? limit : stopPrice;
    const before = walk.price;
    if (walk.liquidity === 0n) {
      walk.price = target;
      if (ticks !== null)
        walk.edges += edgesTo(walk, target === stopPrice ? walk.stop : tickAtSqrtRatio(target));
    } else step(walk, target);
    walk.inside = walk.price !== before && walk.price !== stopPrice;
    if (walk.price !== stopPrice) return true;
    if (ticks === null) {
      walk.tick = zeroForOne ? walk.stop : walk.stop - 1;
      return true;
    }
    if (!cross(walk, ticks)) return false;
  }
  return true;
}

export function tickAfter(walk: Walk): number {
  if (!walk.inside) return walk.tick;
  const tick = tickAtSqrtRatio(walk.price);
  // Without liquidity we passed the words' edges in one step; the contract stops on one and steps below it.
  const onEdge =
    walk.liquidity === 0n &&
    walk.zeroForOne &&
    wordStart(tick, walk.tickSpacing) === tick &&
    sqrtRatioAtTick(tick) === walk.price;
  return onEdge ? tick - 1 : tick;
}
