import { z } from "zod";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow, multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { runApart } from "./pendingProcess.ts";

/** Most of it is what a daemon has behind it after its first hour: V8 compiles by how often a line has run. */
const WARM_UP = 200;
/** A 99th percentile of fewer is what one or two of them met: a disk that stood still, a collection of all garbage. */
const ROUNDS = WARM_UP + 300;
const QUICK_ROUNDS = 12;
/** The bar of the 99th percentile. */
const LATE_MS = 10;
/** Of a second plan the block may come too soon. */
const ITS_FATES = new Set(["missed", "second missed", "second rejected"]);

const spread = z.object({
  count: z.number(),
  min: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
});
const figures = z.object({
  market: z.string(),
  rounds: z.number(),
  drawn: z.number(),
  whole: z.number(),
  exact: z.number(),
  otherVerdicts: z.number(),
  fates: z.record(z.string(), z.number()),
  received: spread,
  handed: spread,
  outside: z.object({ p50: z.number(), p99: z.number() }),
  late: z.number(),
  steps: z.record(z.string(), z.number()),
  slowest: z.record(z.string(), z.number()),
  machine: z.object({
    signatureMicros: z.number(),
    page: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  }),
});

async function play(context: BenchContext, loop: "resting" | "busy"): Promise<z.output<typeof figures>> {
  const [rounds, warmUp] = context.quick ? [QUICK_ROUNDS, 2] : [ROUNDS, WARM_UP];
  const preset = context.quick ? "300 mixed" : "11k mixed";
  const found = figures.parse(
    await runApart("pendingLiveProcess.ts", [preset, context.seed, rounds, warmUp, LATE_MS, loop]),
  );
  context.check(
    `${loop}: each trigger has a bundle: its own bytes, then ours`,
    found.whole === rounds && found.rounds === rounds,
    `${found.whole} of ${rounds}`,
  );
  // What the last one does, no block tells.
  context.check(
    `${loop}: each prediction is exact`,
    found.otherVerdicts === 0 && found.exact === rounds - 1,
    `${found.exact} exact, ${found.otherVerdicts} not`,
  );
  const others = Object.keys(found.fates).filter((fate) => !ITS_FATES.has(fate));
  context.check(
    `${loop}: each first plan misses its block and nothing else becomes of it`,
    others.length === 0 && found.fates["missed"] === rounds - 1,
    JSON.stringify(found.fates),
  );
  return found;
}

const listed = (steps: Readonly<Record<string, number>>): string =>
  Object.entries(steps)
    .map(([step, ms]) => `${step} ${ms.toFixed(2)}`)
    .join(", ");

function rowsOf(
  name: string,
  { handed, received, outside, machine: { signatureMicros, page }, ...found }: z.output<typeof figures>,
): Row[] {
  return [
    lessRow({
      name: `${name}: p50`,
      unit: "ms",
      value: handed.p50,
      reference: "until the relay has read it, as the node sees it",
      referenceValue: outside.p50,
      bar: "value <= 3",
      note: `${handed.count} triggers, ${found.drawn - found.rounds} more opened nothing; least ${handed.min.toFixed(2)}; medians of the steps in ms: ${listed(found.steps)}; how fast the machine is just now: a signature in a loop ${signatureMicros.toFixed(0)} us`,
    }),
    multipleRow({
      name: `${name}: p99`,
      unit: "ms",
      value: handed.p99,
      reference: "its p50",
      referenceValue: handed.p50,
      bar: `value <= ${LATE_MS}`,
      note: `p90 ${handed.p90.toFixed(2)}, ${found.late} later than ${LATE_MS}, longest ${handed.max.toFixed(2)} (${listed(found.slowest)}); until the relay has read it p50 ${received.p50.toFixed(2)}, p99 ${received.p99.toFixed(2)}, as the node sees it ${outside.p99.toFixed(2)}; a page alone, written and flushed beside each: p50 ${page.p50.toFixed(2)}, p99 ${page.p99.toFixed(2)}, longest ${page.max.toFixed(2)}`,
    }),
  ];
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const resting = await play(context, "resting");
  const busy = await play(context, "busy");
  const name = "pending frame to signed bundle in the relay's socket";
  return [
    ...rowsOf(`${name}, ${resting.market}`, resting),
    ...rowsOf("the same in a process that never sleeps", busy),
  ];
}

export const pendingLiveCase: BenchCase = {
  name: "pending.live",
  about: "feed, engine, execution with a key, journal and relay channel; node and relay in another process",
  budgetMs: 15_000,
  run: measure,
};
