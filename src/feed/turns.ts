import { createBoundedQueue } from "../lib/boundedQueue.ts";
import type { Clock } from "../lib/clock.ts";

/** Items wait for their turn and are told in order; the oldest are shed first. */
export interface Turns<T> {
  push(item: T): void;
  /** Drops what waits. */
  clear(): void;
  readonly shed: number;
}

/** Between two slices the socket is read, so that a flood of items cannot hold up a block. */
const SLICE_MS = 0.5;

/**
 * An item that takes long is one with a plan behind it: it ends its slice, and its bundle, which is signed in the promises
 * of this turn, leaves before the next item is told.
 */
export function createTurns<T>(
  length: number,
  clock: Pick<Clock, "monotonic">,
  tell: (item: T) => void,
): Turns<T> {
  const waiting = createBoundedQueue<T>(length);
  let scheduled = false;

  const slice = (): void => {
    scheduled = false;
    const started = clock.monotonic();
    do {
      const next = waiting.shift();
      if (next === undefined) return;
      tell(next);
    } while (clock.monotonic() - started < SLICE_MS);
    schedule();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(slice);
  };
  return {
    push: (item) => {
      waiting.push(item);
      schedule();
    },
    clear: () => {
      while (waiting.shift() !== undefined);
    },
    get shed() {
      return waiting.shed;
    },
  };
}
