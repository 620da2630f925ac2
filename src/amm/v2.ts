import type { SwapRefusal, SwapRequest, SwapResult, V2State } from "./poolState.ts";

const MILLION = 1_000_000n;
const UINT112_MAX = (1n << 112n) - 1n;
const UINT256_MAX = (1n << 256n) - 1n;

const refuse = (refusal: SwapRefusal): SwapResult => ({ ok: false, refusal });

/**
 * Output of a whole input, rounded down (UniswapV2Library.getAmountOut with the fee in parts per million, which
 * is the same ratio as 997/1000 and its like). Reserves must be positive.
 */
export function v2AmountOut(amountIn: bigint, reserveIn: bigint, reserveOut: bigint, feePpm: number): bigint {
  const afterFee = amountIn * BigInt(1_000_000 - feePpm);
  return (afterFee * reserveOut) / (reserveIn * MILLION + afterFee);
}

/**
 * Input that routers ask for an output (UniswapV2Library.getAmountIn): rounded down, plus one unit; so one unit
 * above the least in the rare exact division. `amountOut` must be below `reserveOut`.
 */
export function v2AmountIn(amountOut: bigint, reserveIn: bigint, reserveOut: bigint, feePpm: number): bigint {
  return (reserveIn * amountOut * MILLION) / ((reserveOut - amountOut) * BigInt(1_000_000 - feePpm)) + 1n;
}

/** Why the pair cannot be priced at all, if so. */
export function v2Fault({ reserve0, reserve1, feePpm }: V2State): SwapRefusal | null {
  if (!(feePpm >= 0 && feePpm < 1_000_000 && Number.isInteger(feePpm))) return "invalid_state";
  if (reserve0 < 0n || reserve1 < 0n || reserve0 > UINT112_MAX || reserve1 > UINT112_MAX) {
    return "invalid_state";
  }
  return reserve0 === 0n || reserve1 === 0n ? "no_liquidity" : null;
}

/**
 * A swap through a V2 router: amounts of the library, reserves of the pair after it. An input too small to buy one
 * unit answers 0 and stays in the pair (the pair itself would refuse to give nothing). A pair knows no price
 * limit: a request with one is refused.
 */
export function v2Swap(state: V2State, request: SwapRequest): SwapResult {
  const asked = "amountIn" in request ? request.amountIn : request.amountOut;
  if (asked === 0n) return refuse("zero_amount");
  if (asked < 0n || asked > UINT256_MAX) return refuse("amount_out_of_range");
  if (request.sqrtPriceLimitX96 !== undefined) return refuse("price_limit");
  const fault = v2Fault(state);
  if (fault !== null) return refuse(fault);
  const { feePpm, reserve0, reserve1 } = state;
  const [reserveIn, reserveOut] = request.zeroForOne ? [reserve0, reserve1] : [reserve1, reserve0];
  if (!("amountIn" in request) && asked >= reserveOut) return refuse("insufficient_liquidity");
  const amountIn = "amountIn" in request ? asked : v2AmountIn(asked, reserveIn, reserveOut, feePpm);
  if (reserveIn + amountIn > UINT112_MAX) return refuse("reserve_overflow");
  const amountOut = "amountIn" in request ? v2AmountOut(asked, reserveIn, reserveOut, feePpm) : asked;
  const after: V2State = request.zeroForOne
    ? { kind: "v2", feePpm, reserve0: reserve0 + amountIn, reserve1: reserve1 - amountOut }
    : { kind: "v2", feePpm, reserve0: reserve0 - amountOut, reserve1: reserve1 + amountIn };
  return { ok: true, swap: { amountIn, amountOut, complete: true, after } };
}

/** As `v2Swap` with an exact input, without the state after it; 0n where it is refused. */
export function v2Output(state: V2State, zeroForOne: boolean, amountIn: bigint): bigint {
  if (amountIn <= 0n || v2Fault(state) !== null) return 0n;
  const reserveIn = zeroForOne ? state.reserve0 : state.reserve1;
  if (reserveIn + amountIn > UINT112_MAX) return 0n;
  return v2AmountOut(amountIn, reserveIn, zeroForOne ? state.reserve1 : state.reserve0, state.feePpm);
}

/** As `v2Swap` with an exact output, without the state after it; null where it is refused. */
export function v2Input(state: V2State, zeroForOne: boolean, amountOut: bigint): bigint | null {
  if (amountOut <= 0n || v2Fault(state) !== null) return null;
  const reserveIn = zeroForOne ? state.reserve0 : state.reserve1;
  const reserveOut = zeroForOne ? state.reserve1 : state.reserve0;
  if (amountOut >= reserveOut) return null;
  const amountIn = v2AmountIn(amountOut, reserveIn, reserveOut, state.feePpm);
  return reserveIn + amountIn > UINT112_MAX ? null : amountIn;
}
