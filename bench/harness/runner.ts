import { performance } from "node:perf_hooks";
import { generatePreset, type PresetName } from "../market/generate.ts";
import { readRecorded, type RecordedMarket } from "../market/recorded.ts";
import { createFlush } from "./caches.ts";
import type { BenchCase, BenchContext, Check } from "./case.ts";
import { createCollector } from "./collections.ts";
import type { Row } from "./rows.ts";

export interface RunOptions {
  readonly seed: number;
  readonly quick: boolean;
}

/** What came out of one case. */
export interface CaseResult {
  readonly case: BenchCase;
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
  readonly seconds: number;
}

const QUICK_SHARE = 0.1;

/** With `quick`, this market stands in for a large one. */
const standIn = (preset: PresetName): PresetName => (preset.endsWith("mixed") ? "300 mixed" : "1k");

/** Runs cases one after the other. One that throws has failed a check; the others still run. */
export async function* runCases(
  cases: readonly BenchCase[],
  { seed, quick }: RunOptions,
): AsyncGenerator<CaseResult> {
  const flush = createFlush();
  const collect = createCollector();
  let recorded: Promise<readonly RecordedMarket[] | null> | null = null;
  for (const each of cases) {
    const checks: Check[] = [];
    const notes: string[] = [];
    const budgetMs = each.budgetMs * (quick ? QUICK_SHARE : 1);
    collect();
    const start = performance.now();
    const context: BenchContext = {
      seed,
      quick,
      budgetMs,
      timeLeftMs: () => Math.max(0, budgetMs - (performance.now() - start)),
      market: (preset) => generatePreset(quick ? standIn(preset) : preset, seed),
      recorded: () => (recorded ??= readRecorded()),
      flush,
      collect,
      check: (name, ok, detail = "") => checks.push({ case: each.name, name, ok, detail }),
      note: (text) => notes.push(text),
    };
    const rows = await rowsOf(each, context);
    const seconds = (performance.now() - start) / 1000;
    yield { case: each, rows, checks, notes, seconds };
  }
}

async function rowsOf(each: BenchCase, context: BenchContext): Promise<readonly Row[]> {
  try {
    return await each.run(context);
  } catch (error) {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.check("runs to its end", false, told);
    return [];
  }
}
