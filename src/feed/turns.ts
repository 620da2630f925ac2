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
 * Two turns of the event loop lie between two slices: an item that takes long is one with a plan behind it, and its
 * bundle leaves before the next item is told. It is signed when the slice has ended, and a client that looks after its
 * connection first writes a turn later.
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
    scheduled = true;
    setImmediate(() => setImmediate(slice));
  };
  return {
    push: (item) => {
      waiting.push(item);
      if (scheduled) return;
      scheduled = true;
      setImmediate(slice);
    },
    clear: () => {
      while (waiting.shift() !== undefined);
    },
    get shed() {
      return waiting.shed;
    },
  };
}
