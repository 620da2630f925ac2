import { createRequire } from "node:module";
import type * as Core from "@uniswap/sdk-core" with { "resolution-mode": "require" };
import type * as V2 from "@uniswap/v2-sdk" with { "resolution-mode": "require" };
import type * as V3 from "@uniswap/v3-sdk" with { "resolution-mode": "require" };
import type { ConcentratedState, PoolState, V2State } from "../../src/amm/poolState.ts";
import type { Pool, Token } from "../../src/chain/types.ts";

/** Node cannot load the SDKs' ES modules (their imports lack file endings): their CommonJS builds it is. */
const require = createRequire(import.meta.url);
const core: typeof Core = require("@uniswap/sdk-core");
const v2: typeof V2 = require("@uniswap/v2-sdk");
const v3: typeof V3 = require("@uniswap/v3-sdk");

type Amount = Core.CurrencyAmount<Core.Token>;

/** One pool to be crossed, with its tokens. */
export interface SdkHopInput {
  readonly pool: Pool;
  readonly state: PoolState;
  readonly zeroForOne: boolean;
  readonly tokens: readonly [token0: Token, token1: Token];
}

const CHAIN_ID = 137;
/** The one fee that the V2 SDK knows. */
const V2_FEE_PPM = 3000;

const sdkToken = ({ address, decimals, symbol }: Token): Core.Token =>
  new core.Token(CHAIN_ID, address, decimals, symbol);

const amountOf = (token: Core.Token, raw: bigint): Amount =>
  core.CurrencyAmount.fromRawAmount(token, raw.toString());

const rawOf = (amount: Amount): bigint => BigInt(amount.quotient.toString());

function pairOf({ state, tokens }: SdkHopInput & { state: V2State }): V2.Pair {
  const [token0, token1] = tokens.map(sdkToken);
  if (token0 === undefined || token1 === undefined) throw new RangeError("a pool has two tokens");
  return new v2.Pair(amountOf(token0, state.reserve0), amountOf(token1, state.reserve1));
}

/** The SDK asks for gross liquidity too, and only looks whether it is there. */
function ticksOf(state: ConcentratedState): V3.TickConstructorArgs[] {
  const { indexes, liquidityNet, liquidityGross } = state.ticks ?? { indexes: [], liquidityNet: [] };
  return Array.from(indexes, (index, i) => {
    const net = liquidityNet[i] ?? 0n;
    const gross = liquidityGross?.[i] ?? (net < 0n ? -net : net);
    return { index, liquidityNet: net.toString(), liquidityGross: gross.toString() };
  });
}

function poolOf({ state, tokens }: SdkHopInput & { state: ConcentratedState }): V3.Pool {
  const [token0, token1] = tokens.map(sdkToken);
  if (token0 === undefined || token1 === undefined) throw new RangeError("a pool has two tokens");
  const { feePpm, sqrtPriceX96, liquidity, tick } = state;
  return new v3.Pool(
    token0,
    token1,
    feePpm,
    sqrtPriceX96.toString(),
    liquidity.toString(),
    tick,
    ticksOf(state),
  );
}

/**
 * Whether the SDKs can speak of the pool at all: V2 pools of 30 bps; V3 pools with a tick list, of a fee that has its
 * standard tick spacing. Algebra's free fee they do not know.
 */
export function sdkKnows({ kind, feePpm, ...state }: PoolState): boolean {
  if (kind === "v2") return feePpm === V2_FEE_PPM;
  if (kind !== "v3" || !("ticks" in state) || state.ticks === null) return false;
  const spacings: Partial<Record<number, number>> = v3.TICK_SPACINGS;
  return spacings[feePpm] === state.tickSpacing;
}

/** Exact output of an input, through all hops; throws or never ends where a pool cannot take all of it. */
export type SdkQuote = (amountIn: bigint) => Promise<bigint>;

/**
 * A route of V2 pools as the V2 SDK quotes it (`Pair.getOutputAmount`, taxes of tokens left out). The pairs are built
 * once, off the clock; each hop builds the pair after it, for the SDK has no quote without.
 */
export function createSdkV2Quote(hops: readonly SdkHopInput[]): (amountIn: bigint) => bigint {
  const pairs = hops.map((hop) => pairOf({ ...hop, state: v2StateOf(hop) }));
  const start = startToken(hops);
  return (amountIn) => {
    let amount = amountOf(start, amountIn);
    for (const pair of pairs) [amount] = pair.getOutputAmount(amount, false);
    return rawOf(amount);
  };
}

/** The same for routes with V3 pools (`Pool.getOutputAmount`, which is asynchronous). */
export function createSdkQuote(hops: readonly SdkHopInput[]): SdkQuote {
  const pools = hops.map((hop) => sdkPool(hop));
  const start = startToken(hops);
  return async (amountIn) => {
    let amount = amountOf(start, amountIn);
    for (const pool of pools) {
      const [next] =
        pool instanceof v2.Pair ? pool.getOutputAmount(amount, false) : await pool.getOutputAmount(amount);
      amount = next;
    }
    return rawOf(amount);
  };
}

function sdkPool(hop: SdkHopInput): V2.Pair | V3.Pool {
  const { state } = hop;
  if (!sdkKnows(state)) throw new RangeError(`the SDKs do not know such a pool: ${hop.pool.address}`);
  return state.kind === "v2" ? pairOf({ ...hop, state }) : poolOf({ ...hop, state });
}

function v2StateOf({ state, pool }: SdkHopInput): V2State {
  if (state.kind !== "v2" || !sdkKnows(state))
    throw new RangeError(`the V2 SDK does not know such a pool: ${pool.address}`);
  return state;
}

function startToken([first]: readonly SdkHopInput[]): Core.Token {
  if (first === undefined) throw new RangeError("a route has at least one hop");
  return sdkToken(first.tokens[first.zeroForOne ? 0 : 1]);
}
