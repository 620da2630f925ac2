import { RetryableError } from "../lib/errors.ts";

/** Those who wait until a count of records is written. */
export interface FlushWaiters {
  /** Resolves at `reached(n)` with n >= target; rejects at `fail`, or with `RetryableError` when the signal aborts. */
  readonly wait: (target: number, signal?: AbortSignal) => Promise<void>;
  readonly reached: (count: number) => void;
  readonly fail: (error: Error) => void;
}

interface Waiter {
  readonly target: number;
  readonly settle: (error: Error | null) => void;
}

export function createFlushWaiters(): FlushWaiters {
  const waiters = new Set<Waiter>();
  const settle = (waiter: Waiter, error: Error | null): void => {
    waiters.delete(waiter);
    waiter.settle(error);
  };
  return {
    wait: (target, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void =>
          settle(waiter, new RetryableError("ledger_flush", "records are not yet written"));
        const waiter: Waiter = {
          target,
          settle: (error) => {
            signal?.removeEventListener("abort", abort);
            if (error === null) resolve();
            else reject(error);
          },
        };
        waiters.add(waiter);
        if (signal?.aborted === true) abort();
        else signal?.addEventListener("abort", abort);
      }),
    reached: (count) => {
      for (const waiter of waiters) if (waiter.target <= count) settle(waiter, null);
    },
    fail: (error) => {
      for (const waiter of waiters) settle(waiter, error);
    },
  };
}
