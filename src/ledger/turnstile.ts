/**
 * Takes turns between the journal and the writer thread. SQLite's own lock keeps them apart, but whoever meets it
 * polls with pauses of up to 100 ms; here the next one is woken at once, and nobody goes twice while the other
 * waits. It is a courtesy, not the lock: who has waited too long goes on to SQLite.
 */
export interface Turnstile {
  /** Runs `act` when the other side is not at it, or after `maxWaitMillis`. */
  readonly pass: <T>(maxWaitMillis: number, act: () => T) => T;
}

export type Side = "journal" | "writer";

const FREE = 0;
const NUMBER = { journal: 1, writer: 2 } as const;
/** Cell 0 says whose turn it is; cells 1 and 2 say that this side waits. */
const CELLS = 3;

/** The memory that both sides share. */
export const createTurns = (): SharedArrayBuffer =>
  new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);

/** One side's view of the shared turns; each side is one thread. */
export function createTurnstile(turns: SharedArrayBuffer, side: Side): Turnstile {
  const cells = new Int32Array(turns);
  const us = NUMBER[side];
  const other = us === NUMBER.journal ? NUMBER.writer : NUMBER.journal;

  const enter = (maxWaitMillis: number): boolean => {
    const deadline = performance.now() + maxWaitMillis;
    Atomics.store(cells, us, 1);
    let turn = Atomics.compareExchange(cells, 0, FREE, us);
    while (turn !== FREE && turn !== us) {
      const left = deadline - performance.now();
      if (left <= 0 || Atomics.wait(cells, 0, turn, left) === "timed-out") break;
      turn = Atomics.compareExchange(cells, 0, FREE, us);
    }
    Atomics.store(cells, us, 0);
    return Atomics.load(cells, 0) === us;
  };
  const leave = (): void => {
    Atomics.store(cells, 0, Atomics.load(cells, other) === 1 ? other : FREE);
    Atomics.notify(cells, 0);
  };
  return {
    pass: (maxWaitMillis, act) => {
      const entered = enter(maxWaitMillis);
      try {
        return act();
      } finally {
        if (entered) leave();
      }
    },
  };
}
