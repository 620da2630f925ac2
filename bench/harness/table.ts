import { type Bar, meets, type Row } from "./rows.ts";

const HEAD = ["", "value", "against", "value", "ratio", "captured", "bar", "stretch"] as const;
/** Columns that stand to the left; numbers stand to the right. */
const LEFT = new Set([0, 2, 6, 7]);

/** Three significant digits; thousands grouped. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return "-";
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
  const digits = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
  return digits.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

const barText = (row: Row, bar: Bar | undefined): string => {
  if (bar === undefined) return "";
  const kept = meets(row, bar);
  return `${bar.replace("ratio ", "")} ${kept === null ? "?" : kept ? "met" : "MISSED"}`;
};

const cells = (row: Row): readonly string[] => [
  row.name,
  `${numberText(row.value)} ${row.unit}`,
  row.reference,
  `${numberText(row.referenceValue)} ${row.unit}`,
  row.ratio === null ? "-" : `${numberText(row.ratio)}x`,
  row.captured === undefined ? "" : `${numberText(100 * row.captured)} %`,
  barText(row, row.bar),
  barText(row, row.stretch),
];

/** The rows as a table for people, each with its note below it. */
export function tableText(rows: readonly Row[]): string {
  const lines = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const fitted = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return LEFT.has(column) ? cell.padEnd(width) : cell.padStart(width);
  };
  const text = (line: readonly string[]): string => line.map(fitted).join("  ").trimEnd();
  return lines
    .flatMap((line, i) => {
      const note = rows[i - 1]?.note;
      return note === undefined ? [text(line)] : [text(line), `    (${note})`];
    })
    .map((line) => `  ${line}`)
    .join("\n");
}
