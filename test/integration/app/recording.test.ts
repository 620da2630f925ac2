import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { value } from "../../support/appLedger.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";

let stage: AppStage;

beforeAll(async () => {
  stage = await startAppStage({ traders: true });
}, 120_000);
afterAll(async () => {
  await stage.stop();
});

const summaryLine = z.object({ summary: z.object({ blocks: z.number(), decisions: z.string() }) });

test("the replay of what a live run recorded decides the same, to the last number", async () => {
  const { devnet } = stage;
  const folder = join(stage.folder, "recording");
  const config = stage.config({ ...stage.live, recorder: { path: folder } });
  const daemon = stage.startLive(config);
  await stage.untilReady(daemon);
  for (let i = 0; i < 8; i++) {
    const { number } = await devnet.build();
    await daemon.line("block", (facts) => facts["block"] === number);
  }
  await devnet.reorg(2);
  const { number } = await devnet.build();
  await daemon.line("block", (facts) => facts["block"] === number);
  expect((await daemon.stop()).code).toBe(0);

  const decided = value(
    config.ledger,
    "SELECT json_extract(detail, '$.decisions') FROM events WHERE kind = 'stopped'",
  );
  const files = readdirSync(folder)
    .toSorted()
    .map((file) => join(folder, file));
  const args = [stage.main, "replay", ...files, "--config", config.path, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { summary } = summaryLine.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  expect(summary.blocks).toBeGreaterThanOrEqual(10);
  expect(summary.decisions).toBe(decided);
  expect(value(config.ledger, "SELECT count(*) FROM intents")).toBeGreaterThanOrEqual(1);
});
