import { afterEach, expect, test, vi } from "vitest";
import { bench } from "../../../bench/harness/bench.ts";
import type { BenchCase } from "../../../bench/harness/case.ts";
import { countCollections, createCollector } from "../../../bench/harness/collections.ts";
import { createFlush, lastLevelBytes } from "../../../bench/harness/caches.ts";
import { chooseCases, readOptions } from "../../../bench/harness/options.ts";
import { measureRounds } from "../../../bench/harness/rounds.ts";
import type { Row } from "../../../bench/harness/rows.ts";
import { runCases } from "../../../bench/harness/runner.ts";
import { quantile, summarise } from "../../../bench/harness/stats.ts";
import { compareMedians, measureSteps } from "../../../bench/harness/steps.ts";

afterEach(() => void vi.restoreAllMocks());

/** Work under a clock that stands still but for it: whatever else the machine does changes no outcome. */
function workshop() {
  let now = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const spend = (micros: number): number => (now += micros / 1000);
  const contender = (name: string, micros: number) => ({
    name,
    run: (times: number) => spend(micros * times),
  });
  return { spend, contender };
}

const upTo = (most: number): number[] => Array.from({ length: most }, (_, i) => i + 1);

test("quantiles are values that occurred, by nearest rank", () => {
  expect(summarise(upTo(1000).toReversed())).toEqual({
    count: 1000,
    min: 1,
    p50: 500,
    p90: 900,
    p99: 990,
    p999: 999,
    max: 1000,
    mean: 500.5,
  });
  expect(summarise([3, 1, 2])).toMatchObject({ p50: 2, p90: 3, p999: 3 });
  expect([quantile([5], 0), quantile([5], 0.999), quantile([], 0.5)]).toEqual([5, 5, Number.NaN]);
  expect(summarise([])).toMatchObject({ count: 0, p50: Number.NaN, max: Number.NaN });
});

test("rounds: every contender is measured, a slow one less often", async () => {
  const { spend, contender } = workshop();
  const late = { name: "late", run: (times: number) => Promise.resolve(spend(50 * times)) };
  const timings = await measureRounds([contender("fast", 20), contender("slow", 20_000), late], {
    budgetMs: 400,
    rounds: 12,
  });
  expect(timings.map(({ name }) => name)).toEqual(["fast", "slow", "late"]);
  const [fast, slow] = timings;
  expect(fast?.times).toBeGreaterThan(1);
  expect(slow?.times).toBe(1);
  expect(slow?.rounds).toBeGreaterThan(0);
  expect(slow?.rounds).toBeLessThan(fast?.rounds ?? 0);
  expect(timings.map(({ micros }) => Math.round(micros.p50))).toEqual([20, 20_000, 50]);
});

test("rounds: the order turns", async () => {
  const { spend } = workshop();
  const order: string[] = [];
  const ordered = (name: string) => ({
    name,
    run: (times: number) => {
      order.push(name);
      return spend(times);
    },
  });
  await measureRounds([ordered("a"), ordered("b")], { budgetMs: 200, rounds: 4 });
  expect(order.slice(-8).join("")).toBe("abbaabba");
});

test("rounds: flushed batches are single calls behind a flush", async () => {
  const { spend } = workshop();
  const seen: string[] = [];
  const one = {
    name: "one",
    run: (times: number) => {
      seen.push(`run ${times}`);
      return spend(times);
    },
  };
  const [timing] = await measureRounds([one], {
    budgetMs: 100,
    rounds: 4,
    flush: () => seen.push("flush"),
  });
  expect(timing).toMatchObject({ times: 1, rounds: 4 });
  expect(seen.slice(-8)).toEqual(["flush", "run 1", "flush", "run 1", "flush", "run 1", "flush", "run 1"]);
});

test("steps: in order, in turns; who is behind stops when time is up", async () => {
  const { spend } = workshop();
  const walked: string[] = [];
  const stepper = (name: string, micros: number) => ({
    name,
    step: (index: number) => {
      walked.push(`${name}${index}`);
      spend(micros);
    },
  });
  const [fast, slow] = await measureSteps([stepper("f", 5), stepper("s", 12_000)], {
    steps: 40,
    warmUp: 4,
    chunk: 4,
    budgetMs: 400,
  });
  expect(walked.slice(0, 8)).toEqual(["f0", "f1", "f2", "f3", "s0", "s1", "s2", "s3"]);
  expect(walked.filter((step) => step.startsWith("f"))).toEqual(
    Array.from({ length: 44 }, (_, i) => `f${i}`),
  );
  const done = walked.filter((step) => step.startsWith("s"));
  expect(done).toEqual(done.map((_, i) => `s${i}`));
  expect(fast?.done).toBe(40);
  expect(slow?.done).toBe(done.length - 4);
  expect(slow?.done).toBeGreaterThan(0);
  expect(slow?.done).toBeLessThan(40);
  if (fast === undefined || slow === undefined) throw new TypeError("no timings");
  expect(fast.first(3).count).toBe(3);
  const compared = compareMedians(fast, slow);
  expect(compared).toMatchObject({ steps: slow.done, referenceValue: slow.micros.p50 });
  expect(compared.value).toBe(fast.first(slow.done).p50);
});

