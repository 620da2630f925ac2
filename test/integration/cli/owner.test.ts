import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../../support/cliProcess.ts";
import { controlStage, type ControlStage } from "../../support/controlStage.ts";

let stage: ControlStage;
let hints: string;
let control: string;

beforeEach(async () => {
  stage = controlStage();
  await stage.control.start();
  hints = join(stage.dir, "hints.sock");
  control = join(stage.dir, "control.sock");
});
afterEach(() => stage.stop());

const said = async (...args: readonly string[]): Promise<string> => {
  const run = await runCli([...args, "--socket", hints]);
  expect(run).toMatchObject({ code: 0, err: "" });
  return run.out;
};

describe("the owner's commands", () => {
  test("find control.sock beside hints.sock and do what they say", async () => {
    const pool = `0x${"ab".repeat(20)}`;
    expect(
      await Promise.all([
        said("pause", "--reason", "lunch"),
        said("resume", "--reason", "back"),
        said("halt", "--reason", "gas spike"),
        said("reload"),
        said("approve", pool),
        said("limits", "--min-net", "0.5", "--max-cycles", "1"),
      ]),
    ).toEqual(["paused\n", "resumed\n", "halted\n", "taken over: profit\n", "approved\n", "lowered\n"]);
    expect(stage.owner.toSorted()).toEqual([
      `approve ${pool}`,
      "halt gas spike",
      "lower min_net_native,max_cycles_per_plan",
      "pause lunch",
      "resume back",
    ]);
  });

  test.each([
    [["halt"], 64, /required option '--reason/],
    [["limits"], 64, /name --min-net, --max-fee or --max-cycles/],
    [["limits", "--min-net", "-1"], 64, /the daemon refuses: min_net_native: /],
    [["approve", "0x12"], 64, /the daemon refuses: pool: must be an address/],
  ])("wrong usage: %j", async (args, code, message) => {
    const run = await runCli([...args, "--socket", control]);
    expect(run).toMatchObject({ code, out: "" });
    expect(run.err).toMatch(message);
    expect(stage.owner).toEqual([]);
  });
});

describe("no daemon", () => {
  test.each([
    ["no socket", (): void => undefined],
    ["nobody listens", (path: string): void => writeFileSync(path, "")],
  ])("%s: one line and 69", async (why, prepare) => {
    const folder = mkdtempSync(join(tmpdir(), "nobody-"));
    const path = join(folder, "hints.sock");
    prepare(path);
    const runs = await Promise.all(
      [["hint", "--path", "A,B,A"], ["watch"], ["top"]].map((args) => runCli([...args, "--socket", path])),
    );
    rmSync(folder, { recursive: true });
    for (const run of runs) {
      expect(run).toMatchObject({ code: 69, out: "" });
      expect(run.err).toMatch(
        /^turbo-mev: no daemon answers at \S+hints\.sock \([^)]+\): start "turbo-mev run"[^\n]+\n$/,
      );
      expect(run.err).toContain(`(${why})`);
    }
  });

  test("somebody else listens there", async () => {
    const folder = mkdtempSync(join(tmpdir(), "other-"));
    const path = join(folder, "hints.sock");
    const server = createServer((socket) => socket.end("220 ESMTP \u001b[31m\n")).listen(path);
    await once(server, "listening");
    const run = await runCli(["top", "--once", "--socket", path]);
    server.close();
    rmSync(folder, { recursive: true });
    expect(run).toMatchObject({ code: 69, out: "" });
    expect(run.err).toBe("turbo-mev: what answers is no daemon of ours: 220 ESMTP [31m\n");
  });
});

test("every command has an example in its help", async () => {
  const commands = ["hint", "watch", "top", "pause", "resume", "halt", "reload", "approve", "limits"];
  const helps = await Promise.all(commands.map((command) => runCli([command, "--help"])));
  for (const [i, { code, out }] of helps.entries()) {
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples?:\n  turbo-mev ${commands[i]}`));
  }
});
