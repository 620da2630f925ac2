import type { PoolState } from "../amm/poolState.ts";
import type { Address, Pool } from "../chain/types.ts";
import type { Overlay } from "../market/overlay.ts";
import type { Balances } from "./balances.ts";
import type { Effort } from "./effectsGas.ts";
import { PERMIT2, REASONS } from "./effectsReasons.ts";
import type { Dialect } from "./effectsReasons.ts";
import type { PoolBook } from "./poolBook.ts";
import type { Allowance, DecodedTransaction, Party, SwapCall } from "./routerCall.ts";

/** One hop of a pending transaction: what its pool takes and gives, raw units, and the pool's state behind it. */
export interface PoolEffect {
  readonly pool: Pool;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly after: PoolState;
  /** Not exact: a token takes a fee at its transfers, or coins lie or go where the prediction does not look. */
  readonly estimate: boolean;
}

export interface EffectsContext {
  readonly book: PoolBook;
  readonly wrappedNative: Address;
  readonly isTaxed: (token: Address) => boolean;
  /** Seconds; of the block in which it would be mined; null: deadlines are not judged. */
  readonly timestamp: number | null;
}

/** A transaction under way: one mutable record for all its calls. */
export interface Run {
  readonly context: EffectsContext;
  readonly dialect: Dialect;
  /** The router takes native coins from itself. */
  readonly takesCoins: boolean;
  /** Its swap gives native coins: the router itself receives the wrapped ones, and unwraps them. */
  readonly givesCoins: boolean;
  readonly unsureDex: DecodedTransaction["unsureDex"];
  readonly view: Overlay;
  /** The router's own. Not all of them are known once `complete` is false. */
  balances: Balances;
  /** What permits of this transaction let the router take from the sender; a token without one is taken for allowed. */
  allowances: ReadonlyMap<Address, Allowance>;
  readonly effects: PoolEffect[];
  /** From here on every effect is an estimate. */
  estimate: boolean;
  complete: boolean;
  readonly effort: Effort;
  /** Pools that were touched in a way that is not known: they have no state any more. */
  readonly clouded: Set<Address>;
}

/** Why the transaction (or the optional group) reverts; null: it goes on. */
export type Outcome = string | null;

export interface Hop {
  /** Null: the book lacks it. */
  readonly pool: Pool | null;
  readonly tokenIn: Address;
  readonly tokenOut: Address;
  readonly zeroForOne: boolean;
}

export function hopsOf({ context }: Run, { path, dex, feesPpm }: SwapCall): readonly Hop[] {
  const hops: Hop[] = [];
  for (let i = 0; i + 1 < path.length; i++) {
    const tokenIn = path[i] ?? "0x";
    const tokenOut = path[i + 1] ?? "0x";
    const pool = context.book.find(dex, tokenIn, tokenOut, feesPpm?.[i] ?? null);
    hops.push({ pool, tokenIn, tokenOut, zeroForOne: tokenIn < tokenOut });
  }
  return hops;
}

/** Null: the pool is unknown, has no price, or was touched by something unknown. */
export const stateAt = ({ view, clouded }: Run, { pool }: Hop): PoolState | null =>
  pool === null || clouded.has(pool.address) ? null : view.stateOf(pool.address);

/** What happens at these hops is not known: their pools have no state for the rest of the transaction. */
export function cloud(run: Run, hops: readonly Hop[]): null {
  run.complete = false;
  for (const { pool } of hops) if (pool !== null) run.clouded.add(pool.address);
  return null;
}

/** Writes a hop down: the pool's new state, and the effect. */
export function land(
  run: Run,
  { pool, tokenIn, tokenOut }: Hop,
  { amountIn, amountOut, after }: Pick<PoolEffect, "amountIn" | "amountOut" | "after">,
): void {
  if (pool === null) return;
  const { isTaxed } = run.context;
  run.estimate ||= isTaxed(tokenIn) || isTaxed(tokenOut);
  run.view.set(pool.address, after);
  run.effects.push({ pool, tokenIn, tokenOut, amountIn, amountOut, after, estimate: run.estimate });
}

/**
 * Pays for a swap. All routers but the universal one wrap their native coins first, if those suffice
 * (PeripheryPayments.pay); a sender is taken to own, and to have approved, what is then pulled from it.
 */
export function pay(run: Run, payer: SwapCall["payer"], token: Address, amount: bigint): Outcome {
  const { balances, dialect, context } = run;
  if (dialect !== "universal" && token === context.wrappedNative) {
    if (balances.debit(null, amount)) return null;
    // Too few coins: the router asks the sender for wrapped ones, which it may not have.
    if (payer === "sender" && balances.of(null) > 0n) run.estimate = true;
  }
  if (payer === "sender") return take(run, token, amount);
  if (balances.debit(token, amount)) return null;
  return REASONS[dialect].payments.transferToken;
}

const ENDLESS_ALLOWANCE = (1n << 160n) - 1n;

/** Takes from the sender what a permit of Permit2 has allowed (AllowanceTransfer._transfer). */
export function take(run: Run, token: Address, amount: bigint): Outcome {
  const { allowances, context } = run;
  const allowance = allowances.get(token);
  if (allowance === undefined) return null;
  const { expiration } = allowance;
  const { timestamp } = context;
  if (timestamp !== null && expiration > 0n && expiration < timestamp) return PERMIT2.allowanceExpired;
  if (allowance.amount === ENDLESS_ALLOWANCE) return null;
  if (allowance.amount < amount) return PERMIT2.insufficientAllowance;
  run.allowances = new Map(allowances).set(token, { ...allowance, amount: allowance.amount - amount });
  return null;
}

/** True for a pool: what it is sent besides its swaps is not in its state. */
export const isPool = ({ view }: Run, receiver: Party): boolean =>
  receiver !== "sender" && receiver !== "router" && view.stateOf(receiver) !== null;

/** Books what a step gives to the receiver; null for native coins. */
export function receive(run: Run, receiver: Party, token: Address | null, amount: bigint): void {
  if (receiver === "router") run.balances.credit(token, amount);
  else if (isPool(run, receiver)) run.estimate = true;
}
