/** What is written down of each step, in the order of steps. */
export interface Books {
  /** Writes now, or when what the step has sent is in the sockets. */
  keep(write: () => void, when: "now" | "later"): void;
  /** Writes what was left for later. Throws what a write that was due before has thrown. */
  settle(): void;
}

/** From a decision until its bytes are out and the node has been asked takes two or three, nearly always. */
const LATER_MS = 5;

/**
 * A plan that is on its way has still some turns of the event loop to go, and a relay on this machine the same processor:
 * a millisecond of records would come before both.
 */
export function createBooks(): Books {
  let left: (() => void)[] = [];
  let failure: { readonly error: unknown } | null = null;
  const settle = (): void => {
    if (failure !== null) throw failure.error;
    const writes = left;
    left = [];
    for (const write of writes) write();
  };
  const settleSoon = (): void => {
    try {
      settle();
    } catch (error) {
      // Nobody catches here: the next step ends with it.
      failure = { error };
    }
  };
  return {
    keep: (write, when) => {
      if (when === "now") {
        settle();
        write();
        return;
      }
      if (left.length === 0) setTimeout(settleSoon, LATER_MS);
      left.push(write);
    },
    settle,
  };
}
