import { performance } from "node:perf_hooks";
import { loadPrimitives } from "../../src/execution/primitives.ts";
import { silentLog } from "../../src/lib/log.ts";
import { countCollections, createCollector } from "../harness/collections.ts";
import { summarise } from "../harness/stats.ts";
import { generatePreset, PRESETS } from "../market/generate.ts";
import type { PresetName } from "../market/generate.ts";
import { createOurPipeline } from "./ourPipeline.ts";
import { WALLET } from "./plans.ts";

/** The loop of `tail.ts`: `tailProcess.ts PRESET SEED BLOCKS CHANGES [DEADLINE]`; its figures as JSON on stdout. */
const WARM_UP = 500;

const [preset = "", seed = "7", count = "1", changes = "20", deadline = "Infinity"] = process.argv.slice(2);
const isPreset = (name: string): name is PresetName => name in PRESETS;
if (!isPreset(preset)) throw new Error(`no preset ${preset}`);
const blocks = Number(count);
const market = generatePreset(preset, Number(seed));
// All frames are made beforehand: what the generator leaves behind is not the loop's garbage.
const frames = Array.from({ length: WARM_UP + blocks }, () =>
  market.nextBlock(Number(changes)).changes.map(({ frame }) => frame),
);
const ours = createOurPipeline(market, {
  wallet: WALLET,
  primitives: await loadPrimitives(silentLog),
  deadlineMicros: Number(deadline),
});
for (let i = 0; i < WARM_UP; i++) ours.run(frames[i] ?? []);
const micros = new Float64Array(blocks);
let signed = 0;
let worth = 0;
createCollector()();
const collections = await countCollections(() => {
  for (let i = 0; i < blocks; i++) {
    const start = performance.now();
    const { raw, worthFloat } = ours.run(frames[WARM_UP + i] ?? []);
    if (raw !== null) signed++;
    worth += worthFloat;
    micros[i] = (performance.now() - start) * 1000;
  }
});
const { p50, p99, p999 } = summarise(micros);
console.log(
  JSON.stringify({
    market: market.name,
    p50,
    p99,
    p999,
    signed,
    worth,
    refused: ours.refused,
    collections: collections.count,
    longestMs: collections.longestMs,
  }),
);
