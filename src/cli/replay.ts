import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Address } from "../chain/types.ts";
import { createOpenBook } from "../engine/openBook.ts";
import { createRecordingReader, type RecordedBlock, type Recording } from "../market/snapshotFile.ts";
import type { Opportunity } from "../search/opportunity.ts";
import { createStanding } from "../search/standing.ts";
import type { FileMarket, MarketOptions } from "./fileMarket.ts";
import { readInputFile } from "./inputFile.ts";
import { printed } from "./opportunityJson.ts";
import { opportunityRows } from "./opportunityTable.ts";
import { percentile } from "./percentile.ts";
import { noteAbsent, type CommandOutput } from "./commandOutput.ts";

export interface ReplayOptions extends MarketOptions {
  readonly top: number;
  readonly json: boolean;
}

/** What was found after one block. */
export interface ReplayedBlock {
  readonly block: number | null;
  readonly changedPools: number;
  readonly touchedCycles: number;
  readonly micros: number;
  /** All that pay, best first. */
  readonly opportunities: readonly Opportunity[];
}

/** The block of a first state that the file does not number: only the distance to it counts. */
const UNNUMBERED = 0;

/** Walks through a recording. Only the cycles through changed pools are priced again, the others stand. */
export function* replayPools(recording: Recording, market: FileMarket): Generator<ReplayedBlock> {
  const book = createOpenBook(market.search);
  const standing = createStanding();

  const look = (height: number, changed: readonly Address[] | "all") => {
    const start = performance.now();
    const { looked: touchedCycles } = book.update(market.view, changed);
    const ranked = market.rank(book.all());
    const suspects = standing.observe(height, ranked, changed === "all" ? [] : changed);
    const opportunities = ranked.map((opportunity) => judged(opportunity, suspects));
    return { touchedCycles, micros: Math.round((performance.now() - start) * 1000), opportunities };
  };
  const apply = ({ block, pools }: RecordedBlock): ReplayedBlock => {
    for (const { address, state } of pools) market.setState(address, state);
    const changed = [...new Set(pools.map(({ address }) => address))];
    return { block, changedPools: changed.length, ...look(block, changed) };
  };

  const first = recording.block ?? (recording.updates[0]?.block ?? UNNUMBERED + 1) - 1;
  yield { block: recording.block, changedPools: recording.pools.length, ...look(first, "all") };
  for (const update of recording.updates) yield apply(update);
}

const judged = (opportunity: Opportunity, standing: ReadonlySet<string>): Opportunity =>
  opportunity.verdict === "ok" && standing.has(opportunity.cycle.id)
    ? { ...opportunity, verdict: "suspect:standing" }
    : opportunity;

/** Replays a recording and prints each block, then a summary. Two runs print the same `decisions`. */
export async function replay(file: string, options: ReplayOptions, out: CommandOutput): Promise<void> {
  const { output, messages } = out;
  messages.progress(`reading ${file}`);
  const recording = await readInputFile(file, createRecordingReader());
  const decisions = createHash("sha256");
  const micros: number[] = [];
  // Loaded behind the file, so that a malformed one is refused before the search and its libraries are read in.
  const { createFileMarket } = await import("./fileMarket.ts");
  const market = createFileMarket(recording, options);
  noteAbsent(market.absentBases, messages);
  for (const found of replayPools(recording, market)) {
    messages.progress("");
    micros.push(found.micros);
    const all = found.opportunities.map(printed);
    decisions.update(`${JSON.stringify([found.block, all])}\n`);
    const top = found.opportunities.slice(0, options.top);
    const line = options.json
      ? JSON.stringify({ ...found, opportunities: all.slice(0, options.top) })
      : blockText(found, opportunityRows(top, recording));
    await output.write(`${line}\n`);
  }
  const summary = {
    blocks: micros.length,
    decisions: decisions.digest("hex"),
    p50Micros: percentile(micros, 0.5),
    p99Micros: percentile(micros, 0.99),
  };
  await output.write(options.json ? `${JSON.stringify({ summary })}\n` : summaryText(summary));
}

const blockText = (found: ReplayedBlock, rows: string): string => {
  const { block, changedPools, touchedCycles, micros, opportunities } = found;
  const head = `block ${block ?? "?"}: ${changedPools} pools changed, ${touchedCycles} cycles looked at in ${micros} µs, ${opportunities.length} pay`;
  return rows === "" ? head : `${head}\n${rows}`;
};

const summaryText = (summary: {
  blocks: number;
  decisions: string;
  p50Micros: number;
  p99Micros: number;
}): string =>
  `${summary.blocks} blocks, p50 ${summary.p50Micros} µs, p99 ${summary.p99Micros} µs, decisions ${summary.decisions}\n`;
