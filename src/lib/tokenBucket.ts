/** So much a second on average, and so much at once. */
export interface TokenBucket {
  /** Takes all of `count` and answers 0, or takes nothing and answers the milliseconds until there are enough. */
  take(count: number): number;
  /** The same answer, and takes nothing. */
  missingMs(count: number): number;
}

/** `now` is monotonic, in milliseconds. More than `burst` at once is never given: the answer is then Infinity. */
export function createTokenBucket(perSecond: number, burst: number, now: () => number): TokenBucket {
  let tokens = burst;
  let filledAt = now();
  const missingMs = (count: number): number => {
    const at = now();
    tokens = Math.min(burst, tokens + ((at - filledAt) * perSecond) / 1000);
    filledAt = at;
    if (count > burst) return Infinity;
    return count > tokens ? ((count - tokens) * 1000) / perSecond : 0;
  };
  return {
    missingMs,
    take: (count) => {
      const waitMs = missingMs(count);
      if (waitMs === 0) tokens -= count;
      return waitMs;
    },
  };
}
