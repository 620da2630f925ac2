import { z } from "zod";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { lessRow, multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { runApart } from "./pendingProcess.ts";

const PER_SECOND = 5_000;
const SECONDS = 60;
const QUICK_SECONDS = 3;
/** Of the check with a consumer that cannot follow: twice as long for each as there is time. */
const SLOW_SECONDS = 3;
const SLOW_MICROS = 400;
const QUEUE = 4096;

const figures = z.object({
  market: z.string(),
  frames: z.number(),
  seconds: z.number(),
  told: z.number(),
  delivered: z.number(),
  duplicates: z.number(),
  unusable: z.number(),
  shed: z.number(),
  inOrder: z.boolean(),
  behind: z.number(),
  blocks: z.number(),
  opened: z.number(),
  delay: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  rssFrom: z.number(),
  rssTo: z.number(),
  heapTo: z.number(),
  cpuShare: z.number(),
});
type Figures = z.infer<typeof figures>;

async function flood(
  preset: string,
  { seed }: BenchContext,
  seconds: number,
  slowMicros = 0,
): Promise<Figures> {
  return figures.parse(
    await runApart("pendingFloodProcess.ts", [preset, seed, PER_SECOND, seconds, slowMicros]),
  );
}

function checkCounts(context: BenchContext, name: string, found: Figures): void {
  const { frames, told, delivered, duplicates, unusable, shed } = found;
  context.check(
    `${name}: told = delivered + duplicates + unusable + shed`,
    told > 0 && told <= frames && told === delivered + duplicates + unusable + shed,
    JSON.stringify(found),
  );
  context.check(
    `${name}: delivered in the order of receipt, to the last`,
    found.inOrder && found.behind === 0,
  );
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const quick = context.quick;
  const whole = await flood(quick ? "300 mixed" : "11k mixed", context, quick ? QUICK_SECONDS : SECONDS);
  const slow = await flood("300 mixed", context, SLOW_SECONDS, SLOW_MICROS);
  checkCounts(context, "as fast as can be", whole);
  checkCounts(context, "a slow consumer", slow);
  context.check("a slow consumer: more is shed than waits", slow.shed > QUEUE, `${slow.shed}`);
  const { market, seconds, frames, told, delay, delivered, opened, shed, blocks, rssFrom, rssTo } = whole;
  const name = `${PER_SECOND.toLocaleString("en-US")} pending bodies a second for ${seconds.toFixed(0)} s, ${market}`;
  return [
    multipleRow({
      name: `${name}: event loop, p99`,
      unit: "ms",
      value: delay.p99,
      reference: "its p50",
      referenceValue: delay.p50,
      bar: "value <= 20",
      note: `monitorEventLoopDelay, resolution 1 ms; longest ${delay.max.toFixed(0)} ms; ${(100 * whole.cpuShare).toFixed(0)} % of a core`,
    }),
    multipleRow({
      name: `${name}: growth of memory`,
      unit: "MB",
      value: Math.max(0, rssTo - rssFrom),
      reference: "resident at second 10",
      referenceValue: rssFrom,
      bar: "value <= 50",
      note: `heap in use at the end ${whole.heapTo.toFixed(0)} MB`,
    }),
    lessRow({
      name: `${name}: shed`,
      unit: "frames",
      value: shed,
      reference: "told",
      referenceValue: frames,
      note: `${frames - told} written and not told (a connection that broke), ${delivered} delivered, ${opened} of them with something behind them; ${blocks} blocks of 100 Sync logs`,
    }),
  ];
}

export const pendingFloodCase: BenchCase = {
  name: "pending.flood",
  about:
    "feed and engine below whole bodies from a WebSocket of another process, one in twenty a router's swap",
  budgetMs: 70_000,
  run: measure,
};
