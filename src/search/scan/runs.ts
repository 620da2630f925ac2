/**
 * Lists that share one array, each in one piece: list `run` is the places `firsts[run] .. ends[run])`. A list that
 * outgrows its piece moves to the free end of the array, to a piece a quarter larger.
 */
export interface Runs {
  /** A new place at the end of a list, or -1 when the array is full. */
  append(run: number): number;
  /** Starts an empty list with the next number. */
  start(run: number): void;
}

export interface RunsParts {
  readonly firsts: Int32Array;
  readonly ends: Int32Array;
  /** Lists so far, one after another from place 0. */
  readonly count: number;
  /** Places of the whole array. */
  readonly places: number;
  /** Moves what lies at `from` to a free place. */
  readonly move: (from: number, to: number) => void;
}

const LEAST_SPARE = 4;

export function createRuns({ firsts, ends, count, places, move }: RunsParts): Runs {
  const limits = ends.slice();
  let free = count === 0 ? 0 : (ends[count - 1] ?? 0);

  const relocate = (run: number): boolean => {
    const [first, end] = [firsts[run] ?? 0, ends[run] ?? 0];
    const room = end - first + Math.max(LEAST_SPARE, (end - first) >> 2);
    if (free + room > places) return false;
    for (let at = first; at < end; at++) move(at, free + at - first);
    firsts[run] = free;
    ends[run] = free + end - first;
    limits[run] = free + room;
    free += room;
    return true;
  };
  return {
    append: (run) => {
      if (ends[run] === limits[run] && !relocate(run)) return -1;
      const place = ends[run] ?? 0;
      ends[run] = place + 1;
      return place;
    },
    start: (run) => {
      firsts[run] = free;
      ends[run] = free;
      limits[run] = free;
    },
  };
}
