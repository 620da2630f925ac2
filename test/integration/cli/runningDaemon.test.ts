import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCli, type CliRun } from "../../support/cliProcess.ts";
import { startCli } from "../../support/cliRunning.ts";
import { BACKWARDS, controlStage, CYCLE, triangle, type ControlStage } from "../../support/controlStage.ts";
import { address, committed, header, syncLog, UNIT } from "../../support/marketFixture.ts";
import { PATIENT } from "../../support/patience.ts";

let stage: ControlStage;
let hints: string;

beforeEach(async () => {
  stage = controlStage();
  await stage.control.start();
  hints = join(stage.dir, "hints.sock");
});
afterEach(() => stage.stop());

const ROOT = join(import.meta.dirname, "../../..");
const ROUTE = ["--path", CYCLE.path.join(), "--dexes", CYCLE.dexes.join()];
const jsonLines = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
const hint = (args: readonly string[], stdin = ""): Promise<CliRun> =>
  runCli(["hint", "--socket", hints, ...args], { stdin });
const eventually = (look: () => void): Promise<void> => vi.waitFor(look, PATIENT);

const good = (id: string): string => JSON.stringify({ id, ...CYCLE });

describe("hint", () => {
  test("a route by symbols gets its verdict", async () => {
    const run = await hint([...ROUTE, "--id", "mine", "--score", "0.8", "--ttl", "60000"]);
    expect(run).toMatchObject({ code: 0, out: "accepted    mine\n", err: "" });
    const [event] = stage.asked;
    expect(event).toMatchObject({ type: "hint", routes: [{ id: "mine", source: "shell", scoreFloat: 0.8 }] });
  });

  test("pools with a start, as JSON, in another's name", async () => {
    const pools = ["--pools", BACKWARDS.pools.join(), "--start", BACKWARDS.start];
    const run = await hint([...pools, "--source", "me", "--json"]);
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(jsonLines(run.out)).toEqual([
      { id: expect.stringMatching(/^hint-[0-9a-f]{8}-1$/), verdict: "accepted" },
    ]);
    expect(stage.asked[0]).toMatchObject({ routes: [{ source: "me" }] });
  });

  test("a refused one is told why, and ends with 1", async () => {
    const run = await hint(["--path", "WPOL,NOBODY,WPOL", "--dexes", "dex1", "--id", "x"]);
    expect(run.code).toBe(1);
    expect(run.out).toMatch(/^refused {5}x {2}unknown_token: .*NOBODY/);
    expect(run.err).toBe("turbo-mev: 1 of 1 hints refused\n");
  });

  test("lines on stdin: a verdict each, in their order, whatever they hold", async () => {
    const lines = [
      good("a"),
      "nonsense",
      "",
      "[]",
      '{"id":"b","path":["WPOL"]}',
      good("c"),
      '"'.padEnd(60_000),
    ];
    const run = await hint(["--json"], lines.join("\n"));
    expect(run.code).toBe(1);
    expect(run.err).toBe("turbo-mev: 4 of 6 hints refused\n");
    expect(jsonLines(run.out)).toMatchObject([
      { id: "a", verdict: "accepted" },
      { id: "line 2", verdict: "refused", code: "invalid", reason: "not valid JSON" },
      { id: expect.any(String), verdict: "refused", code: "invalid" },
      { id: "b", verdict: "refused", code: "invalid", reason: expect.stringMatching(/path/) },
      { id: "c", verdict: "accepted" },
      { id: "line 7", verdict: "refused", reason: "longer than 49152 bytes; nothing behind it is read" },
    ]);
  });

  test("more than the rate lets through: it waits, and every hint gets its verdict", async () => {
    const lines = Array.from({ length: 6_000 }, (_, i) =>
      JSON.stringify({ id: `h${i}`, ...CYCLE, ttl_ms: 60_000 }),
    );
    const run = await hint(["--json"], lines.join("\n"));
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(jsonLines(run.out)).toEqual(lines.map((_, i) => ({ id: `h${i}`, verdict: "accepted" })));
  });

  test("--wait tells what becomes of it until it has ended", async () => {
    const args = [...ROUTE, "--id", "w", "--ttl", "1000", "--wait", "--json"];
    const waiting = startCli(["hint", "--socket", hints, ...args]);
    await eventually(() => expect(waiting.out).toContain("accepted"));
    stage.block();
    await waiting.ended;
    expect([waiting.child.exitCode, waiting.err]).toEqual([0, ""]);
    expect(jsonLines(waiting.out)).toMatchObject([
      { id: "w", verdict: "accepted" },
      { id: "w", source: "shell", state: "profitable" },
      { id: "w", source: "shell", state: "expired" },
    ]);
  });

  test("--wait in words, beyond its time, until its intent has a fate", async () => {
    await stage.stop();
    stage = controlStage({ entries: triangle(1).slice(0, 3) });
    await stage.control.start();
    const socket = join(stage.dir, "hints.sock");
    const waiting = startCli(["hint", "--socket", socket, ...ROUTE, "--id", "w", "--ttl", "1000", "--wait"]);
    await eventually(() => expect(waiting.out).toContain("accepted"));
    const more = syncLog(address(3), 1_200_000n * UNIT, 1_000_000n * UNIT, header(3));
    const submit = stage.step(committed(header(3), [more])).find((decision) => decision.type === "submit");
    expect(submit?.hintIds).toEqual(["w"]);
    await eventually(() => expect(waiting.out).toContain("expired"));
    expect(waiting.child.exitCode).toBe(null);
    const outcome = { type: "outcome", time: 1, fate: "included", reason: "", block: 4 } as const;
    stage.step({ ...outcome, intentId: submit?.intentId ?? "", transactionHash: null });
    await waiting.ended;
    expect([waiting.child.exitCode, waiting.err]).toEqual([0, ""]);
    const rows = waiting.out.trimEnd().split("\n");
    const states = rows.map((row) => row.split(/\s+/)[0]);
    expect(new Set(states)).toEqual(new Set(["accepted", "expired", "landed", "profitable", "submitted"]));
    expect([states[0], ...states.slice(3)]).toEqual(["accepted", "expired", "landed"]);
    expect(rows.find((row) => row.startsWith("submitted"))).toMatch(
      /^submitted {3}w {2}net [\d,.…]+ {2}block \d+ {2}intent \S+$/,
    );
  });

  test("--wait ends at once where nothing was taken", async () => {
    const run = await hint(["--path", "WPOL,NOBODY,WPOL", "--dexes", "dex1", "--wait"]);
    expect(run).toMatchObject({ code: 1, err: "turbo-mev: 1 of 1 hints refused\n" });
  });

  test("the daemon goes away while it waits: 69, although stdin is still open", async () => {
    const waiting = startCli(["hint", "--socket", hints, "--wait"]);
    waiting.child.stdin.write(`${JSON.stringify({ id: "k", ...CYCLE })}\n`);
    await eventually(() => expect(waiting.out).toContain("accepted"));
    await stage.control.stop();
    await waiting.ended;
    expect(waiting.child.exitCode).toBe(69);
    expect(waiting.err).toBe("turbo-mev: the daemon closed the connection\n");
  });

  test.each([
    [["--dexes", "dex1"], /^turbo-mev: --dexes needs --path or --pools/],
    [[...ROUTE, "--pools", BACKWARDS.pools.join()], /either --path or --pools/],
    [[...ROUTE, "--score", "2"], /--score.*Give a number from 0 to 1/],
    [[...ROUTE, "--ttl", "5"], /--ttl.*from 100 to 60000/],
  ])("wrong usage ends with 64: %j", async (args, message) => {
    const run = await hint(args);
    expect(run).toMatchObject({ code: 64, out: "" });
    expect(run.err).toMatch(message);
  });
});

