import { availableParallelism, loadavg } from "node:os";

/** What a promise of so many milliseconds comes to on this machine, at its present load. */
export const withinMs = (ms: number): number => {
  const [minute = 0] = loadavg();
  return ms * Math.max(1, minute / availableParallelism());
};

/**
 * For `vi.waitFor` and `vi.waitUntil`, whose own second is less than a disk or a processor may be busy elsewhere. What
 * comes in time costs nothing by it.
 */
export const PATIENT = { timeout: 30_000, interval: 5 };
