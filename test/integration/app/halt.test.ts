import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fates, value } from "../../support/appLedger.ts";
import { startRecordingProxy, type RecordingProxy } from "../../support/appProxy.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";
import { lineClient } from "../../support/controlStage.ts";

let stage: AppStage;
let proxy: RecordingProxy;

beforeAll(async () => {
  stage = await startAppStage();
  proxy = await startRecordingProxy(stage.devnet.httpUrl);
}, 120_000);
afterAll(async () => {
  await proxy.stop();
  await stage.stop();
});

test("halted while the node simulates: the plan that is under way is neither signed nor sent, until it is resumed", async () => {
  const dir = join(stage.folder, "run");
  // A plan behind the swap would go out before the node is asked about it.
  const backrun = { enabled: false };
  const config = stage.config({ ...stage.live, node: { ws: proxy.wsUrl }, control: { dir }, backrun });
  const daemon = stage.startLive(config);
  await stage.untilReady(daemon);
  const owner = await lineClient(join(dir, "control.sock"));
  proxy.before("eth_simulateV1", () => owner.ask("halt", { reason: "enough" }));
  const block = await stage.unbalance();
  const { facts } = await daemon.line("outcome", ({ intentId }) =>
    String(intentId).startsWith(`${block + 1}-`),
  );
  expect(facts).toMatchObject({ fate: "rejected", reason: "stopped: halted: enough" });
  expect(value(config.ledger, "SELECT count(*) FROM signed_transactions")).toBe(0);

  proxy.before("eth_simulateV1", () => Promise.resolve());
  expect(await owner.ask("resume", { reason: "again" })).toMatchObject({ result: { done: true } });
  const intent = await stage.untilSent(daemon);
  owner.socket.destroy();
  expect((await daemon.stop()).code).toBe(0);
  expect(fates(config.ledger).find(({ id }) => id === intent)).toMatchObject({ nonce: 0 });
}, 120_000);
