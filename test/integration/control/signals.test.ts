import { execFileSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Router } from "../../../src/chain/registry.ts";
import type { Hint, HintVerdict } from "../../../src/control/protocol.ts";
import {
  createSignals,
  SIGNALS_DEFAULTS,
  type Signals,
  type SignalsOptions,
} from "../../../src/control/signals.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { silentLog } from "../../../src/lib/log.ts";
import { controlStage, CYCLE } from "../../support/controlStage.ts";
import { address, USDC, WETH, WPOL } from "../../support/marketFixture.ts";
import { rules, signal } from "../../support/signals.ts";
import { PATIENT } from "../../support/patience.ts";

let root: string;
let path: string;
let signals: Signals | null;
let pushed: Hint[][];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "signals-"));
  path = join(root, "signals/outgoing");
  mkdirSync(path, { recursive: true });
  signals = null;
  pushed = [];
});
afterEach(async () => {
  await signals?.stop();
  rmSync(root, { recursive: true });
});

const accept = ({ id }: Hint): HintVerdict => ({ id: id ?? "", verdict: "accepted" });
const start = async (
  change: Partial<SignalsOptions> = {},
  answer: (hint: Hint) => Promise<HintVerdict> = async (hint) => accept(hint),
): Promise<void> => {
  const options = { ...rules, path, perSecond: 100, rescanMs: 50, settleMs: 200, ...change };
  signals = createSignals(
    options,
    async (hints, source) => {
      expect(source).toBe("signals");
      pushed.push([...hints]);
      return await Promise.all(hints.map(answer));
    },
    { clock: systemClock, log: silentLog },
  );
  await signals.start();
};

let count = 0;
const freshName = (symbol = "USDC", age = 0): string => `signal_${Date.now() - age}_${symbol}${count++}.json`;
const text = (change = {}): string => JSON.stringify(signal({ timestamp: undefined, ...change }), null, 2);
const put = (name: string, content = text()): string => {
  writeFileSync(join(path, name), content);
  return name;
};
const waiting = (): string[] => readdirSync(path).filter((name) => name.endsWith(".json"));
const lying = (folder: "done" | "refused"): string[] =>
  readdirSync(join(path, folder)).filter((name) => name.endsWith(".json"));
const reason = (name: string): string => readFileSync(join(path, "refused", `${name}.reason`), "utf8");
const eventually = (look: () => void): Promise<void> => vi.waitFor(look, PATIENT);
const ids = (): (string | undefined)[] => pushed.flat().map(({ id }) => id);
const stem = (name: string): string => name.replace(/\.json$/, "");

