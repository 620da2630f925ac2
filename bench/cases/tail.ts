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
  refused: z.number(),
  collections: z.number(),
  longestMs: z.number(),
});

/** In a process of its own, whose heap is set up at its start. */
function runApart(context: BenchContext): z.infer<typeof figures> {
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
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`the loop's process ended with ${status}: ${stderr}`);
  return figures.parse(JSON.parse(stdout));
}

function measure(context: BenchContext): readonly Row[] {
  const { market, p50, p99, p999, signed, refused, collections, longestMs } = runApart(context);
  context.check("every frame was read by the byte decoder", refused === 0, `${refused} were not`);
  const blocks = context.quick ? 500 : BLOCKS;
  const name = `frames to signed body, exact best, k = ${CHANGES}, ${market}, ${blocks} blocks`;
  return [
    multipleRow({
      name: `${name}: p99.9`,
      unit: "us",
      value: p999,
      reference: "its own p50",
      referenceValue: p50,
      bar: "ratio <= 15",
      stretch: "ratio <= 6",
      note: `${signed} blocks signed; p99 ${p99.toFixed(0)} us`,
    }),
    multipleRow({
      name: `${name}: collections of garbage`,
      unit: "times",
      value: collections,
      reference: "blocks",
      referenceValue: blocks,
      bar: "value <= 0",
      note: `a young generation of ${YOUNG_MB} MB; longest collection ${longestMs.toFixed(1)} ms`,
    }),
  ];
}

export const tailCase: BenchCase = {
  name: "tail",
  about: "the slowest blocks, and garbage",
  budgetMs: 25_000,
  run: measure,
};
