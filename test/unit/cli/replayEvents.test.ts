import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadConfig } from "../../../src/app/configFile.ts";
import { createDecisionHash } from "../../../src/app/decisionHash.ts";
import { engineOptionsOf } from "../../../src/app/engineOptions.ts";
import { resolveMarket } from "../../../src/app/resolveMarket.ts";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Address, BlockHeader, Hash, Pool } from "../../../src/chain/types.ts";
import { replayEvents } from "../../../src/cli/replayEvents.ts";
import { createEngine } from "../../../src/engine/engine.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { eventToJson } from "../../../src/feed/eventJson.ts";

const folder = mkdtempSync(join(tmpdir(), "events-"));
afterAll(() => rmSync(folder, { recursive: true }));
const WPOL: Address = "0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270";
const USDC: Address = "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359";
const config = join(folder, "observe.toml");
writeFileSync(config, '[node]\nws = "ws://127.0.0.1:1"\n');

const hash = (n: number): Hash => `0x${n.toString(16).padStart(64, "0")}`;
const header = (number: number): BlockHeader => ({
  number,
  hash: hash(number),
  parentHash: hash(number - 1),
  timestamp: 1_700_000_000 + 2 * number,
  baseFeePerGas: 25_000_000_000n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  logsBloom: `0x${"0".repeat(512)}`,
});
const pool = (n: number): Pool => ({
  address: `0x${(0xa0 + n).toString(16).padStart(40, "0")}`,
  kind: "v2",
  dex: "quickswap_v2",
  token0: WPOL,
  token1: USDC,
});
const state = (reserve1: bigint) => ({ kind: "v2", feePpm: 3000, reserve0: 10n ** 24n, reserve1 }) as const;
const events: readonly EngineEvent[] = [
  {
    type: "synced",
    time: 1,
    block: header(100),
    pools: [
      { pool: pool(1), state: state(10n ** 12n) },
      { pool: pool(2), state: state(102n * 10n ** 10n) },
    ],
  },
  ...[101, 102].map((number): EngineEvent => ({
    type: "committed",
    time: number,
    block: header(number),
    logs: [],
    tainted: [],
    fees: [],
    atHead: true,
  })),
];
const recordingOf = (chainId: number): string => {
  const file = join(folder, `events-${chainId}.ndjson`);
  const head = JSON.stringify({ schema: "event-recording/1", chainId, startedAt: 1, part: 1 });
  writeFileSync(file, [head, ...events.map(eventToJson), ""].map((line) => line.trimEnd()).join("\n"));
  return file;
};
const replayed = async (file: string): Promise<unknown[]> => {
  let out = "";
  const output = {
    write: async (text: string) => {
      out += text;
    },
  };
  const messages = { note: () => undefined, progress: () => undefined };
  await replayEvents([file], { config, json: true }, { output, messages });
  return out
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
};

test("recorded events give the decisions of the engine that they were fed to", async () => {
  const settings = loadConfig(config);
  const registry = loadRegistry(137);
  const engine = createEngine(engineOptionsOf(settings, registry, resolveMarket(settings.market, registry)));
  const expected = createDecisionHash();
  let judged = 0;
  for (const event of events) {
    const decisions = engine.step(event);
    judged += decisions.filter(({ type }) => type === "judged").length;
    expected.add(decisions);
  }
  expect(judged).toBeGreaterThan(0);
  const lines = await replayed(recordingOf(137));
  expect(lines).toMatchObject([
    { block: 101 },
    { block: 102 },
    { summary: { events: 3, blocks: 2, decisions: expected.digest() } },
  ]);
});

test("a recording of another chain than the configuration's is refused", async () => {
  await expect(replayed(recordingOf(1))).rejects.toThrow(
    /events-1\.ndjson: chainId: is 1, but .* is for 137/,
  );
});
