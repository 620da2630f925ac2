import { createTypeScriptKernel } from "../../src/search/scan/kernel.ts";
import type { Kernel } from "../../src/search/scan/layout.ts";
import { createWasmKernel } from "../../src/search/scan/wasmKernel.ts";
import type { BenchCase, BenchContext } from "../harness/case.ts";
import { multipleRow, lessRow } from "../harness/rows.ts";
import type { Row } from "../harness/rows.ts";
import { measureSteps } from "../harness/steps.ts";
import type { StepTiming } from "../harness/steps.ts";
import type { BenchBlock, BenchMarket } from "../market/types.ts";
import { recordSequence } from "../rust/sequence.ts";
import { compareKernels } from "../rust/twin.ts";
import type { KernelRun } from "../rust/twin.ts";
import { createMarketScan } from "./marketScan.ts";

const PRESET = "21k mixed";
const MAX_HOPS = 4;
/** Pools that change in a block, and blocks of each size. */
const SIZES = [
  { k: 1, blocks: 400 },
  { k: 20, blocks: 200 },
  { k: 100, blocks: 100 },
  { k: 300, blocks: 60 },
] as const;
const QUICK_BLOCKS = 40;
const QUICK_SIZES = SIZES.filter(({ k }) => k === 20 || k === 300);

const FILTER_CHANGES = 20;
const FILTER_BLOCKS = 600;
const FILTER_WARM_UP = 100;
const FILTER_FLUSHED = 120;

interface Size {
  readonly k: number;
  readonly blocks: number;
}

async function kernelRows(
  context: BenchContext,
  { k, blocks }: Size,
  budgetMs: number,
): Promise<readonly Row[]> {
  const market = context.market(PRESET);
  const sequence = recordSequence(market, {
    maxHops: MAX_HOPS,
    k,
    blocks: context.quick ? QUICK_BLOCKS : blocks,
  });
  const { runs, same, note } = await compareKernels(sequence, budgetMs);
  const [name, hits] = [`kernel, k = ${k}, ${market.name}`, runs[0]?.hits ?? 0];
  const found = runs.map((run) => `${run.name} ${run.hits}`).join(", ");
  context.check(
    `k = ${k}: all kernels write the same hits in the same order`,
    same && runs.length > 1,
    found,
  );
  if (note !== null) context.note(`k = ${k}: ${note}`);
  const run = (of: KernelRun["name"]): KernelRun | undefined => runs.find((each) => each.name === of);
  const [wasm, twin, rust] = [run("WebAssembly"), run("TypeScript"), run("Rust")];
  if (wasm === undefined) context.note("WebAssembly with SIMD is refused here");
  if (twin === undefined) return [];
  const rows: Row[] = [];
  const p90 = runs.map((each) => `${each.name} ${each.micros.p90.toFixed(1)}`).join(", ");
  const scanned = `medians of ${twin.micros.count} scans, ${hits} hits in ${sequence.blocks.length} blocks; p90: ${p90}`;
  if (rust !== undefined && wasm !== undefined)
    rows.push(
      multipleRow({
        name: `${name}: WebAssembly`,
        unit: "us",
        value: wasm.micros.p50,
        reference: "Rust, the same algorithm",
        referenceValue: rust.micros.p50,
        bar: "ratio <= 1.5",
        stretch: "ratio <= 1.1",
        note: scanned,
      }),
    );
  if (rust !== undefined)
    rows.push(
      multipleRow({
        name: `${name}: TypeScript`,
        unit: "us",
        value: twin.micros.p50,
        reference: "Rust, the same algorithm",
        referenceValue: rust.micros.p50,
        bar: "ratio <= 6",
      }),
    );
  if (rust === undefined && wasm !== undefined)
    rows.push(
      lessRow({
        name: `${name}: WebAssembly`,
        unit: "us",
        value: wasm.micros.p50,
        reference: "TypeScript, the same algorithm",
        referenceValue: twin.micros.p50,
        note: scanned,
      }),
    );
  return rows;
}

