import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainError } from "../../../src/lib/errors.ts";
import { controlStage, lineClient, type ControlStage } from "../../support/controlStage.ts";

const mask = process.umask();
let root = "";
const stages: ControlStage[] = [];
const servers: Server[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "turbo-mev-s-"));
});
afterEach(async () => {
  process.umask(mask);
  for (const stage of stages.splice(0)) await stage.stop();
  for (const server of servers.splice(0)) server.close();
  rmSync(root, { recursive: true, force: true });
});

const stageIn = (dir: string, group = ""): ControlStage => {
  const stage = controlStage({ options: { dir, group } });
  stages.push(stage);
  return stage;
};
const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);
const refusal = async (
  dir: string,
  group = "",
): Promise<{ readonly code: number; readonly message: string }> => {
  try {
    await stageIn(dir, group).control.start();
  } catch (error) {
    if (error instanceof PlainError) return { code: error.exitCode, message: error.message };
    throw error;
  }
  throw new Error("was taken");
};

test.each([0o000, 0o022, 0o077, 0o177])("modes under umask %o, which stays as it was", async (umask) => {
  process.umask(umask);
  const dir = join(root, "a/b");
  const stage = stageIn(dir);
  await stage.control.start();
  expect(modeOf(dir)).toBe("700");
  expect(modeOf(join(dir, "control.sock"))).toBe("600");
  expect(modeOf(join(dir, "hints.sock"))).toBe("660");
  expect(process.umask()).toBe(umask);
  await stage.control.stop();
  expect(existsSync(join(dir, "control.sock"))).toBe(false);
  expect(existsSync(join(dir, "hints.sock"))).toBe(false);
});

/** Looks at the paths as fast as it can, and gathers every mode that it ever saw. */
const WATCHER = `
const { lstatSync } = require("node:fs");
const { parentPort, workerData } = require("node:worker_threads");
const { paths, flag } = workerData;
const seen = new Set();
const stop = new Int32Array(flag);
parentPort.postMessage("watching");
while (Atomics.load(stop, 0) === 0)
  for (const path of paths) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found) seen.add((found.mode & 0o7777).toString(8) + " " + path.split("/").pop());
  }
parentPort.postMessage([...seen]);
`;

test("from their first instant they have no other mode", async () => {
  process.umask(0);
  const dir = join(root, "run");
  const flag = new SharedArrayBuffer(4);
  const paths = [dir, join(dir, "control.sock"), join(dir, "hints.sock")];
  const watcher = new Worker(WATCHER, { eval: true, workerData: { paths, flag } });
  await once(watcher, "message");
  for (let turn = 0; turn < 300; turn++) {
    const stage = stageIn(dir);
    await stage.control.start();
    await stage.control.stop();
    rmSync(dir, { recursive: true });
  }
  const seen = once(watcher, "message");
  Atomics.store(new Int32Array(flag), 0, 1);
  const modes = new Set((await seen).flat());
  expect(modes).toEqual(new Set(["600 control.sock", "660 hints.sock", "700 run"]));
});

test("with a group the folder and what is bound in it belong to the group", async () => {
  if (process.getuid?.() !== 0) return;
  const dir = join(root, "run");
  await stageIn(dir, "12345").control.start();
  expect(modeOf(dir)).toBe("2750");
  for (const path of [dir, join(dir, "control.sock"), join(dir, "hints.sock")])
    expect(lstatSync(path).gid).toBe(12_345);
  expect(modeOf(join(dir, "control.sock"))).toBe("600");
  expect(modeOf(join(dir, "hints.sock"))).toBe("660");
});

