/** Cycles that are not believed for a while, each with its reason. */
export interface Quarantine {
  add(cycleId: string, reason: string, untilBlock: number): void;
  /** The reason, or null when the cycle is free again. */
  reasonOf(cycleId: string, block: number): string | null;
  readonly size: number;
}

/** Bounded: beyond `capacity` the oldest entry is let go. */
export function createQuarantine(capacity: number): Quarantine {
  const entries = new Map<string, { reason: string; untilBlock: number }>();
  return {
    add: (cycleId, reason, untilBlock) => {
      entries.delete(cycleId);
      entries.set(cycleId, { reason, untilBlock });
      if (entries.size <= capacity) return;
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    },
    reasonOf: (cycleId, block) => {
      const entry = entries.get(cycleId);
      if (entry === undefined) return null;
      if (block <= entry.untilBlock) return entry.reason;
      entries.delete(cycleId);
      return null;
    },
    get size() {
      return entries.size;
    },
  };
}
