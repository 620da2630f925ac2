import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deadPort } from "../../support/appProxy.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";
import { unittest } from "./python.ts";

/** The seed's own client; it is kept beside the repository and not in it. */
const SEED_BRAIN = join(import.meta.dirname, "../../../../shared/seed/brain.py");

let stage: AppStage;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  stage = await startAppStage();
  const dir = join(stage.folder, "run");
  const port = await deadPort();
  const config = stage.config({ control: { dir }, http: { enabled: true, port, auth: "none" } });
  const daemon = stage.startObserving(config);
  await stage.untilReady(daemon);
  // An arbitrage that nobody takes: one way round the two pools pays, the other does not.
  const block = await stage.unbalance();
  await daemon.line("block", (facts) => facts["block"] === block);
  env = { TURBO_MEV_SOCKET: join(dir, "hints.sock"), TURBO_MEV_HTTP: `http://127.0.0.1:${port}` };
}, 120_000);
afterAll(async () => {
  await stage.stop();
});

test("every method through both clients", async () => {
  expect(await unittest(["tests.test_daemon"], env)).not.toContain("skipped");
});

test("a brain that makes the seed's calls: over titan_core, over HTTP, and on its own when the daemon is down", async () => {
  expect(await unittest(["tests.test_brain"], env)).not.toContain("skipped");
});

test("the seed's brain, unchanged", async ({ skip }) => {
  if (!existsSync(SEED_BRAIN)) skip("../shared/seed/brain.py is not here");
  expect(await unittest(["tests.test_brain"], { ...env, TURBO_MEV_BRAIN: SEED_BRAIN })).not.toContain(
    "skipped",
  );
});
