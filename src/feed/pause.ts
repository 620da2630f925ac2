import { setTimeout as sleep } from "node:timers/promises";

/** Waits, or less long when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted: whoever waits looks at the signal.
  }
}
