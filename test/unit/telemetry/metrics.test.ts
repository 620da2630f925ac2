import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";

function open(): Metrics {
  const metrics = createMetrics({ version: "1.2.3" });
  onTestFinished(() => metrics.stop());
  return metrics;
}

/** `labelNames` is what prom-client keeps on every metric. */
const labelsOf = (metric: object): string =>
  "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames.join(", ") : "";

test("docs/metrics.md lists the registry: names, types and labels", async () => {
  const { registry } = open();
  const known = (await registry.getMetricsAsJSON()).map(({ name, type }) => {
    const metric = registry.getSingleMetric(name);
    return `${name} ${String(type)} ${metric === undefined ? "" : labelsOf(metric)}`.trimEnd();
  });
  const table = readFileSync(join(import.meta.dirname, "../../../docs/metrics.md"), "utf8");
  const listed = [...table.matchAll(/^\| `(\w+)`\s*\| (\w+)\s*\| ([\w, ]*?)\s*\|/gm)].map(
    ([, name = "", type = "", labels = ""]) => `${name} ${type} ${labels}`.trimEnd(),
  );
  expect(listed.toSorted()).toEqual(known.toSorted());
});

test("names carry the product, and a unit or _total where they measure or count", async () => {
  const metrics = (await open().registry.getMetricsAsJSON()).map(({ name, type }) => ({
    name,
    type: String(type),
  }));
  const names = metrics.map(({ name }) => name);
  const of = (type: string): string[] => metrics.filter((each) => each.type === type).map(({ name }) => name);
  expect(names.filter((name) => !/^turbo_mev_[a-z]+(_[a-z]+)*$/.test(name))).toEqual([]);
  expect(names.filter((name) => name.endsWith("_total"))).toEqual(of("counter"));
  expect(of("histogram").filter((name) => !/_(seconds|blocks)$/.test(name))).toEqual([]);
  expect(names.filter((name) => /_(rate|millis|ms|micros)$/.test(name))).toEqual([]);
});

test("a stage measured in microseconds lands in its bucket in seconds", async () => {
  const metrics = open();
  metrics.observeStage("simulate", 311);
  const text = await metrics.registry.metrics();
  expect(text).toContain('turbo_mev_stage_duration_seconds_bucket{le="0.00025",stage="simulate"} 0');
  expect(text).toContain('turbo_mev_stage_duration_seconds_bucket{le="0.0005",stage="simulate"} 1');
  expect(text).toContain('turbo_mev_stage_duration_seconds_sum{stage="simulate"} 0.000311');
  expect(text).toContain(`turbo_mev_build_info{version="1.2.3",node="${process.version}"} 1`);
});

test("two registries do not meet", async () => {
  const [first, second] = [open(), open()];
  first.opportunitiesTotal.inc({ outcome: "submitted" });
  expect(await second.registry.metrics()).not.toContain('outcome="submitted"');
});

test("memory and the event loop's lag are read when asked for", async () => {
  const text = await open().registry.metrics();
  const value = (name: string): number => Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
  expect(value("turbo_mev_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(value("turbo_mev_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0);
});
