import type { Address, Hash } from "../src/chain/types.ts";
import type { Conditions } from "./conditions.ts";
import { effectiveTip } from "./transaction.ts";
import type { SignedTransaction } from "./transaction.ts";

const GWEI = 1_000_000_000n;

/** Bor's rules (txpool.pricelimit, txpool.pricebump). */
export const TIP_FLOOR = 25n * GWEI;
const PRICE_BUMP_PERCENT = 10n;

export interface Pooled {
  readonly tx: SignedTransaction;
  /** Order of arrival at this node. */
  readonly seen: number;
  /** Came by a way that is not gossiped: in the pool, never announced. */
  readonly isPrivate: boolean;
  /** What must hold for it to be mined; null: nothing. */
  readonly conditions: Conditions | null;
}

/** How a transaction came. */
export type Entry = Pick<Pooled, "isPrivate" | "conditions">;

export const OPENLY: Entry = { isPrivate: false, conditions: null };
export const PRIVATELY: Entry = { isPrivate: true, conditions: null };

export type AddResult =
  | { readonly ok: true; readonly announced: readonly SignedTransaction[] }
  | { readonly ok: false; readonly refusal: string };

/** The pending transactions of the producer, by Bor's rules; holds no chain state of its own. */
export interface Mempool {
  /** `nonce`: the sender's next nonce on chain. Gives those that became executable, to be announced. */
  add(tx: SignedTransaction, nonce: number, entry: Entry): AddResult;
  get(hash: Hash): Pooled | undefined;
  /** The nonce after the sender's unbroken row of pending transactions. */
  nextNonce(sender: Address, nonce: number): number;
  /** Executable transactions in the order in which Bor takes them. */
  ordered(baseFee: bigint, nonceOf: (sender: Address) => number): readonly SignedTransaction[];
  senders(): readonly Address[];
  /** Drops what can never be mined any more: nonces below the sender's next one. */
  settle(sender: Address, nonce: number): void;
  remove(hash: Hash): void;
  all(): readonly Pooled[];
  clear(): void;
}

const raised = (old: bigint, offer: bigint): boolean => offer * 100n >= old * (100n + PRICE_BUMP_PERCENT);

const canReplace = (old: SignedTransaction, offer: SignedTransaction): boolean =>
  raised(old.maxFeePerGas, offer.maxFeePerGas) &&
  raised(old.maxPriorityFeePerGas, offer.maxPriorityFeePerGas);

/** Bor's order: effective tip descending, ties by first seen. */
const comesBefore = (a: Pooled, b: Pooled, baseFee: bigint): boolean => {
  const [tipA, tipB] = [effectiveTip(a.tx, baseFee), effectiveTip(b.tx, baseFee)];
  return tipA === tipB ? a.seen < b.seen : tipA > tipB;
};

export function createMempool(): Mempool {
  const byHash = new Map<Hash, Pooled>();
  const bySender = new Map<Address, Map<number, Pooled>>();
  const announced = new Set<Hash>();
  let arrivals = 0;

  const remove = (hash: Hash): void => {
    const pooled = byHash.get(hash);
    if (pooled === undefined) return;
    const { from, nonce } = pooled.tx;
    byHash.delete(hash);
    announced.delete(hash);
    const row = bySender.get(from);
    row?.delete(nonce);
    if (row?.size === 0) bySender.delete(from);
  };

  const newlyExecutable = (sender: Address, nonce: number): readonly SignedTransaction[] => {
    const row = bySender.get(sender);
    const fresh: SignedTransaction[] = [];
    for (let n = nonce, next = row?.get(n); next !== undefined; next = row?.get(++n)) {
      if (next.isPrivate || announced.has(next.tx.hash)) continue;
      announced.add(next.tx.hash);
      fresh.push(next.tx);
    }
    return fresh;
  };

  return {
    add(tx, nonce, entry) {
      if (byHash.has(tx.hash)) return { ok: false, refusal: "already known" };
      if (tx.nonce < nonce) {
        return { ok: false, refusal: `nonce too low: next nonce ${nonce}, tx nonce ${tx.nonce}` };
      }
      if (tx.maxPriorityFeePerGas < TIP_FLOOR) {
        const said = `gas tip cap ${tx.maxPriorityFeePerGas}, minimum needed ${TIP_FLOOR}`;
        return { ok: false, refusal: `transaction underpriced: ${said}` };
      }
      const row = bySender.get(tx.from) ?? new Map<number, Pooled>();
      const old = row.get(tx.nonce);
      if (old !== undefined) {
        if (!canReplace(old.tx, tx)) return { ok: false, refusal: "replacement transaction underpriced" };
        remove(old.tx.hash);
      }
      const pooled = { tx, seen: arrivals++, ...entry };
      byHash.set(tx.hash, pooled);
      bySender.set(tx.from, row.set(tx.nonce, pooled));
      return { ok: true, announced: newlyExecutable(tx.from, nonce) };
    },
    get: (hash) => byHash.get(hash),
    nextNonce(sender, nonce) {
      const row = bySender.get(sender);
      let next = nonce;
      while (row?.has(next) === true) next++;
      return next;
    },
    ordered(baseFee, nonceOf) {
      const payable = (pooled: Pooled | undefined): pooled is Pooled =>
        pooled !== undefined && effectiveTip(pooled.tx, baseFee) >= 0n;
      const heads = [...bySender].map(([sender, row]) => row.get(nonceOf(sender))).filter(payable);
      const order: SignedTransaction[] = [];
      while (heads.length > 0) {
        let best = 0;
        heads.forEach((head, i) => {
          const leader = heads[best];
          if (leader !== undefined && comesBefore(head, leader, baseFee)) best = i;
        });
        const [taken] = heads.splice(best, 1);
        if (taken === undefined) break;
        order.push(taken.tx);
        const next = bySender.get(taken.tx.from)?.get(taken.tx.nonce + 1);
        if (payable(next)) heads.push(next);
      }
      return order;
    },
    senders: () => [...bySender.keys()],
    settle(sender, nonce) {
      for (const [n, { tx }] of bySender.get(sender) ?? []) if (n < nonce) remove(tx.hash);
    },
    remove,
    all: () => [...byHash.values()],
    clear() {
      byHash.clear();
      bySender.clear();
      announced.clear();
    },
  };
}
