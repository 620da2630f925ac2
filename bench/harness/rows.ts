/** What a row promises: `ratio >= 100`, `value <= 0.2`. */
export type Bar = `${"ratio" | "value" | "captured"} ${">=" | "<="} ${number}`;

/** One figure, and what it was measured against in the same run. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly reference: string;
  /** In the same unit. */
  readonly referenceValue: number;
  /** How many times better than the reference, or what `multiple` says; null where a side is zero. */
  readonly ratio: number | null;
  /** Share of the value there was to find that the answer took, from 0 to 1. */
  readonly captured?: number;
  readonly bar?: Bar;
  readonly stretch?: Bar;
  /** How it was measured where that is not plain: extrapolated, of fewer blocks. */
  readonly note?: string;
}

const quotient = (a: number, b: number): number | null => (a > 0 && b > 0 ? a / b : null);

/** A row whose ratio is how many times less it takes than the reference: for times, bytes, losses. */
export const lessRow = (row: Omit<Row, "ratio">): Row => ({
  ...row,
  ratio: quotient(row.referenceValue, row.value),
});

/** A row whose ratio is its value over the reference's: for rates and counts, or "at most so many times" bars. */
export const multipleRow = (row: Omit<Row, "ratio">): Row => ({
  ...row,
  ratio: quotient(row.value, row.referenceValue),
});

/** Whether a row keeps a promise; null where it has nothing to judge by. */
export function meets(row: Row, bar: Bar): boolean | null {
  const [what, sense, limit] = bar.split(" ");
  const value = what === "ratio" ? row.ratio : what === "captured" ? row.captured : row.value;
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  return sense === ">=" ? value >= Number(limit) : value <= Number(limit);
}

const rounded = (value: number): number => Number(value.toPrecision(6));

/** The row as the `bench` format has it; the keys behind `captured` are ours. */
export function rowJson(row: Row): Readonly<Record<string, string | number | boolean | null>> {
  const { captured, bar, stretch, note } = row;
  return {
    name: row.name,
    unit: row.unit,
    value: rounded(row.value),
    reference: row.reference,
    referenceValue: rounded(row.referenceValue),
    ratio: row.ratio === null ? null : rounded(row.ratio),
    ...(captured === undefined ? {} : { captured: rounded(captured) }),
    ...(bar === undefined ? {} : { bar, met: meets(row, bar) }),
    ...(stretch === undefined ? {} : { stretch, stretchMet: meets(row, stretch) }),
    ...(note === undefined ? {} : { note }),
  };
}
