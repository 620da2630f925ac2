import type { V2State } from "../amm/poolState.ts";
import { v2AmountIn, v2AmountOut } from "../amm/v2.ts";
import { spendHop } from "./effectsGas.ts";
import { NO_REASON, PAIR, REASONS } from "./effectsReasons.ts";
import { give } from "./effectsPayment.ts";
import { cloud, land, pay, stateAt } from "./effectsRun.ts";
import type { Hop, Outcome, Run } from "./effectsRun.ts";
import type { SwapCall } from "./routerCall.ts";

const MILLION = 1_000_000n;
const UINT112_MAX = (1n << 112n) - 1n;
const UINT256_END = 1n << 256n;

const pairAt = (run: Run, hop: Hop): V2State | null => {
  const state = stateAt(run, hop);
  return state?.kind === "v2" ? state : null;
};

const reservesOf = ({ reserve0, reserve1 }: V2State, zeroForOne: boolean): readonly [bigint, bigint] =>
  zeroForOne ? [reserve0, reserve1] : [reserve1, reserve0];

/** UniswapV2Library.getAmountOut, or why it reverts. */
function libraryOut(run: Run, pair: V2State, zeroForOne: boolean, amountIn: bigint): bigint | string {
  const { v2: reasons } = REASONS[run.dialect];
  const [reserveIn, reserveOut] = reservesOf(pair, zeroForOne);
  if (amountIn === 0n) return reasons.noInput;
  if (reserveIn === 0n || reserveOut === 0n) return reasons.noLiquidity;
  // The contracts multiply by 997, not by 997,000.
  const numerator = (amountIn * BigInt(1_000_000 - pair.feePpm) * reserveOut) / 1000n;
  if (numerator >= UINT256_END) return reasons.overflow;
  return v2AmountOut(amountIn, reserveIn, reserveOut, pair.feePpm);
}

/** UniswapV2Library.getAmountIn, or why it reverts. */
function libraryIn(run: Run, pair: V2State, zeroForOne: boolean, amountOut: bigint): bigint | string {
  const { v2: reasons } = REASONS[run.dialect];
  const [reserveIn, reserveOut] = reservesOf(pair, zeroForOne);
  // Universal Router's library goes on with nothing, and asks for one unit.
  if (amountOut === 0n && run.dialect !== "universal") return reasons.noOutput;
  if (reserveIn === 0n || reserveOut === 0n) return reasons.noLiquidity;
  if (amountOut > reserveOut) return reasons.beyondReserve;
  // A division by zero.
  if (amountOut === reserveOut) return NO_REASON;
  return v2AmountIn(amountOut, reserveIn, reserveOut, pair.feePpm);
}

/** getAmountsOut, up to the first pair that is not known; all on the state before the swap. */
function amountsOut(run: Run, hops: readonly Hop[], amount: bigint): readonly bigint[] | string {
  const amounts = [amount];
  let last: bigint | string = amount;
  for (const hop of hops) {
    const pair = pairAt(run, hop);
    if (pair === null) break;
    last = libraryOut(run, pair, hop.zeroForOne, last);
    if (typeof last === "string") return last;
    amounts.push(last);
  }
  return amounts;
}

/** getAmountsIn on the state before the swap; null where a pair is not known. */
function amountsIn(run: Run, hops: readonly Hop[], amount: bigint): readonly bigint[] | string | null {
  const amounts = [amount];
  let first: bigint | string = amount;
  for (const hop of hops.toReversed()) {
    const pair = pairAt(run, hop);
    if (pair === null) return null;
    first = libraryIn(run, pair, hop.zeroForOne, first);
    if (typeof first === "string") return first;
    amounts.push(first);
  }
  return amounts.toReversed();
}

/**
 * UniswapV2Pair.swap after `amountIn` has come in: the state behind it, or why it reverts. What was paid too much
 * stays in the pair: its only rule is that the product, fee taken, does not fall.
 */
