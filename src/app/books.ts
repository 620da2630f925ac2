/** What is written down of each step, in the order of steps. */
export interface Books {
  /** Writes now, or when what the step has sent is in the sockets. */
  keep(write: () => void, when: "now" | "later"): void;
  /** Writes what was left for later. Throws what a write that was due before has thrown. */
  settle(): void;
}

/**
 * A plan that is on its way has still some turns of the event loop to go: half a millisecond of records would come before
 * them.
 */
export function createBooks(): Books {
  let left: (() => void) | null = null;
  let failure: { readonly error: unknown } | null = null;
  const settle = (): void => {
    if (failure !== null) throw failure.error;
    const write = left;
    left = null;
    write?.();
  };
  return {
    keep: (write, when) => {
      settle();
      if (when === "now") {
        write();
        return;
      }
      left = write;
      setImmediate(() => {
        try {
          settle();
        } catch (error) {
          // Nobody catches here: the next step ends with it.
          failure = { error };
        }
      });
    },
    settle,
  };
}