const tries = async (path: string, gid: number): Promise<string> => {
  const code = `require("node:net").connect(${JSON.stringify(path)})
    .on("connect", () => { console.log("connected"); process.exit(); })
    .on("error", (error) => console.log(error.code))`;
  const child = spawn(process.execPath, ["-e", code], {
    uid: 54_321,
    gid,
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  await once(child, "close");
  return text.trim();
};

test("another user gets to neither socket; one of the group to that of the hints", async () => {
  if (process.getuid?.() !== 0) return;
  const dir = join(root, "run");
  chmodSync(root, 0o755);
  await stageIn(dir, "12345").control.start();
  expect(await tries(join(dir, "hints.sock"), 54_321)).toBe("EACCES");
  expect(await tries(join(dir, "control.sock"), 12_345)).toBe("EACCES");
  expect(await tries(join(dir, "hints.sock"), 12_345)).toBe("connected");
});

test("a live daemon keeps its sockets: a second one is refused and removes nothing", async () => {
  const dir = join(root, "run");
  await stageIn(dir).control.start();
  expect(await refusal(dir)).toEqual({
    code: 73,
    message: `another daemon listens on ${join(dir, "control.sock")}`,
  });
  const client = await lineClient(join(dir, "hints.sock"));
  expect(await client.ask("version")).toMatchObject({ result: { name: "turbo-mev" } });
  client.socket.destroy();
});

test("what a killed daemon left is removed", async () => {
  const dir = join(root, "run");
  mkdirSync(dir, { mode: 0o700 });
  const code = `const { createServer } = require("node:net");
    for (const name of ["control", "hints"]) createServer().listen(${JSON.stringify(dir)} + "/" + name + ".sock");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 100);`;
  await once(spawn(process.execPath, ["-e", code], { stdio: "inherit" }), "close");
  expect(lstatSync(join(dir, "control.sock")).isSocket()).toBe(true);
  await stageIn(dir).control.start();
  const client = await lineClient(join(dir, "control.sock"));
  expect(await client.ask("version")).toMatchObject({ result: { access: "owner" } });
  client.socket.destroy();
});

test("a listener that is stuck is taken for alive", async () => {
  const dir = join(root, "run");
  mkdirSync(dir, { mode: 0o700 });
  // It accepts nothing, but its queue does: connect() succeeds.
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(join(dir, "control.sock"), resolve));
  expect(await refusal(dir)).toMatchObject({ code: 73 });
  expect(existsSync(join(dir, "control.sock"))).toBe(true);
});

test("links, files and folders in the way are left alone, with a word", async () => {
  const dir = join(root, "run");
  mkdirSync(dir, { mode: 0o700 });
  const path = join(dir, "hints.sock");
  writeFileSync(join(root, "target"), "keep");
  const put: readonly (() => void)[] = [
    () => writeFileSync(path, "keep"),
    () => symlinkSync(join(root, "target"), path),
    () => symlinkSync(join(root, "nowhere"), path),
    () => mkdirSync(path),
  ];
  for (const make of put) {
    make();
    expect(await refusal(dir)).toEqual({
      code: 77,
      message: expect.stringContaining(`${path} is not a socket`),
    });
    expect(lstatSync(path)).toBeDefined();
    // The first socket was open already: it is closed again.
    expect(existsSync(join(dir, "control.sock"))).toBe(false);
    rmSync(path, { recursive: true });
  }
});

test("a link to a live socket is refused as well", async () => {
  const dir = join(root, "run");
  const other = join(root, "other");
  await stageIn(other).control.start();
  mkdirSync(dir, { mode: 0o700 });
  symlinkSync(join(other, "control.sock"), join(dir, "control.sock"));
  expect(await refusal(dir)).toMatchObject({ code: 77 });
  expect(lstatSync(join(other, "control.sock")).isSocket()).toBe(true);
});

test("folders: a link, another's, one that is open, one that cannot be made", async () => {
  const real = join(root, "real");
  mkdirSync(real, { mode: 0o700 });
  symlinkSync(real, join(root, "link"));
  expect(await refusal(join(root, "link"))).toMatchObject({
    code: 77,
    message: expect.stringContaining("a link"),
  });
  const open = join(root, "open");
  for (const mode of [0o701, 0o710, 0o755, 0o777]) {
    mkdirSync(open);
    chmodSync(open, mode);
    expect(await refusal(open)).toMatchObject({
      code: 77,
      message: expect.stringContaining(`mode ${mode.toString(8)}`),
    });
    expect(modeOf(open)).toBe(mode.toString(8));
    rmSync(open, { recursive: true });
  }
  writeFileSync(join(root, "file"), "");
  expect(await refusal(join(root, "file"))).toMatchObject({ code: 77 });
  expect(await refusal(join(root, "file/run"))).toMatchObject({ code: 77 });
  expect(await refusal(join(root, "run"), "no-such-group")).toMatchObject({ code: 78 });
});

test("a path that does not fit is refused, not cut", async () => {
  const dir = join(root, "x".repeat(119 - "/control.sock".length - root.length));
  const path = join(dir, "control.sock");
  expect(Buffer.byteLength(path)).toBe(120);
  expect(await refusal(dir)).toEqual({ code: 78, message: expect.stringContaining("has 120 bytes") });
  const fits = join(root, "y".repeat(107 - "/control.sock".length - root.length - 1));
  const stage = stageIn(fits);
  await stage.control.start();
  expect(Buffer.byteLength(join(fits, "control.sock"))).toBe(107);
  expect(lstatSync(join(fits, "control.sock")).isSocket()).toBe(true);
});

test("stopped with guests: they are let go, and the sockets are gone", async () => {
  const dir = join(root, "run");
  const stage = stageIn(dir);
  await stage.control.start();
  const client = await lineClient(join(dir, "hints.sock"));
  await client.ask("subscribe", { topics: ["heads"] });
  const reader = await lineClient(join(dir, "hints.sock"));
  reader.socket.pause();
  await stage.control.stop();
  await client.closed;
  expect(existsSync(join(dir, "hints.sock"))).toBe(false);
  await stage.control.stop();
});
