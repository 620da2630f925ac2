import { setImmediate as turn } from "node:timers/promises";
import { constants, performance, PerformanceObserver, type PerformanceEntry } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Garbage collections while something ran. */
export interface Collections {
  readonly count: number;
  /** Scavenges: the short ones of what just died. */
  readonly minor: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

const kindOf = ({ detail }: PerformanceEntry): unknown =>
  typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : null;

/** Runs the work and counts the collections that began meanwhile, in this thread. */
export async function countCollections(work: () => void | Promise<void>): Promise<Collections> {
  const entries: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  const start = performance.now();
  await work();
  const end = performance.now();
  // Entries are handed over between turns of the event loop.
  await turn();
  await turn();
  entries.push(...observer.takeRecords());
  observer.disconnect();
  const during = entries.filter(({ startTime }) => startTime >= start && startTime <= end);
  const durations = during.map(({ duration }) => duration);
  return {
    count: during.length,
    minor: during.filter((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MINOR).length,
    totalMs: durations.reduce((sum, duration) => sum + duration, 0),
    longestMs: Math.max(0, ...durations),
  };
}

/** A way to collect all garbage now, so that one measurement does not pay for another's. */
export function createCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  return () => {
    if (typeof collect === "function") collect();
  };
}