test("steps: promises are waited for, and a flush stands before each step", async () => {
  let flushes = 0;
  let awaited = 0;
  const step = async () => {
    await Promise.resolve();
    awaited++;
  };
  await measureSteps([{ name: "a", step }], { steps: 5, budgetMs: 10, flush: () => flushes++ });
  expect([flushes, awaited]).toEqual([5, 5]);
});

test("collections are counted while the work runs, and none where none is", async () => {
  const collect = createCollector();
  expect(await countCollections(() => [collect(), collect()].forEach(() => undefined))).toMatchObject({
    minor: 0,
  });
  const wasteful = await countCollections(() => {
    let live: number[][] = [];
    for (let i = 0; i < 400_000; i++) live = [...live.slice(-8), Array.from({ length: 16 }, () => i)];
    if (live.length === 0) throw new TypeError("nothing");
  });
  expect(wasteful.minor).toBeGreaterThan(0);
  expect(wasteful.longestMs).toBeLessThanOrEqual(wasteful.totalMs);
  // Small integers: until the loop is compiled each float that it reads would be an object.
  const thrifty = new Int32Array(1000);
  collect();
  const quiet = await countCollections(() => {
    for (let i = 0; i < 1e6; i++) thrifty[i % 1000] = ((thrifty[i % 1000] ?? 0) + i) & 0xffff;
  });
  expect(quiet.count).toBe(0);
});

test("a flush walks without a fault, and the cache's size is a size or unknown", () => {
  createFlush()();
  expect(lastLevelBytes() ?? 2 ** 20).toBeGreaterThanOrEqual(2 ** 18);
});

test("options", () => {
  expect(readOptions([])).toEqual({ json: false, quick: false, only: [], seed: 7 });
  expect(readOptions(["--json", "--quick", "--only", "a", "--only", "b", "--seed", "12"])).toEqual({
    json: true,
    quick: true,
    only: ["a", "b"],
    seed: 12,
  });
  expect(readOptions(["--help"])).toBeNull();
  expect(() => readOptions(["--seed", "x"])).toThrow("--seed");
  expect(() => readOptions(["--fast"])).toThrow(TypeError);
  const cases = ["amm.amountOut", "amm.quote", "decode"].map((name) => ({ name }));
  expect(chooseCases(cases, [])).toEqual(cases);
  expect(chooseCases(cases, ["amm"])).toEqual(cases.slice(0, 2));
  expect(() => chooseCases(cases, ["sign"])).toThrow("amm.amountOut, amm.quote, decode");
});

test("a case that throws has failed a check, and the next one runs; a quick run gets small markets", async () => {
  const broken: BenchCase = {
    name: "broken",
    about: "throws",
    budgetMs: 100,
    run: () => {
      throw new RangeError("no way");
    },
  };
  const sound: BenchCase = {
    name: "sound",
    about: "asks for a market",
    budgetMs: 1000,
    run: (context) => {
      context.note(context.market("21k mixed").name);
      context.check("budget", context.budgetMs === 100 && context.timeLeftMs() <= 100);
      return [];
    },
  };
  const results = [];
  for await (const result of runCases([broken, sound], { seed: 1, quick: true })) results.push(result);
  expect(results.map(({ checks }) => checks.map(({ name, ok }) => [name, ok]))).toEqual([
    [["runs to its end", false]],
    [["budget", true]],
  ]);
  expect(results[0]?.checks[0]?.detail).toContain("no way");
  expect(results[1]?.notes).toEqual(["200 V2 + 100 concentrated"]);
});

test("a run prints tables, and as JSON three lines on stdout of which the rows are the last", async () => {
  const row: Row = {
    name: "a thing",
    unit: "us",
    value: 2,
    reference: "another",
    referenceValue: 8,
    ratio: 4,
    bar: "ratio >= 3",
  };
  const measured = (ok: boolean): BenchCase => ({
    name: "thing",
    about: "two things",
    budgetMs: 10,
    run: (context) => {
      context.check("there are answers", true);
      context.check("answers agree", ok, "1 differs");
      context.note("a remark");
      return [row];
    },
  });
  const run = async (ok: boolean, json: boolean) => {
    const lines = { data: [""], told: [""] };
    const output = {
      data: (line: string) => void lines.data.push(line),
      told: (line: string) => void lines.told.push(line),
    };
    const right = await bench([measured(ok)], { json, quick: false, only: [], seed: 3 }, output);
    return { right, data: lines.data.slice(1), told: lines.told.slice(1) };
  };
  const people = await run(true, false);
  expect([people.right, people.told]).toEqual([true, []]);
  const text = people.data.join("\n");
  for (const part of ["seed 3", "Node v", "load", "a thing", "4x", ">= 3 met", "a remark", "1 of 1 bars met"])
    expect(text).toContain(part);
  const { right, data, told } = await run(false, true);
  expect(right).toBe(false);
  expect(told.join("\n")).toContain("WRONG: answers agree: 1 differs");
  expect(data.map((line): unknown => JSON.parse(line))).toMatchObject([
    { seed: 3, machine: { node: process.version } },
    { checks: [{ ok: true }, { case: "thing", name: "answers agree", ok: false, detail: "1 differs" }] },
    { bench: [{ name: "a thing", value: 2, reference: "another", referenceValue: 8, ratio: 4, met: true }] },
  ]);
});
