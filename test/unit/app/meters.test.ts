import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMeters, writeMetrics, type MeterSources } from "../../../src/app/meters.ts";
import type { FeedStats } from "../../../src/feed/feedStats.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { committed, header } from "../../support/marketFixture.ts";

const stats = (told: number, unproven: number): FeedStats => ({
  phase: "live",
  socket: { connected: true, reconnects: 1, messages: 0, malformed: 0, timeouts: 0 },
  heads: { told: 0, unreadable: 0, duplicates: 0 },
  lastHeadAgeMs: 1200,
  blocks: { committed: 0, backfilled: 0, reverted: 0 },
  gaps: 0,
  syncs: 1,
  logs: {
    framesFast: 3 * told,
    framesGeneral: unproven,
    committed: 0,
    lost: 0,
    deafBlocks: 0,
    provenByBloom: 0,
    provenByAnswer: 0,
    unproven,
    refusedAnswers: 0,
    contradicted: 0,
    taints: 0,
  },
  pending: { told, duplicates: 0, unusable: 0, delivered: 0, shed: 0, starved: false },
  foresight: { method: "none", answered: 0, failed: 0, dropped: 2 * told },
  repairsWaiting: 0,
});

const sources = (feed: FeedStats, accepted: number): MeterSources => ({
  feed,
  taintedPools: 2,
  tooFar: accepted + 2,
  ledgerBacklog: 3,
  halted: true,
  channels: { relay: { accepted, refused: 1, timeout: 0, error: 0 } },
});

const ref = (number: number) => ({ number, hash: header(number).hash });

test("readings that grow are counted once, however often they are read", async () => {
  const meters = createMeters(createMetrics({ version: "1" }));
  await meters.read(sources(stats(10, 1), 4));
  const text = await meters.read(sources(stats(15, 1), 5));
  expect(text).toContain("turbo_mev_pending_transactions_total 15\n");
  expect(text).toContain('turbo_mev_foresight_total{result="dropped"} 30\n');
  expect(text).toContain('turbo_mev_pending_dropped_total{reason="too_far"} 7\n');
  expect(text).toContain("turbo_mev_log_gaps_total 1\n");
  expect(text).toContain('turbo_mev_log_frames_total{decoder="fast"} 45\n');
  expect(text).toContain('turbo_mev_log_frames_total{decoder="general"} 1\n');
  expect(text).toContain("turbo_mev_reconnects_total 1\n");
  expect(text).toContain('turbo_mev_submissions_total{channel="relay",result="accepted"} 5\n');
  expect(text).toContain('turbo_mev_submissions_total{channel="relay",result="refused"} 1\n');
  expect(text).toContain("turbo_mev_head_age_seconds 1.2\n");
  expect(text).toContain("turbo_mev_halted 1\n");
});

test("events: the head, the time of a decision, the depth of a reorg", async () => {
  const meters = createMeters(createMetrics({ version: "1" }));
  meters.event({ type: "reverted", time: 0, block: ref(8) }, 5, 0);
  meters.event({ type: "reverted", time: 0, block: ref(7) }, 5, 0);
  meters.event(committed(header(7), []), 400, 1);
  const text = await meters.read(sources(stats(0, 0), 0));
  expect(text).toContain("turbo_mev_head_block 7\n");
  expect(text).toContain('turbo_mev_stage_duration_seconds_sum{stage="block_to_decision"} 0.0004\n');
  expect(text).toContain("turbo_mev_reorg_depth_blocks_sum 2\n");
  expect(text).toContain("turbo_mev_reorg_depth_blocks_count 1\n");
});

test("the file is replaced as a whole", async () => {
  const folder = mkdtempSync(join(tmpdir(), "turbo-mev-metrics-"));
  const file = join(folder, "turbo.prom");
  await writeMetrics(file, "a 1\n", silentLog);
  await writeMetrics(file, "a 2\n", silentLog);
  expect(readFileSync(file, "utf8")).toBe("a 2\n");
  expect(readdirSync(folder)).toEqual(["turbo.prom"]);
  rmSync(folder, { recursive: true });
});