/** What a block costs before its hits are read: states into the table, quotes, the kernel. */
interface Filter {
  readonly name: Kernel["name"];
  /** Of each block so far. */
  readonly hits: number[];
  /** Takes the next block. */
  readonly step: () => void;
}

function createFilter(
  market: BenchMarket,
  blocks: readonly BenchBlock[],
  name: Kernel["name"],
): Filter | null {
  const made = createMarketScan(market, MAX_HOPS);
  const { index, table } = made.scan.parts;
  const { layout } = index;
  const kernel = name === "wasm" ? createWasmKernel(layout) : createTypeScriptKernel(layout);
  if (kernel === null) return null;
  made.load(market.states);
  const hits: number[] = [];
  return {
    name,
    hits,
    step: () => {
      const count = made.take(blocks[hits.length]?.changes ?? []);
      for (let at = 0; at < count; at++) table.quote(layout.changed[at] ?? 0);
      hits.push(kernel.scan(0, count));
    },
  };
}

async function filterRows(context: BenchContext, budgetMs: number): Promise<readonly Row[]> {
  const market = context.market(PRESET);
  const [warmUp, steps, flushedSteps] = context.quick
    ? [0, QUICK_BLOCKS, QUICK_BLOCKS]
    : [FILTER_WARM_UP, FILTER_BLOCKS, FILTER_FLUSHED];
  const blocks = Array.from({ length: warmUp + steps + flushedSteps }, () =>
    market.nextBlock(FILTER_CHANGES),
  );
  const filters = (["wasm", "typescript"] as const)
    .map((kernel) => createFilter(market, blocks, kernel))
    .filter((filter) => filter !== null);
  const warm = await measureSteps(filters, { steps, warmUp, budgetMs: 0.5 * budgetMs });
  const { flush } = context;
  const flushed = await measureSteps(filters, { steps: flushedSteps, budgetMs: 0.5 * budgetMs, flush });
  const done = Math.min(...filters.map(({ hits }) => hits.length));
  const [one, other = one] = filters.map(({ hits }) => hits.slice(0, done).join(" "));
  context.check("filter: both kernels hit as often in every block", one === other && done > 0);
  const name = `filter, k = ${FILTER_CHANGES}, ${market.name}`;
  const [value, bars] = [p90s(warm), { wasm: "value <= 0.05", twin: "value <= 0.2" }] as const;
  const cold = p90s(flushed);
  const byTwin = { name: `${name}: WebAssembly, p90`, unit: "ms", reference: "TypeScript, p90" };
  return [
    lessRow({
      ...byTwin,
      value: value.wasm,
      referenceValue: value.twin,
      bar: bars.wasm,
      note: `states into the table, quotes and kernel; ${warm[0]?.done} blocks`,
    }),
    lessRow({
      name: `${name}: TypeScript, p90`,
      unit: "ms",
      value: value.twin,
      reference: "WebAssembly, p90",
      referenceValue: value.wasm,
      bar: bars.twin,
    }),
    lessRow({
      ...byTwin,
      name: `${byTwin.name}, flushed`,
      value: cold.wasm,
      referenceValue: cold.twin,
    }),
  ];
}

function p90s(timings: readonly StepTiming[]): { readonly wasm: number; readonly twin: number } {
  const done = Math.min(...timings.map((timing) => timing.done));
  const [wasm = NaN, twin = NaN] = (["wasm", "typescript"] as const).map((kernel) => {
    const timing = timings.find(({ name }) => name === kernel);
    return timing === undefined ? NaN : timing.first(done).p90 / 1000;
  });
  return { wasm, twin };
}

async function measure(context: BenchContext): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const share = context.budgetMs / 10;
  const sizes = context.quick ? QUICK_SIZES : SIZES;
  for (const size of sizes) rows.push(...(await kernelRows(context, size, share)));
  rows.push(...(await filterRows(context, 2 * share)));
  return rows;
}

export const kernelCase: BenchCase = {
  name: "kernel",
  about: "the screen of a block: every cycle of 2 to 4 hops through the changed pools",
  budgetMs: 14_000,
  run: measure,
};
