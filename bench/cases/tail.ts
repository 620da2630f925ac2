import { performance } from "node:perf_hooks";
import { loadPrimitives } from "../../src/execution/primitives.ts";
import { silentLog } from "../../src/lib/log.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { countCollections } from "../harness/collections.ts";
import { multipleRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { summarise } from "../harness/stats.ts";
import { createOurPipeline } from "./ourPipeline.ts";
import { WALLET } from "./plans.ts";

const CHANGES = 20;
const BLOCKS = 10_000;
const WARM_UP = 500;

/** All frames are made beforehand: what the generator leaves behind is not the loop's garbage. */
async function measure(context: BenchContext): Promise<readonly Row[]> {
  const market = context.market("10k");
  const blocks = context.quick ? 500 : BLOCKS;
  const frames = Array.from({ length: WARM_UP + blocks }, () =>
    market.nextBlock(CHANGES).changes.map(({ frame }) => frame),
  );
  const ours = createOurPipeline(market, { wallet: WALLET, primitives: await loadPrimitives(silentLog) });
  for (let i = 0; i < WARM_UP; i++) ours.run(frames[i] ?? []);
  const micros = new Float64Array(blocks);
  let signed = 0;
  context.collect();
  const collections = await countCollections(() => {
    for (let i = 0; i < blocks; i++) {
      const start = performance.now();
      if (ours.run(frames[WARM_UP + i] ?? []).raw !== null) signed++;
      micros[i] = (performance.now() - start) * 1000;
    }
  });
  context.check("every frame was read by the byte decoder", ours.refused === 0, `${ours.refused} were not`);
  const { p50, p99, p999 } = summarise(micros);
  const name = `frames to signed body, exact best, k = ${CHANGES}, ${market.name}, ${blocks} blocks`;
  const note = `${signed} blocks signed; p99 ${p99.toFixed(0)} us`;
  return [
    multipleRow({
      name: `${name}: p99.9`,
      unit: "us",
      value: p999,
      reference: "its own p50",
      referenceValue: p50,
      bar: "ratio <= 15",
      stretch: "ratio <= 6",
      note,
    }),
    multipleRow({
      name: `${name}: collections of garbage`,
      unit: "times",
      value: collections.count,
      reference: "blocks",
      referenceValue: blocks,
      bar: "value <= 0",
      note: `longest ${collections.longestMs.toFixed(1)} ms`,
    }),
  ];
}

export const tailCase: BenchCase = {
  name: "tail",
  about: "the slowest blocks, and garbage",
  budgetMs: 25_000,
  run: measure,
};
