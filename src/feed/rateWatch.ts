/**
 * Notices when a stream dries up that used to flow (Bor nodes have been seen to fall from 130 pending
 * transactions a second to one while blocks went on: bor issue 2176). Times are monotonic milliseconds.
 */
export interface RateWatch {
  note(at: number): void;
  /** Judges at that moment; to be asked about once a second. */
  check(at: number): RateVerdict;
}

export interface RateVerdict {
  readonly starved: boolean;
  /** Per second over the last ten seconds, and over the minute before them. */
  readonly recentFloat: number;
  readonly usualFloat: number;
}

const SECOND = 1000;
const RECENT_SECONDS = 10;
const USUAL_SECONDS = 60;
/** Less than this much history tells nothing. */
const HISTORY_SECONDS = 20;
/** A stream thinner than this starves unnoticed: its silence is no news. */
const LEAST_USUAL_FLOAT = 1;
const STARVED_BELOW_FLOAT = 0.1;
const RECOVERED_ABOVE_FLOAT = 0.5;

export function createRateWatch(): RateWatch {
  /** Counts by second, newest last. */
  const seconds = new Map<number, number>();
  let firstSecond: number | null = null;
  /** The usual rate of before, while starved: else the drought itself would become the usual. */
  let before: number | null = null;

  const rate = (from: number, to: number): number => {
    let sum = 0;
    for (let second = from; second < to; second++) sum += seconds.get(second) ?? 0;
    return sum / (to - from);
  };

  return {
    note: (at) => {
      const second = Math.floor(at / SECOND);
      firstSecond ??= second;
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    },
    check: (at) => {
      const now = Math.floor(at / SECOND);
      for (const second of seconds.keys()) {
        if (second < now - RECENT_SECONDS - USUAL_SECONDS) seconds.delete(second);
      }
      const recentFrom = now - RECENT_SECONDS;
      const usualFrom = Math.max(firstSecond ?? now, recentFrom - USUAL_SECONDS);
      const recentFloat = rate(recentFrom, now);
      const known = recentFrom - usualFrom >= HISTORY_SECONDS - RECENT_SECONDS;
      const usualFloat = before ?? (known ? rate(usualFrom, recentFrom) : 0);
      const low = before === null ? STARVED_BELOW_FLOAT : RECOVERED_ABOVE_FLOAT;
      const starved = usualFloat >= LEAST_USUAL_FLOAT && recentFloat < usualFloat * low;
      before = starved ? usualFloat : null;
      return { starved, recentFloat, usualFloat };
    },
  };
}
