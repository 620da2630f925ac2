import { performance } from "node:perf_hooks";
import { loadConfig } from "../app/configFile.ts";
import { createDecisionHash } from "../app/decisionHash.ts";
import { engineOptionsOf } from "../app/engineOptions.ts";
import { resolveMarket } from "../app/resolveMarket.ts";
import { loadRegistry } from "../chain/registry.ts";
import type { Decision } from "../engine/decisions.ts";
import { createEngine } from "../engine/engine.ts";
import { readRecording, readRecordingHeader } from "../feed/recording.ts";
import { InputError } from "../lib/errors.ts";
import type { CommandOutput } from "./commandOutput.ts";
import { percentile } from "./percentile.ts";

export interface EventReplayOptions {
  /** The configuration that the engine shall decide by. */
  readonly config: string;
  readonly json: boolean;
}

const countOf = (decisions: readonly Decision[], type: Decision["type"]): number =>
  decisions.filter((decision) => decision.type === type).length;

/**
 * Feeds the recorded events of a run to a fresh engine, without the deadlines of live work, and prints what it
 * decides after each block. Two runs print the same `decisions`, and so
 * did the daemon: its ledger has them in the `stopped` event of the run that recorded.
 */
export async function replayEvents(
  files: readonly [string, ...string[]],
  options: EventReplayOptions,
  { output }: CommandOutput,
): Promise<void> {
  const config = loadConfig(options.config);
  const { chainId } = await readRecordingHeader(files[0]);
  if (chainId !== config.chain)
    throw new InputError(
      "chainId",
      `${files[0]}: chainId: is ${chainId}, but ${options.config} is for ${config.chain}`,
    );
  const registry = loadRegistry(chainId);
  const engine = createEngine(engineOptionsOf(config, registry, resolveMarket(config.market, registry)));

  const hash = createDecisionHash();
  const micros: number[] = [];
  let events = 0;
  for await (const event of readRecording(files)) {
    events++;
    const start = performance.now();
    const decisions = engine.step(event);
    const taken = Math.round((performance.now() - start) * 1000);
    hash.add(decisions);
    if (event.type !== "committed") continue;
    micros.push(taken);
    const found = {
      block: event.block.number,
      judged: countOf(decisions, "judged"),
      submitted: countOf(decisions, "submit"),
      micros: taken,
    };
    await output.write(`${options.json ? JSON.stringify(found) : blockText(found)}\n`);
  }
  const summary = {
    events,
    blocks: micros.length,
    decisions: hash.digest(),
    p50Micros: percentile(micros, 0.5),
    p99Micros: percentile(micros, 0.99),
  };
  await output.write(options.json ? `${JSON.stringify({ summary })}\n` : summaryText(summary));
}

const blockText = (found: { block: number; judged: number; submitted: number; micros: number }): string =>
  `block ${found.block}: ${found.judged} judged, ${found.submitted} submitted, ${found.micros} µs`;

const summaryText = (summary: {
  events: number;
  blocks: number;
  decisions: string;
  p99Micros: number;
}): string =>
  `${summary.events} events, ${summary.blocks} blocks, p99 ${summary.p99Micros} µs, decisions ${summary.decisions}\n`;
