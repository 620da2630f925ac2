import type { PoolState } from "../../src/amm/poolState.ts";
import type { Address, Pool } from "../../src/chain/types.ts";
import type { StateView } from "../../src/market/stateView.ts";
import { predictEffects } from "../../src/mempool/effects.ts";
import type { Effects, EffectsContext } from "../../src/mempool/effects.ts";
import { createPoolBook } from "../../src/mempool/poolBook.ts";
import type { DecodedTransaction, RouterCall, SwapCall } from "../../src/mempool/routerCall.ts";
import { addressOf } from "./marketBlocks.ts";

/** Router calls made by hand, and what they do to a small market. */

export const ROUTER = addressOf(0x7);
export const SENDER = addressOf(0x8);
export const WRAPPED = addressOf(0xa1);
export const USD = addressOf(0xa2);
export const GOLD = addressOf(0xa3);
export const TAXED = addressOf(0xa4);

/** A swap that the sender pays and receives; `deadline` is set as in UniswapV2Router02. */
export const swapOf = (fields: Partial<SwapCall>): SwapCall => ({
  type: "swap",
  exact: "in",
  amount: 0n,
  limit: fields.exact === "out" ? (1n << 256n) - 1n : 0n,
  path: [USD, GOLD],
  dex: "v2",
  feesPpm: null,
  recipient: SENDER,
  deadline: 2_000n,
  feeOnTransfer: false,
  amountIsBalance: false,
  payer: "sender",
  receiver: "sender",
  sqrtPriceLimitX96: 0n,
  ...fields,
});

/** Told by the shape of the calls: UniswapV2Router02 and Algebra's router date each swap and know no fee tiers. */
function familyOf(functionName: string, calls: readonly RouterCall[]): DecodedTransaction["family"] {
  if (functionName.startsWith("execute")) return "universal";
  const first = calls.find((call) => call.type === "swap");
  if (first === undefined || first.deadline === null || first.feesPpm !== null) return "v3";
  return functionName.startsWith("swap") ? "v2" : "algebra";
}

export const decodedOf = (functionName: string, ...calls: readonly RouterCall[]): DecodedTransaction => ({
  type: "decoded",
  router: ROUTER,
  family: familyOf(functionName, calls),
  takesCoins: false,
  unsureDex: null,
  functionName,
  calls,
  deadline: null,
  parentHash: null,
});

/** A market of which some pools may be left out of the book. */
export interface SmallMarket {
  readonly states: Map<Address, PoolState>;
  readonly context: EffectsContext;
  readonly view: StateView;
  predict(decoded: DecodedTransaction, value?: bigint): Effects;
}

export function smallMarket(
  entries: readonly (readonly [Pool, PoolState])[],
  change: Partial<EffectsContext> = {},
): SmallMarket {
  const states = new Map(entries.map(([pool, state]) => [pool.address, state]));
  const view: StateView = { stateOf: (pool) => states.get(pool) ?? null };
  const context: EffectsContext = {
    book: createPoolBook(entries.map(([pool, state]) => ({ pool, state }))),
    wrappedNative: WRAPPED,
    isTaxed: (token) => token === TAXED,
    timestamp: 1_000,
    ...change,
  };
  return {
    states,
    context,
    view,
    predict: (decoded, value = 0n) => predictEffects(decoded, { value }, view, context),
  };
}

/** A pool with its state, its tokens in order. */
export function pooled(
  n: number,
  dex: string,
  [tokenA, tokenB]: readonly [Address, Address],
  state: PoolState,
): readonly [Pool, PoolState] {
  const [token0, token1] = tokenA < tokenB ? [tokenA, tokenB] : [tokenB, tokenA];
  return [{ address: addressOf(n), kind: state.kind, dex, token0, token1 }, state];
}
