import { expect, test } from "vitest";
import { lessRow, meets, multipleRow, type Row, rowJson } from "../../../bench/harness/rows.ts";
import { numberText, tableText } from "../../../bench/harness/table.ts";

const scan = lessRow({
  name: "scan, k = 20",
  unit: "us",
  value: 50,
  reference: "STOCK3",
  referenceValue: 17_000,
  captured: 0.987654321,
  bar: "ratio >= 100",
  stretch: "ratio >= 400",
  note: "of 12 blocks",
});
const tail = multipleRow({
  name: "p99.9",
  unit: "us",
  value: 300,
  reference: "its p50",
  referenceValue: 60,
  bar: "ratio <= 15",
});

test("a ratio is how many times less, or how many times the reference; none against zero", () => {
  expect([scan.ratio, tail.ratio]).toEqual([340, 5]);
  const none = { name: "collections", unit: "", value: 0, reference: "peer", referenceValue: 89 };
  expect([lessRow(none).ratio, multipleRow(none).ratio]).toEqual([null, null]);
});

test("bars judge the ratio, the value or what was captured, either way", () => {
  const row: Row = { ...scan, captured: 0.9 };
  expect(meets(row, "ratio >= 340")).toBe(true);
  expect(meets(row, "ratio >= 340.1")).toBe(false);
  expect(meets(row, "value <= 50")).toBe(true);
  expect(meets(row, "value <= 49.9")).toBe(false);
  expect(meets(row, "captured >= 0.9")).toBe(true);
  expect(meets({ ...row, ratio: null }, "ratio <= 1")).toBeNull();
  expect(meets(tail, "captured >= 1")).toBeNull();
});

test("the JSON has the format's names in its order, ours behind them", () => {
  expect(JSON.stringify(rowJson(scan))).toBe(
    '{"name":"scan, k = 20","unit":"us","value":50,"reference":"STOCK3","referenceValue":17000,"ratio":340,' +
      '"captured":0.987654,"bar":"ratio >= 100","met":true,"stretch":"ratio >= 400","stretchMet":false,"note":"of 12 blocks"}',
  );
  expect(Object.keys(rowJson({ ...tail, ratio: null }))).toEqual([
    "name",
    "unit",
    "value",
    "reference",
    "referenceValue",
    "ratio",
    "bar",
    "met",
  ]);
});

test("the table shows each row with its bars, and its note below", () => {
  expect(tableText([scan, tail])).toBe(
    [
      "                 value  against      value  ratio  captured  bar         stretch",
      "  scan, k = 20   50 us  STOCK3   17,000 us   340x    98.8 %  >= 100 met  >= 400 MISSED",
      "      (of 12 blocks)",
      "  p99.9         300 us  its p50      60 us     5x            <= 15 met",
    ].join("\n"),
  );
});

test("numbers: three digits, thousands grouped, small ones by powers", () => {
  expect([0, 1.2345, 12.345, 999.9, 1234.5, 1e6, 0.00001, Number.NaN].map(numberText)).toEqual([
    "0",
    "1.23",
    "12.3",
    "1,000",
    "1,235",
    "1,000,000",
    "1.0e-5",
    "-",
  ]);
});
