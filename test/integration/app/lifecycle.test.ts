import { setTimeout as sleep } from "node:timers/promises";
import Sqlite from "better-sqlite3";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { EXIT } from "../../../src/lib/errors.ts";
import { fates, isSound, value, type Row } from "../../support/appLedger.ts";
import { withinMs } from "../../support/patience.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";

let stage: AppStage;

beforeAll(async () => {
  stage = await startAppStage();
}, 120_000);
afterEach(async () => {
  await stage.endAll();
});
afterAll(async () => {
  await stage.stop();
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} with a plan in flight: out in two seconds, and the next start finds its fate`, async () => {
    const config = stage.config(stage.live);
    const daemon = stage.startLive(config);
    await stage.untilReady(daemon);
    const intent = await stage.untilSent(daemon);
    const isOurs = ({ id }: Row): boolean => id === intent;
    const end = await daemon.stop(signal);
    expect(end).toMatchObject({ code: 0 });
    expect(end.ms).toBeLessThan(withinMs(2000));
    expect(isSound(config.ledger)).toBe(true);
    expect(value(config.ledger, "SELECT ended_at IS NOT NULL FROM runs")).toBe(1);
    expect(fates(config.ledger).filter(isOurs)).toMatchObject([{ finals: 0 }]);

    // The plan lands while nobody watches.
    await stage.devnet.build(4);
    const next = stage.startLive(config);
    await stage.untilReady(next);
    expect((await next.stop()).code).toBe(0);
    expect(fates(config.ledger).filter(isOurs)).toMatchObject([{ run: 1, finals: 1, fate: "included" }]);
    expect(value(config.ledger, "SELECT count(*) FROM v_trades WHERE equal = 0")).toBe(0);
  });
}

test("a ledger that is held up at the end is waited for: nothing is lost", async () => {
  const config = stage.config();
  const daemon = stage.startObserving(config);
  await stage.untilReady(daemon);
  const other = new Sqlite(config.ledger);
  other.exec("BEGIN IMMEDIATE");
  const ended = daemon.stop();
  await sleep(1500);
  other.exec("COMMIT");
  other.close();
  expect(await ended).toMatchObject({ code: 0 });
  expect(value(config.ledger, "SELECT count(*) FROM events WHERE kind = 'stopped'")).toBe(1);
  expect(value(config.ledger, "SELECT ended_at IS NOT NULL FROM runs")).toBe(1);
});

test("a second signal does not wait: 130", async () => {
  const daemon = stage.startObserving(stage.config());
  await daemon.line("connected to the node");
  // Both are there before the daemon runs again.
  daemon.kill("SIGSTOP");
  daemon.kill("SIGTERM");
  daemon.kill("SIGINT");
  daemon.kill("SIGCONT");
  expect((await daemon.exited).code).toBe(130);
});

test("one daemon a ledger: the second is refused with the holder's pid, until the holder is gone", async () => {
  const config = stage.config();
  const holder = stage.startObserving(config);
  await stage.untilReady(holder);

  const second = stage.startObserving(config);
  await second.line("starting");
  const since = performance.now();
  const refused = await second.exited;
  // It neither waits for the holder nor tries again; most of the time is the loading of its own code.
  expect(performance.now() - since).toBeLessThan(withinMs(5000));
  expect(refused).toMatchObject({ code: EXIT.locked });
  expect(refused.stderr).toContain(`another daemon (pid ${holder.pid}) works on ${config.ledger}`);
  expect(value(config.ledger, "SELECT count(*) FROM runs")).toBe(1);

  holder.kill("SIGKILL");
  await holder.exited;
  const heir = stage.startObserving(config);
  await stage.untilReady(heir);
  expect((await heir.stop()).code).toBe(0);
  expect(isSound(config.ledger)).toBe(true);
});
