import { concentratedSwapWithin } from "../amm/concentrated.ts";
import type { ConcentratedState, Swap, SwapRefusal, SwapRequest } from "../amm/poolState.ts";
import { MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../amm/tickMath.ts";
import { spendHop, spendWalk } from "./effectsGas.ts";
import { NO_REASON, POOL, REASONS } from "./effectsReasons.ts";
import { cloud, land, pay, receive, stateAt } from "./effectsRun.ts";
import type { Hop, Outcome, Run } from "./effectsRun.ts";
import type { SwapCall } from "./routerCall.ts";

/** Why the pool's contract reverts; null: our state is none that a contract can be in, so nothing is known. */
const poolReason = (refusal: SwapRefusal): Outcome => {
  switch (refusal) {
    case "zero_amount":
      return POOL.zeroAmount;
    case "price_limit":
      return POOL.priceLimit;
    case "amount_out_of_range":
      return NO_REASON;
    case "no_liquidity":
    case "insufficient_liquidity":
    case "reserve_overflow":
    case "price_out_of_range":
    case "invalid_state":
      return null;
  }
};

const endOfPrices = (zeroForOne: boolean): bigint => (zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n);

const poolAt = (run: Run, hop: Hop): ConcentratedState | null => {
  const state = stateAt(run, hop);
  return state === null || state.kind === "v2" ? null : state;
};

/** What the pool does, why it reverts, or null where that is not known. */
function poolSwap({ effort }: Run, hop: Hop, state: ConcentratedState, request: SwapRequest): Swap | Outcome {
  const result = spendWalk(effort, hop, (count) => concentratedSwapWithin(state, request, count));
  if (result === null || typeof result === "string") return result;
  if (!result.ok) return poolReason(result.refusal);
  const { swap } = result;
  const { after } = swap;
  const stopped = after.kind !== "v2" && after.sqrtPriceX96 === request.sqrtPriceLimitX96;
  // Without a tick list a swap that ends early ends where our knowledge does.
  return swap.complete || state.ticks !== null || stopped ? swap : null;
}

/** The limit of price of a swap through one pool; paths have none. */
const limitOf = (hop: Hop, hops: readonly Hop[], swap: SwapCall): bigint =>
  swap.sqrtPriceLimitX96 === 0n || hops.length > 1 ? endOfPrices(hop.zeroForOne) : swap.sqrtPriceLimitX96;

/**
 * Pool after pool, the router holding what lies between two. A pool that stops early takes a part only, and the
 * router does not mind: the rest stays where it was.
 */
function runIn(run: Run, swap: SwapCall, hops: readonly Hop[], amount: bigint): Outcome {
  const { concentrated: reasons } = REASONS[run.dialect];
  let given = amount;
  for (const [i, hop] of hops.entries()) {
    const state = poolAt(run, hop);
    const done =
      state &&
      poolSwap(run, hop, state, {
        zeroForOne: hop.zeroForOne,
        amountIn: given,
        sqrtPriceLimitX96: limitOf(hop, hops, swap),
      });
    if (done === null) return cloud(run, hops.slice(i));
    if (typeof done === "string") return done;
    const starved = spendHop(run.effort, hop, done.amountOut);
    if (starved !== null) return starved;
    if (done.amountIn === 0n) return reasons.nothing;
    const unpaid = pay(run, i === 0 ? swap.payer : "router", hop.tokenIn, done.amountIn);
    if (unpaid !== null) return unpaid;
    land(run, hop, done);
    given = done.amountOut;
    receive(run, i === hops.length - 1 ? swap.receiver : "router", hop.tokenOut, given);
  }
  return given < swap.limit ? reasons.tooLittle : null;
}

/**
 * The last pool first: each sends its output on before it is paid, and the callback asks the pool before it for that
 * payment. So a pool cannot stand twice on the path, and only the first is paid from outside.
 */
function runOut(run: Run, swap: SwapCall, hops: readonly Hop[], amount: bigint): Outcome {
  const { concentrated: reasons } = REASONS[run.dialect];
  const found: Swap[] = [];
  const locked = new Set<Hop["pool"]>();
  let wanted = amount;
  for (const hop of hops.toReversed()) {
    const state = poolAt(run, hop);
    if (state === null) return cloud(run, hops);
    if (locked.has(hop.pool)) return POOL.locked;
    locked.add(hop.pool);
    const sqrtPriceLimitX96 = limitOf(hop, hops, swap);
    const done = poolSwap(run, hop, state, {
      zeroForOne: hop.zeroForOne,
      amountOut: wanted,
      sqrtPriceLimitX96,
    });
    if (done === null) return cloud(run, hops);
    if (typeof done === "string") return done;
    const starved = spendHop(run.effort, hop, done.amountOut);
    if (starved !== null) return starved;
    if (done.amountIn === 0n) return reasons.nothing;
    if (!done.complete && swap.sqrtPriceLimitX96 === 0n) return reasons.short;
    found.push(done);
    wanted = done.amountIn;
  }
  if (wanted > swap.limit) return reasons.tooMuch;
  // A router that pays itself may pay with what it has just received.
  receive(run, swap.receiver, swap.path.at(-1) ?? null, found[0]?.amountOut ?? 0n);
  const unpaid = pay(run, swap.payer, swap.path[0] ?? "0x", wanted);
  if (unpaid !== null) return unpaid;
  // A fee on any transfer of the chain changes all of it.
  run.estimate ||= swap.path.some((token) => run.context.isTaxed(token));
  for (const [i, hop] of hops.entries()) {
    const done = found[hops.length - 1 - i];
    if (done !== undefined) land(run, hop, done);
  }
  return null;
}

/** A swap over concentrated pools; `amount` is its exact side. Hops are written down in trade order. */
export const runConcentrated = (run: Run, swap: SwapCall, hops: readonly Hop[], amount: bigint): Outcome =>
  (swap.exact === "in" ? runIn : runOut)(run, swap, hops, amount);
