/**
 * What a mined transaction made of its prediction. `exact`: every pool as predicted; `off`: any other state, or it went
 * through although a revert was predicted; `reverted`: as predicted; `failed`: it reverted and was not to.
 */
export type CalibrationVerdict = "exact" | "off" | "reverted" | "failed";

export interface CalibrationRow {
  /** `<router name or address>.<function or selector>` */
  readonly key: string;
  /** All that were judged: the sum of the four. */
  readonly predicted: number;
  readonly exact: number;
  readonly off: number;
  readonly reverted: number;
  readonly failed: number;
  readonly confidenceFloat: number;
}

/** How well the predictions of each router's functions have come true. */
export interface Calibration {
  note(key: string, verdict: CalibrationVerdict): void;
  /**
   * The chance, in (0, 1), that a foreseen effect comes as foreseen: the mean of a Beta distribution that starts as
   * Beta(9, 1). A decoder is held against the contracts' own bytecode before it ships, so a key without history begins
   * at 0.9; that counts as ten observations only, and a key that errs falls below any sensible gate within a few.
   * Reverts that were predicted say nothing about effects and do not count.
   */
  confidenceFloat(key: string): number;
  /** The most predicted first, then by key. */
  rows(): readonly CalibrationRow[];
  /** Keys that were forgotten for newer ones. */
  readonly forgotten: number;
}

/** Selectors come from anyone's calldata: what was not seen for longest makes room. */
const MOST_KEYS = 512;
const PRIOR_EXACT = 9;
const PRIOR_JUDGED = 10;

type Counts = Record<CalibrationVerdict, number>;

export function createCalibration(mostKeys = MOST_KEYS): Calibration {
  /** Last noted last. */
  const table = new Map<string, Counts>();
  let forgotten = 0;
  return {
    note: (key, verdict) => {
      const counts = table.get(key) ?? { exact: 0, off: 0, reverted: 0, failed: 0 };
      counts[verdict]++;
      table.delete(key);
      table.set(key, counts);
      if (table.size <= mostKeys) return;
      const oldest = table.keys().next();
      if (oldest.done === true) return;
      table.delete(oldest.value);
      forgotten++;
    },
    confidenceFloat: (key) => confidenceOf(table.get(key)),
    rows: () =>
      [...table]
        .map(([key, counts]) => rowOf(key, counts))
        .toSorted((a, b) => b.predicted - a.predicted || (a.key < b.key ? -1 : 1)),
    get forgotten() {
      return forgotten;
    },
  };
}

function confidenceOf(counts: Counts | undefined): number {
  if (counts === undefined) return PRIOR_EXACT / PRIOR_JUDGED;
  const { exact, off, failed } = counts;
  return (exact + PRIOR_EXACT) / (exact + off + failed + PRIOR_JUDGED);
}

const rowOf = (key: string, counts: Counts): CalibrationRow => ({
  key,
  predicted: counts.exact + counts.off + counts.reverted + counts.failed,
  ...counts,
  confidenceFloat: confidenceOf(counts),
});
