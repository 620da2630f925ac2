import type { Clock } from "../lib/clock.ts";

/** Shares a slice of every turn of the event loop among tasks, so that all of them together hold up nothing else. */
export interface Turns {
  /** Runs the task now while the slice lasts and nobody waits, else behind those that wait. */
  enter(task: () => void): void;
  /** The slice of this turn is used up: a task should stop and enter again. */
  over(): boolean;
}

export function createTurns(sliceMs: number, clock: Clock): Turns {
  const waiting: (() => void)[] = [];
  /** When the first task of this turn began; null: none has. */
  let started: number | null = null;
  let scheduled = false;
  const over = (): boolean => started !== null && clock.monotonic() - started > sliceMs;
  const run = (task: () => void): void => {
    started ??= clock.monotonic();
    task();
  };
  const nextTurn = (): void => {
    started = null;
    scheduled = false;
    while (!over()) {
      const task = waiting.shift();
      if (task === undefined) break;
      run(task);
    }
    // Also where nobody waits: what comes in the next turn finds a slice of its own.
    if (started !== null) schedule();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(nextTurn);
  };
  return {
    over,
    enter: (task) => {
      if (waiting.length > 0 || over()) waiting.push(task);
      else run(task);
      schedule();
    },
  };
}
