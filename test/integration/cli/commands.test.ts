import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, type CliRun } from "../../support/cliProcess.ts";
import { randomRecording, tokenAddress } from "../../support/randomRecording.ts";
import { swapLine, txHash } from "../../support/cliTransactions.ts";
import { A, B, document, v2, v3, V2 } from "../../support/snapshotDocuments.ts";

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
    for (const command of ["run", "scan", "replay", "quote", "decode", "status", "why", "trades"])
      expect(help.out).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  test.each([
    [["scam"], /unknown command 'scam' \(Did you mean scan\?\)/],
    [["scan"], /missing required argument 'file'/],
    [["scan", "x", "--max-hops", "9"], /--max-hops.*from 2 to 6/],
    [["scan", "x", "--behind", "y"], /unknown option '--behind'/],
    [["decode", "--chain", "polygon"], /--chain.*from 1 to/],
    [["decode", "--chain", "5"], /chain 5: the product does not know its routers/],
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

test("decode answers more lines than any pipe holds, in order, within little memory", async () => {
  const snapshot = written("pools.json", document([v2()]));
  const lines = Array.from({ length: 5_000 }, (_, id) =>
    id % 7 === 0 ? `nonsense ${id}` : swapLine({ path: [A, B], amountIn: BigInt(id) }, { hash: txHash(id) }),
  );
  const run = await runCli(["decode", "--snapshot", snapshot], { stdin: lines.join("\n") });
  expect(run).toMatchObject({ code: 0, err: "" });
  const hashes = jsonLines(run).map((answer): unknown => Object(answer)["hash"]);
  expect(hashes).toEqual(lines.map((_, id) => (id % 7 === 0 ? null : txHash(id))));
  expect(run.maxRssMb).toBeLessThan(256);
});

/** The verdict and the pools of each cycle that a scan lists. */
const cyclesOf = (run: CliRun): unknown => {
  const [answer] = jsonLines(run);
  return Object(answer)["opportunities"].map(
    ({ verdict, hops }: { verdict: string; hops: { pool: string }[] }) => [
      verdict,
      ...hops.map(({ pool }) => pool).toSorted(),
    ],
  );
};

describe("scan --after", () => {
  const other = `0xa${"0".repeat(38)}2`;
  const idle = ["b1", "b2"].map((end) => `0x${"0".repeat(38)}${end}`);
  const token = `0x${"9".repeat(40)}`;
  const plain = Object.fromEntries([A, B, token].map((one) => [one, { symbol: one, decimals: 18 }]));
  const deep = { reserve0: "1000000", reserve1: "2000000" };
  const still = { token1: token, reserve0: "1000000" };
  // The last two pay against each other already, and no transaction touches them.
  const snapshot = written(
    "four.json",
    document(
      [
        v2(deep),
        v2({ ...deep, address: other, dex: "sushiswap_v2" }),
        v2({ ...still, address: idle[0], reserve1: "1000000" }),
        v2({ ...still, address: idle[1], dex: "sushiswap_v2", reserve1: "1300000" }),
      ],
      { tokens: plain },
    ),
  );
  const scan = (...more: readonly string[]) => runCli(["scan", snapshot, "--base", A, ...more]);
  test("lists only the cycles that the transactions touch, and believes a wide margin", async () => {
    const rest = await scan("--json");
    expect(cyclesOf(rest)).toEqual([["suspect:marginal", ...idle]]);
    const after = written("one.ndjson", `${swapLine({ path: [A, B], amountIn: 100_000n })}\n`);
    const behind = await scan("--json", "--after", after);
    expect(behind).toMatchObject({ code: 0, err: "" });
    expect(cyclesOf(behind)).toEqual([["ok", V2, other]]);
    expect((await scan("--after", after)).out).toMatch(/^4 pools.*\(block 100, behind 1 transactions\)/);
  });

  test("says what it passed over, and refuses what is no transaction", async () => {
    const foreign = swapLine({ path: [A, B], amountIn: 1n }, { to: A });
    const passed = await scan("--json", "--after", written("foreign.ndjson", foreign));
    expect(passed.code).toBe(0);
    expect(cyclesOf(passed)).toEqual([]);
    expect(passed.err).toMatch(/^turbo-mev: \S+foreign\.ndjson: line 1 \(0x0{63}1\): passed over: [^\n]+\n$/);
    const broken = written(
      "broken.ndjson",
      `${foreign}\n${swapLine({ path: [A, B], amountIn: 1n }, { value: "x" })}`,
    );
    const refused = await scan("--json", "--after", broken);
    expect(refused).toMatchObject({ code: 65, out: "" });
    expect(refused.err).toMatch(/broken\.ndjson: line 2: value: expected a decimal whole number/);
    expect(await scan("--after", `${snapshot}.missing`)).toMatchObject({ code: 65, out: "" });
  });
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
