import type { Address } from "../chain/types.ts";

/** What a router holds in the course of one transaction, in raw units; null stands for the native coin. */
export interface Balances {
  of(token: Address | null): bigint;
  credit(token: Address | null, amount: bigint): void;
  /** False, and nothing taken, where there is less. */
  debit(token: Address | null, amount: bigint): boolean;
  /** The whole balance, which is then zero. */
  drain(token: Address | null): bigint;
  copy(): Balances;
}

export function createBalances(entries: Iterable<readonly [Address | null, bigint]>): Balances {
  const held = new Map<Address | null, bigint>(entries);
  const of = (token: Address | null): bigint => held.get(token) ?? 0n;
  return {
    of,
    credit: (token, amount) => void held.set(token, of(token) + amount),
    debit: (token, amount) => {
      const before = of(token);
      if (before < amount) return false;
      held.set(token, before - amount);
      return true;
    },
    drain: (token) => {
      const before = of(token);
      held.set(token, 0n);
      return before;
    },
    copy: () => createBalances(held),
  };
}
