import { createBoundedQueue } from "../lib/boundedQueue.ts";

/** Items wait for their turn and are told in order; the oldest are shed first. */
export interface Turns<T> {
  push(item: T): void;
  /** Drops what waits. */
  clear(): void;
  readonly shed: number;
}

/** Between two slices the socket is read, so that a flood of items cannot hold up a block. */
const SLICE = 64;

export function createTurns<T>(length: number, tell: (item: T) => void): Turns<T> {
  const waiting = createBoundedQueue<T>(length);
  let scheduled = false;

  const slice = (): void => {
    scheduled = false;
    for (let i = 0; i < SLICE; i++) {
      const next = waiting.shift();
      if (next === undefined) return;
      tell(next);
    }
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return;
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