describe("the folder of signals", () => {
  test("what lies there at the start is taken, oldest first; and then what comes", async () => {
    const [late, early] = [put(freshName("B", 1_000)), put(freshName("A", 9_000))];
    await start();
    await eventually(() => expect(lying("done").toSorted()).toEqual([early, late].toSorted()));
    expect(ids()).toEqual([stem(early), stem(late)]);
    const next = put(freshName("C"));
    await eventually(() => expect(lying("done")).toContain(next));
    expect(waiting()).toEqual([]);
    expect(pushed.at(-1)).toMatchObject([{ dexes: ["uniswap_v3", "quickswap_v2"], ttl_ms: 5_000 }]);
  });

  test("makes the folder where it is missing", async () => {
    rmSync(join(root, "signals"), { recursive: true });
    await start();
    const name = put(freshName());
    await eventually(() => expect(lying("done")).toEqual([name]));
  });

  test("notices come from the system, long before the folder is read again", async () => {
    await start({ rescanMs: 1_000_000 });
    const name = put(freshName());
    await eventually(() => expect(lying("done")).toEqual([name]));
  });

  test("a rename within the folder brings a signal; .tmp files and others are left alone", async () => {
    await start();
    const name = freshName();
    for (const other of [`${name}.tmp`, `.${name}`, "notes.json", "opportunity_1.json"]) put(other, text());
    const probe = put(freshName());
    await eventually(() => expect(lying("done")).toEqual([probe]));
    renameSync(join(path, `${name}.tmp`), join(path, name));
    await eventually(() => expect(lying("done")).toContain(name));
    expect(ids()).toEqual([stem(probe), stem(name)]);
    expect(waiting().toSorted()).toEqual([`.${name}`, "notes.json", "opportunity_1.json"].toSorted());
  });

  test("a file that is still being written is waited for, whatever it takes", async () => {
    await start({ settleMs: 60_000 });
    const name = freshName();
    const whole = text();
    for (let end = 0; end < whole.length; end += 64) {
      put(name, whole.slice(0, end));
      await new Promise(setImmediate);
    }
    const probe = put(freshName());
    await eventually(() => expect(lying("done")).toEqual([probe]));
    expect(lying("refused")).toEqual([]);
    put(name, whole);
    await eventually(() => expect(lying("done")).toContain(name));
  });

  test.each<[string, string, RegExp]>([
    ["half a file, when nobody writes it any more", text().slice(0, 90), /^not valid JSON\n$/],
    ["nothing", "", /^empty\n$/],
    ["another chain", text({ chainId: 1 }), /^chainId: 1, and the daemon runs on 137\n$/],
    ["more than 64 KiB", " ".repeat(64 * 1024) + text(), /^\d+ bytes, and 65536 are the most\n$/],
    ["an old time", text({ timestamp: 1_700_000_000 }), /^stale: /],
  ])("%s is refused, with the reason beside it", async (_name, content, why) => {
    const name = put(freshName(), content);
    await start();
    await eventually(() => expect(lying("refused")).toEqual([name]));
    expect(reason(name)).toMatch(why);
    expect(readFileSync(join(path, "refused", name), "utf8")).toBe(content);
    expect([...waiting(), ...pushed, ...lying("done")]).toEqual([]);
  });

  test("links, folders and pipes are refused and never followed", async () => {
    const [link, folder, pipe] = [freshName("L"), freshName("F"), freshName("P")];
    writeFileSync(join(root, "secret"), text());
    symlinkSync(join(root, "secret"), join(path, link));
    mkdirSync(join(path, folder));
    execFileSync("mkfifo", [join(path, pipe)]);
    await start();
    await eventually(() => expect(lying("refused").toSorted()).toEqual([link, folder, pipe].toSorted()));
    expect([reason(link), reason(folder), reason(pipe)]).toEqual([
      "a symbolic link\n",
      "not a plain file\n",
      "not a plain file\n",
    ]);
    expect(readFileSync(join(root, "secret"), "utf8")).toBe(text());
    expect(pushed).toEqual([]);
  });

  test("a reason is not written through a link", async () => {
    const name = freshName();
    mkdirSync(join(path, "refused"));
    writeFileSync(join(root, "target"), "kept");
    symlinkSync(join(root, "target"), join(path, "refused", `${name}.reason`));
    put(name, text({ chainId: 1 }));
    await start();
    await eventually(() => expect(lying("refused")).toEqual([name]));
    expect(readFileSync(join(root, "target"), "utf8")).toBe("kept");
    expect(lstatSync(join(path, "refused", `${name}.reason`)).isFile()).toBe(true);
  });

  test.each(["done", "refused"])("%s as a link stops the start", async (folder) => {
    symlinkSync(root, join(path, folder));
    await expect(start()).rejects.toMatchObject({
      exitCode: 77,
      message: expect.stringMatching(/^signals\.path: \S+ is no folder, or a link to one$/),
    });
  });

  test("what the daemon refuses lies in refused, with its words", async () => {
    const [good, bad] = [put(freshName("A", 1)), put(freshName("B"))];
    await start({}, async (hint) =>
      hint.id === stem(bad)
        ? { id: hint.id, verdict: "refused", code: "unknown_pool", reason: "no pool of USDC and X" }
        : accept(hint),
    );
    await eventually(() => expect([lying("done"), lying("refused")]).toEqual([[good], [bad]]));
    expect(reason(bad)).toBe("unknown_pool: no pool of USDC and X\n");
  });

  test("none is lost when the daemon cannot take it, or ends before its verdict", async () => {
    const name = put(freshName());
    let tries = 0;
    const verdict = new EventEmitter();
    await start({}, async (hint) => {
      if (++tries < 3) throw new Error("not now");
      await once(verdict, "given");
      return accept(hint);
    });
    await eventually(() => expect(tries).toBe(3));
    expect(waiting()).toEqual([name]);
    const stopped = signals?.stop();
    verdict.emit("given");
    await stopped;
    expect(lying("done")).toEqual([name]);
  });

  test("a stop is the end: what comes then waits for the next start", async () => {
    await start();
    await signals?.stop();
    const name = put(freshName());
    await new Promise(setImmediate);
    expect(waiting()).toEqual([name]);
    await start();
    await eventually(() => expect(lying("done")).toEqual([name]));
  });

  test("many files: all taken, in order, no more a second than asked for", async () => {
    const names = Array.from({ length: 25 }, (_, i) => put(freshName("T", 5_000 - i)));
    const began = performance.now();
    await start({ perSecond: 10 });
    await eventually(() => expect(lying("done")).toHaveLength(25));
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_900);
    expect(pushed.every((batch) => batch.length <= 10)).toBe(true);
    expect(ids()).toEqual(names.map(stem));
  });

  test("a file that another reader takes first is nobody's fault", async () => {
    await start({}, async (hint) => {
      rmSync(join(path, `${hint.id}.json`));
      return accept(hint);
    });
    put(freshName());
    await eventually(() => expect(pushed).toHaveLength(1));
    const name = put(freshName());
    await eventually(() => expect(ids()).toContain(stem(name)));
    expect([...waiting(), ...lying("done"), ...lying("refused")]).toEqual([]);
  });

  test("through the real room: signals of the market's cycle live as hints, others are refused", async () => {
    const stage = controlStage();
    const dexes = CYCLE.dexes.map((dex, i): Router => ({
      family: "v2",
      name: dex,
      dex,
      address: address(90 + i),
    }));
    const cycle = {
      token: WPOL,
      path: [USDC, WETH, WPOL],
      protocols: [0, 0, 0],
      routers: dexes.map((router) => router.address),
    };
    const good = put(freshName("WPOL", 1), text(cycle));
    const bad = put(freshName("WPOL"), text({ ...cycle, routers: cycle.routers.toReversed() }));
    signals = createSignals(
      { ...rules, ...SIGNALS_DEFAULTS, routers: dexes, path },
      (hints, source) => stage.control.push(hints, source),
      { clock: systemClock, log: silentLog },
    );
    await signals.start();
    await eventually(() => expect([lying("done"), lying("refused")]).toEqual([[good], [bad]]));
    expect(reason(bad)).toMatch(/^[a-z_]+: /);
    await expect(stage.control.dispatch("hint.list", {})).resolves.toMatchObject({
      hints: [{ id: stem(good), source: "signals", state: "accepted" }],
    });
    await stage.stop();
  });

  test("the folder may go and come back", async () => {
    await start();
    // At once: what is taken away piece by piece may be made anew in between.
    renameSync(path, `${path}.gone`);
    await eventually(() => expect(existsSync(join(path, "done"))).toBe(true));
    const name = put(freshName());
    await eventually(() => expect(lying("done")).toEqual([name]));
  });

  test.skipIf(process.getuid?.() === 0)("a file that may not be read is refused", async () => {
    const name = put(freshName());
    chmodSync(join(path, name), 0);
    await start();
    await eventually(() => expect(reason(name)).toBe("cannot be opened (EACCES)\n"));
  });
});
