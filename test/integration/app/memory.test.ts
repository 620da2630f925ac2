import { afterAll, beforeAll, expect, test } from "vitest";
import { startAppStage, type AppStage } from "../../support/appStage.ts";

const BLOCKS = 30;
const MOST_MB = 200;

let stage: AppStage;

beforeAll(async () => {
  stage = await startAppStage({ traders: true });
}, 120_000);
afterAll(async () => {
  await stage.stop();
});

test(`the daemon stays under ${MOST_MB} MB through ${BLOCKS} blocks of trading on all pools`, async () => {
  const market = { dexes: [], bases: [], max_hops: 3 };
  const daemon = stage.startLive(stage.config({ ...stage.live, market, log: { level: "debug" } }));
  await stage.untilReady(daemon);
  const loadedMb = daemon.peakMb();
  for (let i = 0; i < BLOCKS; i++) {
    const { number } = await stage.devnet.build();
    await daemon.line("block", ({ block }) => block === number);
  }
  const peakMb = daemon.peakMb();
  console.log(`peak ${peakMb} MB after ${BLOCKS} blocks, ${loadedMb} MB when ready`);
  expect(await daemon.stop()).toMatchObject({ code: 0 });
  expect(peakMb).toBeGreaterThan(20);
  expect(peakMb).toBeLessThan(MOST_MB);
}, 300_000);
