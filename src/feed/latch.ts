/** One waits, many wake; a wake that comes before the wait is not lost. */
export interface Latch {
  wake(): void;
  /** Resolves at the next wake, or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
}

const nothing = (): void => undefined;

export function createLatch(): Latch {
  let woken = false;
  let resume = nothing;
  return {
    wake: () => {
      woken = true;
      resume();
    },
    wait: async (signal) => {
      if (!woken && !signal.aborted) {
        await new Promise<void>((resolve) => {
          resume = () => {
            signal.removeEventListener("abort", resume);
            resume = nothing;
            resolve();
          };
          signal.addEventListener("abort", resume, { once: true });
        });
      }
      woken = false;
    },
  };
}