function pairSwap(pair: V2State, zeroForOne: boolean, amountIn: bigint, amountOut: bigint): V2State | string {
  const { kind, feePpm } = pair;
  const [reserveIn, reserveOut] = reservesOf(pair, zeroForOne);
  if (amountOut === 0n) return PAIR.noOutput;
  if (amountOut >= reserveOut) return PAIR.noLiquidity;
  if (amountIn === 0n) return PAIR.noInput;
  const balanceIn = reserveIn + amountIn;
  const balanceOut = reserveOut - amountOut;
  const adjusted = balanceIn * MILLION - amountIn * BigInt(feePpm);
  if (adjusted * balanceOut < reserveIn * reserveOut * MILLION) return PAIR.product;
  if (balanceIn > UINT112_MAX) return PAIR.overflow;
  return zeroForOne
    ? { kind, feePpm, reserve0: balanceIn, reserve1: balanceOut }
    : { kind, feePpm, reserve0: balanceOut, reserve1: balanceIn };
}

/**
 * Walks the path, each pair paying the next. `quoted`: what each pair is asked for, fixed before the first moved
 * (UniswapV2Router02); null: what the library answers when its turn comes (SwapRouter02, Universal Router, and the
 * functions for tokens with a fee). Answers what comes out, null behind an unknown pair, or why it reverts.
 */
function walk(
  run: Run,
  swap: SwapCall,
  hops: readonly Hop[],
  { first, quoted }: { readonly first: bigint; readonly quoted: readonly bigint[] | null },
): bigint | string | null {
  let given = first;
  for (const [i, hop] of hops.entries()) {
    const pair = pairAt(run, hop);
    if (pair === null) return cloud(run, hops.slice(i));
    // A pair that paid itself finds nothing new.
    if (i > 0 && hops[i - 1]?.pool === hop.pool)
      return quoted === null ? REASONS[run.dialect].v2.noInput : PAIR.noInput;
    const wanted = quoted === null ? libraryOut(run, pair, hop.zeroForOne, given) : (quoted[i + 1] ?? 0n);
    if (typeof wanted === "string") return wanted;
    const isLast = i === hops.length - 1;
    // Where native coins come out, it is the router that the pair pays.
    if (isLast && !run.givesCoins && (swap.recipient === hop.tokenIn || swap.recipient === hop.tokenOut))
      return PAIR.badRecipient;
    const starved = spendHop(run.effort, hop, wanted);
    if (starved !== null) return starved;
    const after = pairSwap(pair, hop.zeroForOne, given, wanted);
    if (typeof after === "string") return after;
    land(run, hop, { amountIn: given, amountOut: wanted, after });
    given = wanted;
  }
  return given;
}

/** A swap over pairs; `amount` is its exact side. Amounts and rounding are those of the contracts. */
export function runV2(run: Run, swap: SwapCall, hops: readonly Hop[], amount: bigint): Outcome {
  const { v2: reasons } = REASONS[run.dialect];
  const [head] = hops;
  const exactIn = swap.exact === "in";
  // Universal Router: nothing is paid, the pair is said to have the tokens already. How many, we do not know.
  const paidBefore = run.dialect === "universal" && exactIn && amount === 0n && !swap.amountIsBalance;
  if (head === undefined || pairAt(run, head) === null || paidBefore) return cloud(run, hops);
  const quotes = run.dialect === "v2Router" && !swap.feeOnTransfer;
  const amounts = exactIn
    ? quotes
      ? amountsOut(run, hops, amount)
      : [amount]
    : amountsIn(run, hops, amount);
  if (amounts === null) return cloud(run, hops);
  if (typeof amounts === "string") return amounts;
  const first = amounts[0] ?? 0n;
  if (!exactIn && first > swap.limit) return reasons.tooMuch;
  const quotedOut = exactIn && quotes ? amounts[hops.length] : undefined;
  if (quotedOut !== undefined && quotedOut < swap.limit) return reasons.tooLittle;

  const unpaid = pay(run, swap.payer, head.tokenIn, first);
  if (unpaid !== null) return unpaid;
  const out = walk(run, swap, hops, { first, quoted: quotes ? amounts : null });
  if (out === null || typeof out === "string") return out;
  if (exactIn && out < swap.limit) return reasons.tooLittle;
  return give(run, swap.receiver, run.givesCoins ? null : (swap.path.at(-1) ?? null), out);
}
