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
  note(key: string, verdict: CalibrationVerdict, sender: Address): void;
  /**
   * The chance, in (0, 1), that a foreseen effect comes as foreseen: the mean of a Beta distribution that starts as
   * Beta(9, 1). A decoder is held against the contracts' own bytecode before it ships, so a key without history begins
   * at 0.9; that counts as ten observations only, and a key that errs falls below any sensible gate within a few.
   * Reverts that were predicted say nothing about effects and do not count. A failure says little: the sender may lack
   * funds or an allowance, which nobody sees, and anyone can bring that about. So it counts once for each sender, as a
   * quarter; what fails for everybody falls all the same.
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
const FAILURE_WEIGHT = 0.25;
/** Senders whose failure is remembered, for each key. */
const MOST_SENDERS = 64;

interface Entry {
  readonly counts: Record<CalibrationVerdict, number>;
  /** Failures, those of one sender taken for one as long as it is remembered. */
  distinctFailures: number;
  /** Who failed, the first one first. */
  readonly failed: Set<Address>;
}

const newEntry = (): Entry => ({
  counts: { exact: 0, off: 0, reverted: 0, failed: 0 },
  distinctFailures: 0,
  failed: new Set(),
});

function blame(entry: Entry, sender: Address): void {
  if (entry.failed.has(sender)) return;
  entry.distinctFailures++;
  entry.failed.add(sender);
  if (entry.failed.size <= MOST_SENDERS) return;
  const first = entry.failed.keys().next();
  if (first.done !== true) entry.failed.delete(first.value);
}

export function createCalibration(mostKeys = MOST_KEYS): Calibration {
  /** Last noted last. */
  const table = new Map<string, Entry>();
  let forgotten = 0;
  return {
    note: (key, verdict, sender) => {
      const entry = table.get(key) ?? newEntry();
      entry.counts[verdict]++;
      if (verdict === "failed") blame(entry, sender);
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
  const { exact, off } = entry.counts;
  const wrong = off + entry.distinctFailures * FAILURE_WEIGHT;
  return (exact + PRIOR_EXACT) / (exact + wrong + PRIOR_JUDGED);
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
