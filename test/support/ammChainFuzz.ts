import type { ConcentratedState } from "../../src/amm/poolState.ts";
import { swap } from "../../src/amm/swap.ts";
import { positionAtOrBelow, wordEnd, wordStart } from "../../src/amm/tickTable.ts";
import type { AmmChain, PoolFactory } from "./ammChain.ts";
import {
  askPool,
  createPool,
  expectSameState,
  expectSameSwap,
  type FollowedPool,
  movePosition,
  requestOf,
  type SwapCase,
  swapInOrder,
} from "./ammChainPool.ts";
import { priceNear, type Random, randomRange } from "./ammChainRandom.ts";

/** What a run has covered: a fuzz that only ever met easy cases must not pass. */
export interface Coverage {
  swaps: number;
  refused: number;
  partial: number;
  exactOut: number;
  /** Swaps that changed the liquidity in range. */
  crossed: number;
  empty: number;
}

export const emptyCoverage = (): Coverage => ({
  swaps: 0,
  refused: 0,
  partial: 0,
  exactOut: 0,
  crossed: 0,
  empty: 0,
});

const bitLength = (value: bigint): number => value.toString(2).length;

/** A tick ahead to aim at: an initialised one, the edge of a word, or any. */
function tickAhead(random: Random, state: ConcentratedState, zeroForOne: boolean): number {
  const { tick, tickSpacing, ticks } = state;
  const sign = zeroForOne ? -1 : 1;
  const anyTick = tick + sign * Number(random.bits(0, 13));
  if (ticks === null || random.chance(0.3)) return anyTick;
  if (random.chance(0.25)) {
    const edge = (zeroForOne ? wordStart : wordEnd)(tick, tickSpacing);
    return Math.abs(edge - tick) < 60_000 ? edge : anyTick;
  }
  const position = positionAtOrBelow(ticks, tick) + (zeroForOne ? 0 : 1) + sign * random.integer(0, 3);
  return ticks.indexes[position] ?? anyTick;
}

/** The amount that moves the price to about `target`, give or take one unit. */
function edgeCase(
  random: Random,
  state: ConcentratedState,
  zeroForOne: boolean,
  target: bigint,
): SwapCase | null {
  const reached = swap(state, { zeroForOne, amountIn: 1n << 250n, sqrtPriceLimitX96: target });
  if (!reached.ok) return null;
  const nudge = BigInt(random.integer(-1, 1));
  const amount = random.chance(0.5) ? reached.swap.amountIn + nudge : -reached.swap.amountOut + nudge;
  return { zeroForOne, amount, limit: random.chance(0.2) ? target : null };
}

export function randomCase(random: Random, state: ConcentratedState): SwapCase {
  const zeroForOne = random.chance(0.5);
  const target = priceNear(random, tickAhead(random, state, zeroForOne));
  const edge = random.chance(0.4) ? edgeCase(random, state, zeroForOne, target) : null;
  if (edge !== null) return edge;
  const headroom = random.pick([2, 6, 10, 24]);
  const largest = random.chance(0.01) ? 254 : Math.min(bitLength(state.liquidity) + headroom, 254);
  const size = random.bits(random.chance(0.01) ? 0 : 1, largest);
  // Every word on the way to the end of prices costs gas: with narrow words that way is for the few.
  const limited = random.chance(state.tickSpacing < 10 ? 0.997 : state.tickSpacing < 200 ? 0.8 : 0.4);
  const reachable = zeroForOne ? target < state.sqrtPriceX96 : target > state.sqrtPriceX96;
  const near = priceNear(random, state.tick + (zeroForOne ? -300 : 300));
  const limit = reachable || random.chance(0.1) ? target : near;
  return { zeroForOne, amount: random.chance(0.5) ? size : -size, limit: limited ? limit : null };
}

