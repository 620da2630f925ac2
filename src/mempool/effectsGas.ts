import type { WalkCount } from "../amm/poolState.ts";
import type { PendingTransaction } from "../chain/types.ts";
import type { Hop, Outcome } from "./effectsRun.ts";

/** What a transaction has left, of its own gas and of what we look at for its sake: one mutable record for all its calls. */
export interface Effort extends WalkCount {
  /** At most: what its calls are known to take at the least is off already. */
  gasLeft: number;
  hopsLeft: number;
  /** It goes further than we look: nothing is said about it. */
  tooFar: boolean;
  /** Pools and tokens that were touched: a second time they cost less. */
  readonly touched: Set<string>;
}

// So that one transaction never holds up the others: a stop takes some microseconds. Real routes have up to ten hops, in
// two or three parts, and cross a few ticks.
const MOST_HOPS = 32;
const MOST_STOPS = 384;

/** No contract's own words. */
export const OUT_OF_GAS = "out of gas";

// Lower bounds, in gas. EIP-2929, with EIP-2930's access list, which makes each first touch 100 cheaper; EIP-2200 and
// EIP-3529 for slots that change. Polygon charges more for a slot (PIP-88), never less. What Solidity adds is not counted,
// but for the ticks', of which there may be many.
const TRANSACTION = 21_000;
const ACCOUNT = 2_500;
const READ = 2_000;
const CHANGE = READ + 2_900;
/** A log with this many topics and words (Appendix G of the yellow paper). */
const log = (topics: number, words: number): number => 375 * (1 + topics) + 8 * 32 * words;

/** UniswapV2Pair.swap: its lock and its reserves change, both tokens are read, Sync and Swap told. */
const PAIR_LOGS = log(1, 2) + log(3, 4);
const PAIR = ACCOUNT + 2 * CHANGE + 2 * READ;
/** UniswapV3Pool.swap and AlgebraPool.swap: price and lock in one slot; liquidity and the fees' growth are read. */
const POOL_LOGS = log(3, 5);
const POOL = ACCOUNT + CHANGE + 2 * READ;
/** TickMath.getSqrtRatioAtTick and SwapMath.computeSwapStep at each stop. */
const STOP = 1_000;
/** TickBitmap: a word for each edge; Tick.cross: the tick's four slots. */
const EDGE = STOP + READ;
const CROSSING = STOP + 4 * READ;

/**
 * The part of a limit that must be left over for what is not counted: plain tokens in pools that were used before take
 * one and a half times the lower bound on Ethereum (measured with the contracts' own bytecode), and more on Polygon.
 */
const TIGHT = 3;

const NON_ZERO_BYTE = 16;
const ZERO_BYTE = 4;

/**
 * EIP-2028. The floor of EIP-7623 is left out: what lies below it is not valid, and never gets here. An access list's cost
 * is left out too.
 */
function calldataGas(input: string): number {
  let gas = 0;
  for (let at = 2; at < input.length; at += 2)
    gas += input.charCodeAt(at) === 48 && input.charCodeAt(at + 1) === 48 ? ZERO_BYTE : NON_ZERO_BYTE;
  return gas;
}

/** Without `gas` its limit is not told. */
export type GasTerms = Partial<Pick<PendingTransaction, "gas" | "input">>;

/** What a transaction's gas limit leaves for its calls; where the limit is not told, there is no end to it. */
export function startEffort({ gas, input }: GasTerms): Effort {
  return {
    gasLeft: gas === undefined ? Infinity : Number(gas) - TRANSACTION - calldataGas(input ?? "0x"),
    hopsLeft: MOST_HOPS,
    stopsLeft: MOST_STOPS,
    edges: 0,
    crossings: 0,
    tooFar: false,
    touched: new Set(),
  };
}

/** Takes off what was done; the reason where there is not enough. */
export function spend(effort: Effort, gas: number): Outcome {
  effort.gasLeft -= gas;
  return effort.gasLeft < 0 ? OUT_OF_GAS : null;
}

/** False, and nothing more is said, where it is more hops than we look at. */
export function takeHops(effort: Effort, hops: number): boolean {
  effort.hopsLeft -= hops;
  effort.tooFar ||= effort.hopsLeft < 0;
  return !effort.tooFar;
}

/** Whether so little of its gas would be left over that what is not counted may have needed it. */
export const isTight = ({ gasLeft }: Effort, { gas }: GasTerms): boolean =>
  gas !== undefined && gasLeft * TIGHT < Number(gas);

/**
 * A walk over a pool's ticks, in no more stops than we look at or its gas can pay; `walk` answers null where it takes more.
 * The ticks' slots cost less when the pool was walked before.
 */
export function spendWalk<R>(
  effort: Effort,
  { pool }: Hop,
  walk: (effort: Effort) => R | null,
): R | string | null {
  const { stopsLeft } = effort;
  const most = Math.min(stopsLeft, Math.floor(effort.gasLeft / STOP));
  effort.edges = 0;
  effort.crossings = 0;
  effort.stopsLeft = most;
  const result = walk(effort);
  const made = most - Math.max(effort.stopsLeft, 0);
  effort.stopsLeft = stopsLeft - made;
  const isNew = pool !== null && !effort.touched.has(pool.address);
  const [edge, crossing] = isNew ? [EDGE, CROSSING] : [STOP, STOP];
  const reason = spend(effort, effort.edges * edge + effort.crossings * crossing);
  if (reason !== null) return reason;
  if (result !== null) return result;
  if (most < stopsLeft) return OUT_OF_GAS;
  effort.tooFar = true;
  return null;
}

/** A token's contract is called, and what the pool has of it changes. */
function tokenGas({ touched }: Effort, token: string, isNew: boolean): number {
  const account = touched.has(token) ? 0 : ACCOUNT;
  touched.add(token);
  return account + (isNew ? CHANGE : 0);
}

/** A swap of a pool, its stops left aside; one that gives nothing leaves the second token alone. */
export function spendHop(effort: Effort, { pool, tokenIn, tokenOut }: Hop, amountOut: bigint): Outcome {
  if (pool === null) return null;
  const { touched } = effort;
  const isPair = pool.kind === "v2";
  const isNew = !touched.has(pool.address);
  // The balance of who pays changes as well.
  const payer = touched.size > 0 ? 0 : CHANGE;
  touched.add(pool.address);
  return spend(
    effort,
    payer +
      (isPair ? PAIR_LOGS : POOL_LOGS) +
      (isNew ? (isPair ? PAIR : POOL) : 0) +
      tokenGas(effort, tokenIn, isNew) +
      (amountOut > 0n ? tokenGas(effort, tokenOut, isNew) : 0),
  );
}
