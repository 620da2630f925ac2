import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "smol-toml";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EXIT } from "../../../src/lib/errors.ts";
import { buildDaemon, type BuiltDaemon } from "../../support/appBuild.ts";
import { runToEnd, type DaemonExit } from "../../support/appDaemon.ts";

// Refusals that need no node: they come before anything is connected, opened or signed.

/** Nothing listens there, and no key is in the environment. */
const NODE = { ws: "ws://127.0.0.1:1" };
const KEY_NAME = "TURBO_MEV_ABSENT_KEY";

let built: BuiltDaemon;
let folder: string;

beforeAll(() => {
  built = buildDaemon();
  folder = mkdtempSync(join(tmpdir(), "turbo-mev-gate-"));
}, 120_000);
afterAll(() => {
  built.remove();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[]): Promise<DaemonExit> => runToEnd({ main: built.main, args });

function fileWith(content: string): string {
  const path = join(folder, "config.toml");
  writeFileSync(path, content);
  return path;
}

const CONDITIONS = ["mode", "flag", "executor", "key", "channel"] as const;
type Conditions = Readonly<Record<(typeof CONDITIONS)[number], boolean>>;

/** All ways to want to send without all that it needs; without file and flag nobody wants to. */
const halfways: readonly Conditions[] = Array.from({ length: 2 ** CONDITIONS.length }, (_, bits) => {
  const [mode = false, flag = false, executor = false, key = false, channel = false] = CONDITIONS.map(
    (_name, i) => (bits & (1 << i)) !== 0,
  );
  return { mode, flag, executor, key, channel };
}).filter((all) => (all.mode || all.flag) && !CONDITIONS.every((name) => all[name]));

const configOf = ({ mode, executor, key, channel }: Conditions): string =>
  stringify({
    mode: mode ? "live" : "observe",
    node: NODE,
    ledger: { path: join(folder, "gate.sqlite") },
    ...(executor ? { executor: { address: `0x${"11".repeat(20)}` } } : {}),
    ...(key ? { signer: { key: `env:${KEY_NAME}` } } : {}),
    ...(channel ? { channels: [{ type: "private", url: "http://127.0.0.1:1" }] } : {}),
  });

/** What the first line must speak of; each missing part has a line of its own. */
function expectedText({ mode, flag, executor, key, channel }: Conditions): string {
  if (mode && !executor) return "executor.address: missing";
  if (mode && !key) return "signer.key: missing";
  if (mode && !channel) return "channels: missing";
  return flag ? 'says mode = "observe"' : "add --live to the command";
}

test("23 halfway wishes to send are refused with 78 and a reason, before the key is read", async () => {
  expect(halfways).toHaveLength(23);
  for (const conditions of halfways) {
    const { mode, executor, key, channel } = conditions;
    const path = fileWith(configOf(conditions));
    const end = await run(["run", "--config", path, ...(conditions.flag ? ["--live"] : [])]);
    const text = expectedText(conditions);
    expect({ ...conditions, ...end }).toMatchObject({
      code: EXIT.config,
      stderr: expect.stringContaining(text),
    });
    expect(end.stderr).not.toContain(KEY_NAME);
    const faults = [mode && !executor, mode && !key, mode && !channel].filter(Boolean).length;
    expect(end.stderr.trim().split("\n")).toHaveLength(Math.max(1, faults));
  }
}, 300_000);

test("files that cannot be used are refused with 78 and told in one line, without a stack trace", async () => {
  const node = '[node]\nws = "ws://127.0.0.1:1"\n';
  const cases: readonly (readonly [string, string])[] = [
    [`${node}wss = "x"\n`, 'config.toml:3 node.wss: unknown key (did you mean "ws"?)'],
    [`mode = "lvie"\n${node}`, 'did you mean "live"?'],
    [`mode = \n${node}`, "config.toml:1:"],
    [`chain = 2\n${node}`, "chain 2: the product ships no registry for it"],
    [`${node}[market]\ndexes = ["quickswap"]\n`, '"quickswap" is not one of'],
    [`${node}[market]\nbases = ["WPLO"]\n`, '"WPLO" is no token of the'],
    [`${node}[http]\nenabled = true\n`, "http.auth: missing"],
    [
      `${node}[http]\nenabled = true\nauth = "none"\nhost = "0.0.0.0"\n`,
      "127.0.0.1 or ::1 only, not on 0.0.0.0",
    ],
  ];
  for (const [content, text] of cases) {
    const ledger = `[ledger]\npath = ${JSON.stringify(join(folder, "unused.sqlite"))}\n`;
    const end = await run(["run", "--config", fileWith(`${content}${ledger}`)]);
    expect(end).toMatchObject({ code: EXIT.config });
    expect(end.stderr).toContain(text);
    expect(end.stderr).not.toMatch(/^\s+at /m);
  }
  const missing = await run(["run", "--config", join(folder, "nowhere.toml")]);
  expect(missing.code).toBe(EXIT.config);
  expect(missing.stderr).toContain("nowhere.toml");
}, 120_000);

test("wrong usage ends with 64", async () => {
  for (const args of [["run"], ["run", "--config"], ["run", "--config", "x", "--lvie"], ["rum"]]) {
    const end = await run(args);
    expect(end).toMatchObject({ code: EXIT.usage });
    expect(end.stderr).toMatch(/^turbo-mev: /);
  }
}, 120_000);
