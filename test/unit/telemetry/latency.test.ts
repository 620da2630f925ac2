import { array, assert, double, property } from "fast-check";
import { expect, test } from "vitest";
import { createLatency } from "../../../src/telemetry/latency.ts";

test("nothing recorded is zero", () => {
  const latency = createLatency();
  expect([latency.count(), latency.max(), latency.quantile(0.5), latency.quantile(1)]).toEqual([0, 0, 0, 0]);
});

test("small figures are exact", () => {
  const latency = createLatency();
  for (let micros = 1; micros <= 100; micros++) latency.record(micros);
  expect([0.01, 0.5, 0.99, 1].map(latency.quantile)).toEqual([1, 50, 99, 100]);
  expect(latency.count()).toBe(100);
});

test("what is no duration counts as zero, and a very long one as the longest", () => {
  const latency = createLatency();
  latency.record(-5);
  latency.record(Number.NaN);
  expect(latency.quantile(1)).toBe(0);
  latency.record(Number.POSITIVE_INFINITY);
  expect(latency.quantile(1)).toBe(2 ** 32 - 1);
  expect(latency.count()).toBe(3);
});

test("a quantile is never below the true one, and at most 1/64 above", () => {
  assert(
    property(
      array(double({ min: 0, max: 4e9, noNaN: true }), { minLength: 1, maxLength: 60 }),
      double({ min: 0.01, max: 1, noNaN: true }),
      (durations, q) => {
        const latency = createLatency();
        durations.forEach(latency.record);
        const sorted = durations.toSorted((a, b) => a - b);
        const exact = Math.ceil(sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0);
        expect(latency.quantile(q)).toBeGreaterThanOrEqual(exact);
        expect(latency.quantile(q)).toBeLessThanOrEqual(exact * (1 + 1 / 64));
      },
    ),
    { seed: 7 },
  );
});
