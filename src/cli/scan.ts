import { performance } from "node:perf_hooks";
import { createSnapshotReader, type Snapshot } from "../market/snapshotFile.ts";
import type { FileMarket } from "./fileMarket.ts";
import { readInputFile } from "./inputFile.ts";
import { printed } from "./opportunityJson.ts";
import { opportunityTable } from "./opportunityTable.ts";
import { noteAbsent, type CommandOutput } from "./commandOutput.ts";

export interface ScanOptions {
  readonly base: readonly string[];
  readonly maxHops: number;
  readonly top: number;
  readonly json: boolean;
  /** File of transactions that are applied first; only the cycles that they touch are listed. */
  readonly after?: string;
}

/** Milliseconds to a tenth of a microsecond. */
const since = (start: number): number => Math.round((performance.now() - start) * 1e4) / 1e4;

async function applyFile(file: string, snapshot: Snapshot, market: FileMarket, { messages }: CommandOutput) {
  const { createAfterReader } = await import("./afterFile.ts");
  const note = (text: string): void => messages.note(`${file}: ${text}`);
  return readInputFile(file, createAfterReader(snapshot, market, note));
}

/** Lists what pays in the state of a snapshot, or behind transactions in it, best first. */
export async function scan(file: string, options: ScanOptions, out: CommandOutput): Promise<void> {
  const { output, messages } = out;
  const loadStart = performance.now();
  messages.progress(`reading ${file}`);
  const snapshot = await readInputFile(file, createSnapshotReader());
  const loadMs = since(loadStart);

  // Loaded behind the file, so that a malformed one is refused before the search and its libraries are read in.
  const { createFileMarket } = await import("./fileMarket.ts");
  const indexStart = performance.now();
  messages.progress(`${snapshot.pools.length} pools: listing cycles`);
  const market = createFileMarket(snapshot, options);
  const { search, view, absentBases } = market;
  noteAbsent(absentBases, messages);
  const indexMs = since(indexStart);

  const behind = options.after === undefined ? null : await applyFile(options.after, snapshot, market, out);
  const scanStart = performance.now();
  messages.progress(`${search.cycleCount} cycles: pricing`);
  const { opportunities } = search.run({
    view,
    changed: behind?.touched ?? "all",
    atRest: behind === null,
    limit: options.top,
  });
  const scanMs = since(scanStart);

  const { chainId, block, pools, tokens } = snapshot;
  const counts = { chainId, block, pools: pools.length, tokens: tokens.size, cycles: search.cycleCount };
  const timing = { loadMs, indexMs, scanMs };
  const answer = options.json
    ? JSON.stringify({ ...counts, timing, opportunities: opportunities.map(printed) })
    : opportunityTable(
        { ...counts, behind: behind?.transactions ?? null, timing, top: options.top },
        opportunities,
        snapshot,
      );
  messages.progress("");
  await output.write(`${answer}\n`);
}
