/** 64 buckets for each doubling: a quantile is at most 1/64 (1.6 %) above the true value. */
const STEPS = 64;
const DOUBLINGS = 32;

/** Quantiles of durations in microseconds. */
export interface Latency {
  /** Records one duration; negative ones and NaN count as 0, those over an hour and eleven minutes as that. */
  readonly record: (micros: number) => void;
  /**
   * The duration that the share `q` (0 < q <= 1) of all records did not exceed, rounded up to its bucket's end
   * and never above the largest record; 0 without records.
   */
  readonly quantile: (q: number) => number;
  readonly count: () => number;
  readonly max: () => number;
}

/** Whole microseconds below 64 have a bucket each, then every doubling is split in 64. Never allocates again. */
export function createLatency(): Latency {
  const buckets = new Uint32Array(STEPS * (DOUBLINGS - 5));
  const limit = 2 ** DOUBLINGS - 1;
  let count = 0;
  let max = 0;
  return {
    record: (micros) => {
      const value = micros > 0 ? Math.min(Math.ceil(micros), limit) : 0;
      const bucket = bucketOf(value);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      count++;
      if (value > max) max = value;
    },
    quantile: (q) => {
      const wanted = Math.min(count, Math.max(1, Math.ceil(q * count)));
      let seen = 0;
      let bucket = 0;
      while (seen < wanted) seen += buckets[bucket++] ?? 0;
      return count === 0 ? 0 : Math.min(endOf(bucket - 1), max);
    },
    count: () => count,
    max: () => max,
  };
}

/** `value` is a whole number below 2^32. */
function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const doubling = 31 - Math.clz32(value) - 6;
  // value >> doubling lies in 64..127.
  return STEPS * doubling + (value >>> doubling);
}

/** The largest whole value of a bucket. */
function endOf(bucket: number): number {
  if (bucket < STEPS * 2) return bucket;
  const doubling = Math.floor(bucket / STEPS) - 1;
  return ((bucket % STEPS) + STEPS + 1) * 2 ** doubling - 1;
}
