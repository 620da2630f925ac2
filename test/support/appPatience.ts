import { availableParallelism, loadavg } from "node:os";

/** What a promise of so many milliseconds comes to on this machine, at its present load. */
export const withinMs = (ms: number): number => {
  const [minute = 0] = loadavg();
  return ms * Math.max(1, minute / availableParallelism());
};