describe("watch", () => {
  test("tells what happens, of the topics that were asked for", async () => {
    const all = startCli(["watch", "--socket", hints]);
    const json = startCli(["watch", "--socket", hints, "--topics", "heads,hints", "--json"]);
    // What comes before the subscription is not told: blocks go on until both have heard one.
    await eventually(() => {
      stage.block();
      expect(all.out).toContain("heads");
      expect(json.out).toContain("heads");
    });
    stage.control.push([{ id: "seen", ...CYCLE }], "me");
    await eventually(() => {
      expect(all.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}hints {10}id seen {2}source me {2}state accepted$/m);
      expect(json.out).toMatch(/"topic":"hints".*"state":"accepted"/);
    });
    expect(all.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}heads {10}block \d+ {2}hash 0x/m);
    expect(new Set(jsonLines(json.out).map((event): unknown => Object(event)["topic"]))).toEqual(
      new Set(["heads", "hints"]),
    );
    all.child.kill();
    await all.ended;
    await stage.control.stop();
    await json.ended;
    expect([json.child.exitCode, json.err]).toEqual([69, "turbo-mev: the daemon closed the connection\n"]);
  });

  test("knows its topics", async () => {
    const run = await runCli(["watch", "--socket", hints, "--topics", "heads,mempool"]);
    expect(run).toMatchObject({ code: 64, out: "" });
    expect(run.err).toMatch(
      /--topics mempool: is not one of heads, opportunities, submissions, fates, hints/,
    );
  });
});

