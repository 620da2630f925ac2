import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";

const CHANGES = 20;
const BLOCKS = 10_000;
/**
 * Megabytes of young generation. The loop leaves some 2 kB a block behind, nearly all of it in blocks that sign; with
 * this much room 10,000 blocks pass before it has to be collected, which a daemon can do between two blocks.
 */
const YOUNG_MB = 64;
const SCRIPT = fileURLToPath(new URL("tailProcess.ts", import.meta.url));

const figures = z.object({
  market: z.string(),
  p50: z.number(),
  p99: z.number(),
  p999: z.number(),
  signed: z.number(),
  worth: z.number(),
  refused: z.number(),
  collections: z.number(),
  longestMs: z.number(),
});

/** In a process of its own, whose heap is set up at its start. */
function runApart(context: BenchContext, deadline: number): z.infer<typeof figures> {
  const preset = context.quick ? "1k" : "10k";
  const blocks = context.quick ? 500 : BLOCKS;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...process.execArgv,
      `--min-semi-space-size=${YOUNG_MB}`,
      `--max-semi-space-size=${YOUNG_MB}`,
      SCRIPT,
      preset,
      String(context.seed),
      String(blocks),
      String(CHANGES),
      String(deadline),
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the loop's process ended with ${status}: ${stderr}`);
  return figures.parse(JSON.parse(stdout));
}

/** Microseconds: what a daemon would give the search, which has an answer in hand long before. */
const DEADLINE = 200;

function measure(context: BenchContext): readonly Row[] {
  const exact = runApart(context, Infinity);
  const timed = runApart(context, DEADLINE);
  const refused = exact.refused + timed.refused;
  context.check("every frame was read by the byte decoder", refused === 0, `${refused} were not`);
  context.check("no deadline finds more than none", timed.worth <= exact.worth * (1 + 1e-9));
  const blocks = context.quick ? 500 : BLOCKS;
  const whole = `frames to signed body, k = ${CHANGES}, ${exact.market}, ${blocks} blocks`;
  const captured = exact.worth > 0 ? timed.worth / exact.worth : 1;
  const slowest = ({ p50, p999 }: typeof exact) => ({
    unit: "us",
    value: p999,
    reference: "its own p50",
    referenceValue: p50,
  });
  const notes = ({ signed, p99 }: typeof exact): string =>
    `${signed} blocks signed; p99 ${p99.toFixed(0)} us`;
  return [
    multipleRow({
      ...slowest(timed),
      name: `${whole}, exact best until ${DEADLINE} us: p99.9`,
      captured,
      bar: "ratio <= 15",
      stretch: "ratio <= 6",
      note: notes(timed),
    }),
    multipleRow({
      ...slowest(exact),
      name: `${whole}, exact best however long: p99.9`,
      note: notes(exact),
    }),
    multipleRow({
      name: `${whole}: collections of garbage`,
      unit: "times",
      value: exact.collections,
      reference: "blocks",
      referenceValue: blocks,
      bar: "value <= 0",
      note: `a young generation of ${YOUNG_MB} MB; longest collection ${exact.longestMs.toFixed(1)} ms`,
    }),
  ];
}

export const tailCase: BenchCase = {
  name: "tail",
  about: "the slowest blocks, and garbage",
  budgetMs: 25_000,
  run: measure,
};
