import { decodeEventLog, parseAbi } from "viem";
import { expect } from "vitest";
import { z } from "zod";
import type { PoolLog } from "../../src/amm/logWords.ts";
import { applyPoolLog, type LogEffect, POOL_TOPICS } from "../../src/amm/poolLog.ts";
import type { ConcentratedState, SwapRequest } from "../../src/amm/poolState.ts";
import { amountIn, amountOut, swap } from "../../src/amm/swap.ts";
import { MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../src/amm/tickMath.ts";
import { tickTable } from "../../src/amm/tickTable.ts";
import type { Address } from "../../src/chain/types.ts";
import { type AmmChain, logsOf, POOL_ABI, type PoolFactory, type Receipt } from "./ammChain.ts";

/** A real pool beside the state that its logs alone have built. */
export interface FollowedPool {
  readonly address: Address;
  state: ConcentratedState;
}

export interface SwapCase {
  readonly zeroForOne: boolean;
  /** Positive: exact input; negative: exact output. */
  readonly amount: bigint;
  /** Null: none, which for the contract is the end of all prices. */
  readonly limit: bigint | null;
}

const outcomeSchema = z.object({
  ok: z.boolean(),
  amount0: z.bigint(),
  amount1: z.bigint(),
  price: z.bigint(),
  tick: z.number(),
  liquidity: z.bigint(),
  fee: z.bigint(),
});
const runSchema = z.tuple([z.array(outcomeSchema), z.bigint()]);
type Outcome = z.infer<typeof outcomeSchema>;

function stateAfter(effect: LogEffect, before: ConcentratedState): ConcentratedState {
  if ("contradiction" in effect) throw new Error(`contradiction: ${effect.contradiction}`);
  if (!effect.changed) return before;
  if (effect.state.kind === "v2") throw new Error("a concentrated pool became a pair");
  return effect.state;
}

export function follow(pool: FollowedPool, receipt: Receipt): void {
  for (const log of logsOf(receipt, pool.address)) {
    pool.state = stateAfter(applyPoolLog(pool.state.kind, pool.state, log), pool.state);
  }
}

/** A new pool at that price; its state comes from its `Initialize` log. */
export async function createPool(
  chain: AmmChain,
  factory: PoolFactory,
  facts: Pick<ConcentratedState, "kind" | "feePpm" | "tickSpacing">,
  sqrtPriceX96: bigint,
): Promise<FollowedPool> {
  const address = await factory(facts.feePpm, facts.tickSpacing);
  const pool: FollowedPool = {
    address,
    state: { ...facts, sqrtPriceX96: 0n, tick: 0, liquidity: 0n, ticks: tickTable([]) },
  };
  follow(pool, await chain.send(address, POOL_ABI, "initialize", [sqrtPriceX96]));
  return pool;
}

/** Adds (`amount` > 0) or removes liquidity, for the probe. */
export async function movePosition(
  chain: AmmChain,
  pool: FollowedPool,
  [lower, upper]: readonly [number, number],
  amount: bigint,
): Promise<void> {
  const { probe, probeAbi } = chain;
  const receipt =
    amount > 0n
      ? await chain.send(probe, probeAbi, "mint", [
          pool.address,
          pool.state.kind === "algebra",
          lower,
          upper,
          amount,
        ])
      : await chain.send(probe, probeAbi, "burn", [pool.address, lower, upper, -amount]);
  follow(pool, receipt);
}

/** The followed state against the contract's storage: price, tick, liquidity, and every initialised tick. */
export async function expectSameState(chain: AmmChain, { address, state }: FollowedPool): Promise<void> {
  const getter = state.kind === "v3" ? "slot0" : "globalState";
  const [price, tick, fee] = z
    .tuple([z.bigint(), z.number(), z.number()])
    .rest(z.unknown())
    .parse(await chain.call(address, POOL_ABI, getter, []));
  expect([state.sqrtPriceX96, state.tick]).toEqual([price, tick]);
  if (state.kind === "algebra") expect(state.feePpm).toBe(fee);
  expect(state.liquidity).toBe(await chain.call(address, POOL_ABI, "liquidity", []));
  const indexes = [...(state.ticks?.indexes ?? [])];
  for (const [i, index] of indexes.entries()) {
    const ours = [state.ticks?.liquidityGross?.[i], state.ticks?.liquidityNet[i]];
    expect(await chain.call(address, POOL_ABI, "ticks", [index])).toEqual(ours);
  }
}

export function requestOf({ zeroForOne, amount, limit }: SwapCase): SwapRequest {
  const sides = amount < 0n ? { amountOut: -amount } : { amountIn: amount };
  return { zeroForOne, ...sides, ...(limit === null ? {} : { sqrtPriceLimitX96: limit }) };
}

const endOfPrices = (zeroForOne: boolean): bigint => (zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n);

/** Gas left to a batch below which it stops: the dearest swap walks all 6,900 words at tick spacing 1. */
const RESERVED_GAS = 300_000_000n;

const runArguments = (pool: FollowedPool, keep: boolean, cases: readonly SwapCase[]): readonly unknown[] => [
  pool.address,
  pool.state.kind === "algebra",
  keep,
  keep ? 0n : RESERVED_GAS,
  cases.map(({ zeroForOne, amount, limit }) => ({
    zeroForOne,
    amount,
    limit: limit ?? endOfPrices(zeroForOne),
  })),
];

/** What the real pool does with each case, every one on the pool as it stands. */
export async function askPool(
  chain: AmmChain,
  pool: FollowedPool,
  cases: readonly SwapCase[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < cases.length) {
    const rest = runArguments(pool, false, cases.slice(outcomes.length));
    const [found, done] = runSchema.parse(await chain.call(chain.probe, chain.probeAbi, "run", rest));
    if (done === 0n) throw new Error("not enough gas for one swap");
    outcomes.push(...found.slice(0, Number(done)));
  }
  return outcomes;
}

const SWAP_EVENT = parseAbi([
  "event Swap(address indexed, address indexed, int256, int256, uint160, uint128, int24)",
]);
const swapEventSchema = z.tuple([
  z.string(),
  z.string(),
  z.bigint(),
  z.bigint(),
  z.bigint(),
  z.bigint(),
  z.number(),
]);

function outcomeOf({ data, topics }: PoolLog, feePpm: number): Outcome {
  const [topic = "0x", ...rest] = topics;
  const { args } = decodeEventLog({ abi: SWAP_EVENT, data, topics: [topic, ...rest] });
  const [, , amount0, amount1, price, liquidity, tick] = swapEventSchema.parse(args);
  return { ok: true, amount0, amount1, price, liquidity, tick, fee: BigInt(feePpm) };
}

const REFUSED: Outcome = { ok: false, amount0: 0n, amount1: 0n, price: 0n, tick: 0, liquidity: 0n, fee: 0n };

/**
 * Sends the cases as one transaction, each on the state that the one before left, and holds every log against our
 * own swap: amounts, and the state that the logs alone build.
 */
export async function swapInOrder(
  chain: AmmChain,
  pool: FollowedPool,
  cases: readonly SwapCase[],
): Promise<void> {
  const receipt = await chain.send(chain.probe, chain.probeAbi, "run", runArguments(pool, true, cases));
  const logs = logsOf(receipt, pool.address);
  const next = (): PoolLog | undefined => logs.shift();
  const apply = (log: PoolLog): void => {
    pool.state = stateAfter(applyPoolLog(pool.state.kind, pool.state, log), pool.state);
  };
  for (const swapCase of cases) {
    const result = swap(pool.state, requestOf(swapCase));
    if (!result.ok) continue;
    let log = next();
    // An Algebra pool tells its new fee before the swap that pays it.
    while (log !== undefined && log.topics[0] !== POOL_TOPICS.swap) {
      apply(log);
      log = next();
    }
    const outcome = log === undefined ? REFUSED : outcomeOf(log, pool.state.feePpm);
    const expected = expectSameSwap(pool.state, swapCase, outcome);
    if (log !== undefined) apply(log);
    expect(pool.state).toEqual(expected);
  }
  expect(logs).toEqual([]);
}

/** Ours against the contract's, in amounts and in the state after; returns the latter. */
export function expectSameSwap(
  before: ConcentratedState,
  swapCase: SwapCase,
  outcome: Outcome,
): ConcentratedState {
  // An Algebra pool may set its fee anew before it swaps; the one it applied is what we compare at.
  const state = before.kind === "algebra" && outcome.ok ? { ...before, feePpm: Number(outcome.fee) } : before;
  const result = swap(state, requestOf(swapCase));
  const { zeroForOne, amount, limit } = swapCase;
  if (!result.ok || !outcome.ok) {
    if (result.ok !== outcome.ok) fail(state, swapCase, outcome, result);
    return before;
  }
  const { after, ...amounts } = result.swap;
  const theirs = zeroForOne ? [outcome.amount0, -outcome.amount1] : [outcome.amount1, -outcome.amount0];
  const same =
    after.kind !== "v2" &&
    amounts.amountIn === theirs[0] &&
    amounts.amountOut === theirs[1] &&
    amounts.complete === (amount > 0n ? amount === theirs[0] : -amount === theirs[1]) &&
    after.sqrtPriceX96 === outcome.price &&
    after.tick === outcome.tick &&
    after.liquidity === outcome.liquidity;
  if (!same) return fail(state, swapCase, outcome, result);
  if (limit === null && amount > 0n) {
    expect(amountOut(state, zeroForOne, amount)).toBe(amounts.complete ? amounts.amountOut : 0n);
  } else if (limit === null) {
    expect(amountIn(state, zeroForOne, -amount)).toBe(amounts.complete ? amounts.amountIn : null);
  }
  return after;
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "bigint" ? item.toString() : item instanceof Int32Array ? [...item] : item,
  );

function fail(...facts: readonly unknown[]): never {
  throw new Error(`the pool and we differ:\n${facts.map(show).join("\n")}`);
}