function count(coverage: Coverage, before: ConcentratedState, swapCase: SwapCase): void {
  const result = swap(before, requestOf(swapCase));
  coverage.swaps++;
  if (!result.ok) {
    coverage.refused++;
    return;
  }
  const { after, complete, amountOut } = result.swap;
  if (!complete) coverage.partial++;
  if (swapCase.amount < 0n) coverage.exactOut++;
  if (amountOut === 0n) coverage.empty++;
  if (after.kind !== "v2" && after.liquidity !== before.liquidity) coverage.crossed++;
}

interface Position {
  readonly range: readonly [number, number];
  amount: bigint;
}

/** A few mints and burns; some ranges begin where another ends with the same liquidity: net zero, initialised. */
export async function changeLiquidity(
  chain: AmmChain,
  random: Random,
  pool: FollowedPool,
  positions: Position[],
): Promise<void> {
  const { tickSpacing, tick } = pool.state;
  const mostBits = random.integer(1, 127 - bitLength(BigInt(Math.ceil(1_774_544 / tickSpacing))) - 5);
  for (let i = random.integer(1, 6); i > 0; i--) {
    const { lower, upper } = randomRange(random, tick, tickSpacing);
    const last = positions.at(-1);
    const joins = last !== undefined && random.chance(0.3) && last.range[1] < upper;
    const amount = joins ? last.amount : random.bits(1, mostBits);
    const range = joins ? ([last.range[1], upper] as const) : ([lower, upper] as const);
    if (amount === 0n) continue;
    await movePosition(chain, pool, range, amount);
    positions.push({ range, amount });
  }
  const burnt = positions[random.integer(0, positions.length - 1)];
  if (burnt === undefined || !random.chance(0.6)) return;
  const part = random.chance(0.6) ? burnt.amount : burnt.amount / 2n;
  if (part > 0n) await movePosition(chain, pool, burnt.range, -part);
  burnt.amount -= part;
}

interface Bench {
  readonly chain: AmmChain;
  readonly random: Random;
  readonly pool: FollowedPool;
  readonly coverage: Coverage;
}

/** One pool through some rounds: liquidity moves, many swaps each alone, then a sequence that stays. */
export async function fuzzPool(
  chain: AmmChain,
  factory: PoolFactory,
  random: Random,
  plan: {
    readonly facts: Pick<ConcentratedState, "kind" | "feePpm" | "tickSpacing">;
    readonly rounds: number;
    readonly alone: number;
    readonly sequence: number;
    readonly coverage: Coverage;
  },
): Promise<void> {
  const { facts, coverage } = plan;
  const home = random.chance(0.8) ? random.integer(-200_000, 200_000) : random.integer(-887_000, 887_000);
  const pool = await createPool(chain, factory, facts, priceNear(random, home));
  const positions: Position[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    await changeLiquidity(chain, random, pool, positions);
    await expectSameState(chain, pool);
    await swapAlone({ chain, random, pool, coverage }, plan.alone);
    await swapInSequence({ chain, random, pool, coverage }, plan.sequence);
    await expectSameState(chain, pool);
  }
}

async function swapAlone({ chain, random, pool, coverage }: Bench, many: number): Promise<void> {
  const cases = Array.from({ length: many }, () => randomCase(random, pool.state));
  const outcomes = await askPool(chain, pool, cases);
  for (const [i, swapCase] of cases.entries()) {
    const outcome = outcomes[i];
    if (outcome === undefined) throw new Error("an outcome is missing");
    expectSameSwap(pool.state, swapCase, outcome);
    count(coverage, pool.state, swapCase);
  }
}

async function swapInSequence({ chain, random, pool, coverage }: Bench, many: number): Promise<void> {
  const cases: SwapCase[] = [];
  let ahead = pool.state;
  for (let i = 0; i < many; i++) {
    const swapCase = randomCase(random, ahead);
    cases.push(swapCase);
    count(coverage, ahead, swapCase);
    const result = swap(ahead, requestOf(swapCase));
    if (result.ok && result.swap.after.kind !== "v2") ahead = result.swap.after;
  }
  await swapInOrder(chain, pool, cases);
}
