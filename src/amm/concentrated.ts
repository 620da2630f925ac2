import { limitOf, run, startWalk, stepIn, stepOut, tickAfter } from "./concentratedWalk.ts";
import type { Step, Walk } from "./concentratedWalk.ts";
import type { ConcentratedState, SwapRefusal, SwapRequest, SwapResult, WalkCount } from "./poolState.ts";
import { MAX_SQRT_RATIO, MAX_TICK, MIN_SQRT_RATIO, MIN_TICK } from "./tickMath.ts";

const UINT16_MAX = 65_535;
const UINT128_MAX = (1n << 128n) - 1n;
const INT256_MAX = (1n << 255n) - 1n;

/** Why the pool cannot be priced at all, if so. */
export function concentratedFault(state: ConcentratedState): SwapRefusal | null {
  const { sqrtPriceX96, liquidity, feePpm, tickSpacing, tick } = state;
  if (sqrtPriceX96 < MIN_SQRT_RATIO || sqrtPriceX96 >= MAX_SQRT_RATIO) return "price_out_of_range";
  const sound =
    liquidity >= 0n &&
    liquidity <= UINT128_MAX &&
    feePpm >= 0 &&
    feePpm <= (state.kind === "algebra" ? UINT16_MAX : 999_999) &&
    tickSpacing > 0 &&
    tick >= MIN_TICK &&
    tick < MAX_TICK;
  return sound ? null : "invalid_state";
}

const refuse = (refusal: SwapRefusal): SwapResult => ({ ok: false, refusal });

/** The walk of a swap that is not made yet, or why the contract reverts at once. */
function walkOf(state: ConcentratedState, request: SwapRequest): Walk | SwapRefusal {
  const amount = "amountIn" in request ? request.amountIn : request.amountOut;
  const { zeroForOne } = request;
  if (amount === 0n) return "zero_amount";
  if (amount < 0n || amount > INT256_MAX) return "amount_out_of_range";
  const fault = concentratedFault(state);
  if (fault !== null) return fault;
  const limit = limitOf(state, zeroForOne, request.sqrtPriceLimitX96);
  return limit === null ? "price_limit" : startWalk(state, zeroForOne, limit, amount);
}

function resultOf(state: ConcentratedState, walk: Walk): SwapResult {
  const after: ConcentratedState = {
    kind: state.kind,
    feePpm: state.feePpm,
    tickSpacing: state.tickSpacing,
    sqrtPriceX96: walk.price,
    tick: tickAfter(walk),
    liquidity: walk.liquidity,
    ticks: state.ticks,
  };
  return {
    ok: true,
    swap: { amountIn: walk.paid, amountOut: walk.got, complete: walk.left === 0n, after },
  };
}

const stepOf = (request: SwapRequest): Step => ("amountIn" in request ? stepIn : stepOut);

/**
 * The swap loop of UniswapV3Pool.swap and AlgebraPool.swap: exact input or output, over ticks to the price limit
 * or the end of liquidity, with the contracts' rounding at each of their stops. A partial fill answers with
 * `complete: false`. An amount of 2^255 or more does not fit the contract's int256.
 */
export function concentratedSwap(state: ConcentratedState, request: SwapRequest): SwapResult {
  const walk = walkOf(state, request);
  if (typeof walk === "string") return refuse(walk);
  return run(walk, stepOf(request)) ? resultOf(state, walk) : refuse("invalid_state");
}

/** As `concentratedSwap` with no more stops than `count` has left, to which it adds what it passed; null: it takes more. */
export function concentratedSwapWithin(
  state: ConcentratedState,
  request: SwapRequest,
  count: WalkCount,
): SwapResult | null {
  const walk = walkOf(state, request);
  if (typeof walk === "string") return refuse(walk);
  walk.stopsLeft = count.stopsLeft;
  const sound = run(walk, stepOf(request));
  count.stopsLeft = walk.stopsLeft;
  count.edges += walk.edges;
  count.crossings += walk.crossings;
  if (!sound) return refuse("invalid_state");
  return walk.stopsLeft < 0 ? null : resultOf(state, walk);
}

/** The walk of an exact input as far as it goes; null where the contract reverts at once or the state is unsound. */
export function walkIn(
  state: ConcentratedState,
  zeroForOne: boolean,
  amountIn: bigint,
  step: Step,
): Walk | null {
  if (amountIn <= 0n || amountIn > INT256_MAX || concentratedFault(state) !== null) return null;
  const limit = limitOf(state, zeroForOne);
  if (limit === null) return null;
  const walk = startWalk(state, zeroForOne, limit, amountIn);
  return run(walk, step) ? walk : null;
}

/** As `concentratedSwap` with an exact input, without the state after it; 0n unless the pool takes all of it. */
export function concentratedOutput(state: ConcentratedState, zeroForOne: boolean, amountIn: bigint): bigint {
  const walk = walkIn(state, zeroForOne, amountIn, stepIn);
  return walk?.left === 0n ? walk.got : 0n;
}

/** As `concentratedSwap` with an exact output, without the state after it; null unless the pool gives all of it. */
export function concentratedInput(
  state: ConcentratedState,
  zeroForOne: boolean,
  amountOut: bigint,
): bigint | null {
  if (amountOut <= 0n || amountOut > INT256_MAX || concentratedFault(state) !== null) return null;
  const limit = limitOf(state, zeroForOne);
  if (limit === null) return null;
  const walk = startWalk(state, zeroForOne, limit, amountOut);
  return run(walk, stepOut) && walk.left === 0n ? walk.paid : null;
}
