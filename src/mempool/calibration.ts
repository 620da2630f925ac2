import type { Address } from "../chain/types.ts";

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
  /** `suspect`: who may have brought the verdict about alone, if anyone could; else null. */
  note(key: string, verdict: CalibrationVerdict, suspect: Address | null): void;
  /**
   * The chance, in (0, 1), that a foreseen effect comes as foreseen: the mean of a Beta distribution that starts as
   * Beta(9, 1). A decoder is held against the contracts' own bytecode before it ships, so a key without history begins
   * at 0.9; that counts as ten observations only, and a key that errs falls below any sensible gate within a few.
   * Reverts that were predicted say nothing about effects and do not count. A failure says little, since the sender may
   * lack funds or an allowance, which nobody sees; nor does a pair that was given coins before. What anyone can bring
   * about counts once for each sender, as a quarter; what is wrong for everybody falls all the same.
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
const SUSPECT_WEIGHT = 0.25;
/** Suspects who are remembered, for each key. */
const MOST_SUSPECTS = 64;

interface Entry {
  readonly counts: Record<CalibrationVerdict, number>;
  /** What counts against it; that of one suspect taken for one as long as it is remembered. */
  wrong: number;
  /** The first one first. */
  readonly suspects: Set<Address>;
}

const newEntry = (): Entry => ({
  counts: { exact: 0, off: 0, reverted: 0, failed: 0 },
  wrong: 0,
  suspects: new Set(),
});

function weightOf({ suspects }: Entry, suspect: Address | null): number {
  if (suspect === null) return 1;
  if (suspects.has(suspect)) return 0;
  suspects.add(suspect);
  const first = suspects.keys().next();
  if (suspects.size > MOST_SUSPECTS && first.done !== true) suspects.delete(first.value);
  return SUSPECT_WEIGHT;
}

export function createCalibration(mostKeys = MOST_KEYS): Calibration {
  /** Last noted last. */
  const table = new Map<string, Entry>();
  let forgotten = 0;
  return {
    note: (key, verdict, suspect) => {
      const entry = table.get(key) ?? newEntry();
      entry.counts[verdict]++;
      if (verdict === "off" || verdict === "failed") entry.wrong += weightOf(entry, suspect);
      table.delete(key);
      table.set(key, entry);
      if (table.size <= mostKeys) return;
      const oldest = table.keys().next();
      if (oldest.done === true) return;
      table.delete(oldest.value);
      forgotten++;
    },
    confidenceFloat: (key) => confidenceOf(table.get(key)),
    rows: () =>
      [...table]
        .map(([key, entry]) => rowOf(key, entry))
        .toSorted((a, b) => b.predicted - a.predicted || (a.key < b.key ? -1 : 1)),
    get forgotten() {
      return forgotten;
    },
  };
}

function confidenceOf(entry: Entry | undefined): number {
  if (entry === undefined) return PRIOR_EXACT / PRIOR_JUDGED;
  const { exact } = entry.counts;
  return (exact + PRIOR_EXACT) / (exact + entry.wrong + PRIOR_JUDGED);
}

function rowOf(key: string, entry: Entry): CalibrationRow {
  const { counts } = entry;
  return {
    key,
    predicted: counts.exact + counts.off + counts.reverted + counts.failed,
    ...counts,
    confidenceFloat: confidenceOf(entry),
  };
}
