import { afterAll, beforeAll, expect, test } from "vitest";
import { isSound, rows, value } from "../../support/appLedger.ts";
import { listenersOf } from "../../support/appListeners.ts";
import { withinMs } from "../../support/patience.ts";
import { deadPort } from "../../support/appProxy.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";

let stage: AppStage;

beforeAll(async () => {
  stage = await startAppStage();
}, 120_000);
afterAll(async () => {
  await stage.stop();
});

test("observe needs no key, no executor and no channel: it sees what pays, writes it down, sends nothing", async () => {
  const { devnet } = stage;
  const config = stage.config();
  const daemon = stage.startObserving(config);
  await stage.untilReady(daemon);
  const sentBefore = devnet.stats.announced;
  const block = await stage.unbalance();
  await daemon.line("block", (facts) => facts["block"] === block);
  await devnet.build(2);
  await daemon.line("block", (facts) => facts["block"] === block + 2);

  const end = await daemon.stop();
  expect(end.code).toBe(0);
  expect(end.ms).toBeLessThan(withinMs(2000));
  expect(isSound(config.ledger)).toBe(true);
  expect(value(config.ledger, "SELECT count(*) FROM blocks")).toBeGreaterThanOrEqual(3);
  expect(rows(config.ledger, "SELECT DISTINCT code FROM opportunities")).toContainEqual({ code: "observe" });
  expect(value(config.ledger, "SELECT count(*) FROM intents")).toBe(0);
  expect(value(config.ledger, "SELECT ended_at IS NOT NULL FROM runs")).toBe(1);
  // Nothing but the user's own transaction reached the node or the relay.
  expect(devnet.stats.announced).toBe(sentBefore + 1);
  expect(devnet.stats.bundlesReceived).toBe(0);
});

test("it listens on no port of any address, and with [http] on one of loopback's", async () => {
  const port = await deadPort();
  const closed = stage.startObserving(stage.config());
  const open = stage.startObserving(stage.config({ http: { enabled: true, port, auth: "none" } }));
  for (const daemon of [closed, open]) await stage.untilReady(daemon);
  expect(listenersOf(closed.pid)).toEqual([]);
  expect(listenersOf(open.pid)).toEqual([`0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`]);
  for (const daemon of [closed, open]) expect((await daemon.stop()).code).toBe(0);
});
