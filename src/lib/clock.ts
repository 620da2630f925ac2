/** Both in milliseconds. Deadlines and silence are measured on `monotonic`: the wall clock may jump. */
export interface Clock {
  /** Since 1970. */
  now(): number;
  /** Since some fixed moment; never goes back. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
