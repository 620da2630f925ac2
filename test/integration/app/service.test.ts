import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from "vitest";
import { z } from "zod";
import { openNotifySocket } from "../../support/appNotify.ts";
import { startAppStage, type AppStage } from "../../support/appStage.ts";

const CONFIG = join(import.meta.dirname, "../../../config");

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

/** Skips, and says so, where the machine lacks a program. */
function needs(context: TestContext, program: string): void {
  if (spawnSync(program, ["--version"]).status === 0) return;
  console.log(`${program} is not on this machine: not tested`);
  context.skip();
}

test("systemd hears READY with the first block at the head, WATCHDOG while blocks come, STOPPING at the end", async (context) => {
  needs(context, "systemd-notify");
  needs(context, "python3");
  const path = join(stage.folder, "notify");
  const systemd = await openNotifySocket(path);
  try {
    const daemon = stage.startObserving(stage.config(), { NOTIFY_SOCKET: path, WATCHDOG_USEC: "400000" });
    await daemon.line("pools loaded");
    expect(systemd.messages.filter((message) => message.includes("READY"))).toEqual([]);
    const { number } = await stage.devnet.build();
    await systemd.heard(`READY=1 STATUS=observe on polygon, block ${number}`);
    const before = systemd.messages.length;
    await stage.devnet.build(3);
    await daemon.line("block", ({ block }) => block === number + 3);
    await systemd.heard("WATCHDOG=1");
    const stopped = daemon.stop();
    await systemd.heard("STOPPING=1");
    expect(await stopped).toMatchObject({ code: 0 });
    expect(systemd.messages.length).toBeGreaterThan(before);
    expect(daemon.lines().filter(({ message }) => message === "service manager not told")).toEqual([]);
  } finally {
    await systemd.stop();
  }
});

test("while the node is away the watchdog is fed all the same", async (context) => {
  needs(context, "systemd-notify");
  needs(context, "python3");
  const path = join(stage.folder, "notify-away");
  const systemd = await openNotifySocket(path);
  try {
    const daemon = stage.startObserving(stage.config({ node: { ws: "ws://127.0.0.1:1" } }), {
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: "400000",
    });
    await systemd.heard("WATCHDOG=1");
    expect(systemd.messages.filter((message) => message.includes("READY"))).toEqual([]);
    expect(await daemon.stop()).toMatchObject({ code: 0 });
  } finally {
    await systemd.stop();
  }
});

test("without systemd-notify the daemon says so and goes on", async () => {
  const daemon = stage.startObserving(stage.config(), { NOTIFY_SOCKET: "/nowhere", PATH: stage.folder });
  await stage.untilReady(daemon);
  await daemon.line("service manager not told");
  expect(await daemon.stop()).toMatchObject({ code: 0 });
});

test("the unit exposes next to nothing", (context) => {
  needs(context, "systemd-analyze");
  const unit = join(CONFIG, "systemd/turbo-mev.service");
  // Fails with an exit code when the exposure is above 2.0 of 10.
  const told = execFileSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", unit]);
  expect(told.toString()).toContain("Overall exposure level");
});

const pm2File = z.object({
  apps: z.tuple([
    z.looseObject({
      script: z.string().endsWith("dist/main.js"),
      exec_mode: z.literal("fork"),
      instances: z.literal(1),
      wait_ready: z.literal(true),
      kill_timeout: z.int().min(2000),
      stop_exit_codes: z.array(z.int()),
      env: z.undefined().optional(),
    }),
  ]),
});

test("systemd and pm2 start the same command line", () => {
  const unit = readFileSync(join(CONFIG, "systemd/turbo-mev.service"), "utf8");
  const [, nodeArgs] = /^ExecStart=\S+ (.*) \S+main\.js run --config \S+$/m.exec(unit) ?? [];
  const { apps } = pm2File.parse(createRequire(import.meta.url)(join(CONFIG, "pm2/ecosystem.config.cjs")));
  expect(apps[0]["interpreter_args"]).toBe(nodeArgs);
});

test("pm2's file is readable: one process in fork mode, ready by message, no secrets", () => {
  const require = createRequire(import.meta.url);
  const { apps } = pm2File.parse(require(join(CONFIG, "pm2/ecosystem.config.cjs")));
  expect(apps[0].stop_exit_codes).toEqual(expect.arrayContaining([0, 64, 65, 73, 77, 78]));
  expect(JSON.stringify(apps)).not.toMatch(/0x[0-9a-f]{64}|secret|token|key/i);
});