/** util-linux's `script` gives a command a terminal. */
const hasScript = spawnSync("script", ["--version"]).status === 0;

describe("top", () => {
  test.skipIf(!hasScript).each([
    ["q", "q"],
    ["Ctrl-C", "\u0003"],
  ])("draws on a terminal until %s, and leaves it as it was", async (_name, key) => {
    const top = `"${process.execPath}" --import tsx src/main.ts top --interval 100 --socket ${hints}`;
    const command = `stty rows 8 cols 40; ${top}; echo code=$?; stty -a`;
    const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: ROOT, stdio: "pipe" });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    const ended = once(child, "close");
    await eventually(() => expect(out.split("\u001b[H").length).toBeGreaterThan(3));
    child.stdin.write(key);
    await ended;
    const [before = "", rest = ""] = out.split("\u001b[?1049h\u001b[?25l");
    const [screens = "", after = ""] = rest.split("\u001b[?25h\u001b[?1049l");
    expect(before).toBe("");
    const lines = screens.split("\u001b[H").at(-1)?.split("\u001b[K\r\n") ?? [];
    expect(lines).toHaveLength(8);
    expect(lines[0]).toBe("          turbo-mev 1.2.3   dry-run   ch");
    expect(after).toMatch(/^code=0\r\n/);
    expect(after).toMatch(/[^-]icanon/);
  });

  test("--once shows the state and the figures of the seed", async () => {
    stage.control.push([{ id: "live", ...CYCLE, ttl_ms: 60_000 }], "my\u001b[31mbrain");
    const run = await runCli(["top", "--socket", hints, "--once", "--interval", "100"]);
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).not.toContain("\u001b");
    expect(run.out).toMatch(
      /^ {10}turbo-mev 1\.2\.3 {3}dry-run {3}chain 137 {3}live\n block {4}\d+ {3}0\.0 s old\n/,
    );
    expect(run.out).toContain(" hints    1 live: my[31mbrain 1\n");
    expect(run.out).toMatch(/brain {4}processing time - {3}speed-up against the Python path not measured/);
    expect(run.out).toMatch(
      /opportunities found \d+ {3}bundles dispatched \d+ {3}kept by private submission \$0\.00/,
    );
  });

  test("--once --json is one object", async () => {
    const run = await runCli(["top", "--socket", hints, "--once", "--interval", "100", "--json"]);
    const [view, ...rest] = jsonLines(run.out);
    expect(rest).toEqual([]);
    expect(view).toMatchObject({ mode: "dry-run", pools: 5, pendingPerSecond: 0, lastFates: [] });
  });

  test("in lines where stdout is no terminal; the daemon may go and come back", async () => {
    const top = startCli(["top", "--socket", hints, "--interval", "100"]);
    const line = /^\d\d:\d\d:\d\d {3}dry-run {3}live {3}block \d+ 0\.0 s old {3}pending \S+\/s {3}found/m;
    await eventually(() => expect(top.out).toMatch(line));
    await stage.control.stop();
    await eventually(() => expect(top.out).toMatch(/no daemon answers at/));
    top.out = "";
    await stage.control.start();
    await eventually(() => expect(top.out).toMatch(line));
    top.child.kill();
    await top.ended;
    expect(top.err).toBe("");
  });
});
