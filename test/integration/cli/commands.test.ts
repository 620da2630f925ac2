import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, type CliRun } from "../../support/cliProcess.ts";
import { randomRecording, tokenAddress } from "../../support/randomRecording.ts";
import { document, v2, v3, V2 } from "../../support/snapshotDocuments.ts";

const folder = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (name: string, content: unknown): string => {
  const file = join(folder, name);
  writeFileSync(
    file,
    typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content),
  );
  return file;
};
const jsonLines = (run: CliRun): unknown[] =>
  run.out
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));

const recording = written(
  "recording.json.gz",
  gzipSync(JSON.stringify(randomRecording({ seed: 11, tokens: 6, pools: 24, blocks: 8 }))),
);
const BASES = ["--base", "T0", "--base", tokenAddress(3)];

describe("the command line", () => {
  test("tells its version and its commands", async () => {
    expect(await runCli(["--version"])).toMatchObject({ code: 0, out: "0.1.0\n", err: "" });
    const help = await runCli(["--help"]);
    expect(help.code).toBe(0);
    for (const command of ["run", "scan", "replay", "quote", "why", "trades"])
      expect(help.out).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  test.each([
    [["scam"], /unknown command 'scam' \(Did you mean scan\?\)/],
    [["scan"], /missing required argument 'file'/],
    [["scan", "x", "--max-hops", "9"], /--max-hops.*from 2 to 6/],
    [["scan", "x", "--after", "y"], /unknown option '--after'/],
    [["scan", recording, "--base", "NOBODY"], /--base NOBODY: no token of the file has this symbol/],
    [["scan", recording], /name one or more with --base/],
  ])("wrong usage ends with 64 and one line: %j", async (args, message) => {
    const run = await runCli(args);
    expect(run).toMatchObject({ code: 64, out: "" });
    expect(run.err).toMatch(/^turbo-mev: [^\n]+\n$/);
    expect(run.err).toMatch(message);
  });

  test.each([
    ["field.json", document([v2(), v3({ tick: 9 })]), /field\.json: pools\[1\]\.tick: 9 does not fit/],
    ["cut.json", '{"schema":"pool-snap', /cut\.json: schema: cut off/],
  ])("bad input ends with 65 and one line: %s", async (name, content, message) => {
    const run = await runCli(["scan", written(name, content), "--base", "AAA", "--json"]);
    expect(run).toMatchObject({ code: 65, out: "" });
    expect(run.err).toMatch(/^turbo-mev: [^\n]+\n$/);
    expect(run.err).toMatch(message);
  });

  test("a reader that goes away is no fault", async () => {
    const run = await runCli(["replay", recording, ...BASES, "--json"], { hangUpAfter: 1 });
    expect(run).toMatchObject({ code: 0, err: "" });
  });
});

describe("scan", () => {
  test("prints the state, the counts and what pays, best first", async () => {
    const run = await runCli(["scan", recording, ...BASES, "--json", "--top", "3"]);
    expect(run).toMatchObject({ code: 0, err: "" });
    const [answer, ...rest] = jsonLines(run);
    expect(rest).toEqual([]);
    const amount = expect.stringMatching(/^[1-9]\d*$/);
    const hop = { pool: expect.any(String), kind: expect.any(String), amountIn: amount, amountOut: amount };
    expect(answer).toMatchObject({
      chainId: 137,
      block: 1000,
      pools: 24,
      tokens: 6,
      cycles: expect.any(Number),
      timing: { loadMs: expect.any(Number), indexMs: expect.any(Number), scanMs: expect.any(Number) },
      opportunities: [1, 2, 3].map(() => ({
        id: expect.stringMatching(/^[0-9a-f]+$/),
        base: expect.stringMatching(/^0x[0-9a-f]{40}$/),
        profit: amount,
        amountIn: amount,
        marginal: expect.any(Number),
        hops: expect.arrayContaining([expect.objectContaining(hop)]),
      })),
    });
  });

  test("without --json a person reads it", async () => {
    const run = await runCli(["scan", recording, ...BASES, "--top", "2"]);
    const [head, titles, first, second, foot] = run.out.split("\n");
    expect(head).toMatch(/^24 pools, 6 tokens, \d+ cycles \(block 1000\); load \d+ ms/);
    expect(titles).toMatch(/^profit +in +marginal +verdict +route$/);
    for (const row of [first, second])
      expect(row).toMatch(/^[\d.,…]+ +[\d.,…]+ +\d\.\d{6} +\S+ +T\d -\(dex_\d\)-> /);
    expect(foot).toMatch(/^the best 2, before gas \(--top lists more\)$/);
  });

  test("a base that the file lacks is told, and starts nothing", async () => {
    const run = await runCli(["scan", recording, "--base", `0x${"ee".repeat(20)}`, "--json"]);
    expect(run.code).toBe(0);
    expect(run.err).toMatch(/no pool of the file trades this token/);
    expect(jsonLines(run)).toMatchObject([{ cycles: 0, opportunities: [] }]);
  });
});

/** What two runs must share: everything but how long it took. */
const steady = (run: CliRun) =>
  jsonLines(run).map((line) => ({
    ...Object(line),
    micros: 0,
    summary: Object(line)["summary"]?.decisions,
  }));

test("replay: two runs print the same blocks and the same decisions, and --top cuts only the list", async () => {
  const [one, two, short] = await Promise.all([
    runCli(["replay", recording, ...BASES, "--json", "--top", "1000"]),
    runCli(["replay", recording, ...BASES, "--json", "--top", "1000"]),
    runCli(["replay", recording, ...BASES, "--json", "--top", "0"]),
  ]);
  expect(steady(one)).toHaveLength(10);
  expect(steady(one)[9]?.summary).toMatch(/^[0-9a-f]{64}$/);
  expect(steady(two)).toEqual(steady(one));
  expect(steady(short).at(-1)).toEqual(steady(one).at(-1));
  expect(steady(short)[0]).toMatchObject({ block: 1000, changedPools: 24, opportunities: [] });
});

test("quote answers more lines than any pipe holds, in order", async () => {
  const snapshot = written("snapshot.json", document([v2()]));
  const lines = Array.from({ length: 20_000 }, (_, id) =>
    id % 7 === 0
      ? `nonsense ${id}`
      : JSON.stringify({ id, pool: V2, zeroForOne: true, amountIn: String(id) }),
  );
  const run = await runCli(["quote", "--snapshot", snapshot], { stdin: lines.join("\n") });
  expect(run).toMatchObject({ code: 0, err: "" });
  const ids = jsonLines(run).map((answer): unknown => Object(answer)["id"]);
  expect(ids).toEqual(lines.map((_, id) => (id % 7 === 0 ? null : id)));
});

describe("malformed files cost next to nothing", () => {
  let small: CliRun;
  beforeAll(async () => {
    small = await runCli(["scan", written("small.json", "[]"), "--base", "AAA"]);
  });

  test.each<[string, () => string, RegExp]>([
    [
      "60 million digits",
      () => JSON.stringify(document([v2()])).replace('"1000"', `"${"9".repeat(60_000_000)}"`),
      /pools\[0\]\.reserve0: longer than 128/,
    ],
    ["5 million brackets", () => "[".repeat(5_000_000), /expected an object, found a list/],
    [
      "pools 200,000 deep",
      () => JSON.stringify(document([])).replace("[]", "[".repeat(200_000) + "]".repeat(200_000)),
      /pools\[0\]: expected an object, found a list/,
    ],
    [
      "a text of 60 million characters that nobody wants",
      () => `{"x":"${"y".repeat(60_000_000)}"}`,
      /schema: is missing/,
    ],
  ])("%s", async (_name, content, message) => {
    const run = await runCli(["scan", written("large.json", content()), "--base", "AAA"]);
    expect(run).toMatchObject({ code: 65, out: "" });
    expect(run.err).toMatch(message);
    expect(small.maxRssMb).toBeGreaterThan(20);
    // What 60 MB of text cost beyond the process itself, in MB.
    expect(run.maxRssMb - small.maxRssMb).toBeLessThan(60);
  });
});
