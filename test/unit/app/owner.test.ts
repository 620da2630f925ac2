import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/app/configFile.ts";
import { createOwner } from "../../../src/app/owner.ts";
import type { Limits } from "../../../src/engine/events.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";
import { silentLog } from "../../../src/lib/log.ts";

const POL = 10n ** 18n;
const NODE = '[node]\nws = "ws://127.0.0.1:8546"\n';
/** What holds at the start, with the file's defaults. */
const DEFAULTS: Limits = { minNet: POL / 100n, txFeeCap: POL, maxCyclesPerPlan: 4 };

/** An owner over a file that the test rewrites. */
function started(first = "") {
  /** As engine and execution were told. */
  const told: Limits[] = [];
  const levels: string[] = [];
  let text = first;
  const load = () => parseConfig(NODE + text, "x.toml");
  const owner = createOwner(load(), {
    clock: { now: () => 0 },
    log: silentLog,
    journal: { halt: () => undefined, currentHalt: () => null },
    loadConfig: load,
    setLogLevel: (level) => void levels.push(level),
    limit: (limits) => void told.push(limits),
    letIn: () => undefined,
  });
  const reload = async (next: string) => {
    text = next;
    return await owner.reload();
  };
  return { owner, told, levels, held: () => told.at(-1) ?? DEFAULTS, reload };
}

describe("reload", () => {
  test("takes the live keys, and names those that need a restart", async () => {
    const { reload, held, levels } = started();
    const { taken, needsRestart } = await reload(`
[profit]
min_net_native = "0.005"
max_cycles_per_plan = 6
[fees]
max_tx_fee_native = "0.5"
tip_gwei = "40"
[log]
level = "debug"`);
    expect(taken.toSorted()).toEqual([
      "fees.max_tx_fee_native",
      "log.level",
      "profit.max_cycles_per_plan",
      "profit.min_net_native",
    ]);
    expect(needsRestart).toEqual(["fees.tip_gwei"]);
    expect(held()).toEqual({ minNet: POL / 200n, txFeeCap: POL / 2n, maxCyclesPerPlan: 6 });
    expect(levels).toEqual(["debug"]);
  });

  test("a key needs a restart as long as the daemon runs with another value, wherever it is written", async () => {
    const { reload } = started('[signer]\nkey = "env:KEY"\n');
    const none = { taken: [], needsRestart: [] };
    const waiting = { taken: [], needsRestart: ["market.max_hops", "signer.key"] };
    expect(await reload("[market]\nmax_hops = 3\n")).toEqual(waiting);
    expect(await reload("[market]\nmax_hops = 3\n")).toEqual(waiting);
    expect(await reload('[signer]\nkey = "env:KEY"\n')).toEqual(none);
  });

  test("a higher fee cap than at the start needs a restart: the signer would not sign what it lets through", async () => {
    const { reload, told, held } = started();
    const raised = '[fees]\nmax_tx_fee_native = "5"\n';
    expect(await reload(raised)).toEqual({ taken: [], needsRestart: ["fees.max_tx_fee_native"] });
    expect(told).toEqual([]);
    const taken = { taken: ["fees.max_tx_fee_native"], needsRestart: [] };
    expect(await reload('[fees]\nmax_tx_fee_native = "0.2"\n')).toEqual(taken);
    expect(held()).toEqual({ ...DEFAULTS, txFeeCap: POL / 5n });
    expect(await reload(raised)).toEqual({ taken: [], needsRestart: ["fees.max_tx_fee_native"] });
    expect(held()).toEqual({ ...DEFAULTS, txFeeCap: POL / 5n });
    expect(await reload('[fees]\nmax_tx_fee_native = "0.9"\n')).toEqual(taken);
    expect(held()).toEqual({ ...DEFAULTS, txFeeCap: (POL * 9n) / 10n });
  });
});

describe("lowered limits", () => {
  const lowered = { minNet: POL, txFeeCap: POL / 10n, maxCyclesPerPlan: 2 };

  test("hold until the next start, whatever is read again", async () => {
    const { owner, reload, held, levels } = started();
    owner.lower({ min_net_native: "1", max_tx_fee_native: "0.1" });
    owner.lower({ max_cycles_per_plan: 2 });
    expect([held(), owner.limits()]).toEqual([lowered, lowered]);
    const { taken, needsRestart } = await reload('[log]\nlevel = "debug"\n');
    expect([held(), taken, levels]).toEqual([lowered, ["log.level"], ["debug"]]);
    // What stands in the file does not hold.
    expect(needsRestart.toSorted()).toEqual([
      "fees.max_tx_fee_native",
      "profit.max_cycles_per_plan",
      "profit.min_net_native",
    ]);
    expect((await reload('[profit]\nmin_net_native = "0.02"\n')).needsRestart).toContain(
      "profit.min_net_native",
    );
    expect(held()).toEqual(lowered);
  });

  test("the file may be stricter than they are, and loosen no further, each limit for itself", async () => {
    const { owner, reload, held } = started();
    owner.lower({ min_net_native: "1" });
    const stricter = await reload('[profit]\nmin_net_native = "3"\nmax_cycles_per_plan = 7\n');
    expect(stricter).toEqual({
      taken: ["profit.min_net_native", "profit.max_cycles_per_plan"],
      needsRestart: [],
    });
    expect(held()).toEqual({ ...DEFAULTS, minNet: 3n * POL, maxCyclesPerPlan: 7 });
    expect(await reload("")).toEqual({
      taken: ["profit.max_cycles_per_plan"],
      needsRestart: ["profit.min_net_native"],
    });
    expect(held()).toEqual({ ...DEFAULTS, minNet: 3n * POL });
    expect(await reload('[profit]\nmin_net_native = "1"\n')).toEqual({
      taken: ["profit.min_net_native"],
      needsRestart: [],
    });
  });

  test.each([
    { min_net_native: "0.009" },
    { max_tx_fee_native: "1.1" },
    { max_cycles_per_plan: 5 },
    { min_net_native: "2", max_cycles_per_plan: 5 },
  ])("a looser one is refused, and nothing changes: %j", async (asked) => {
    const { owner, told, reload } = started();
    let error: unknown;
    try {
      owner.lower(asked);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PlainError);
    expect(error).toMatchObject({ exitCode: EXIT.usage });
    expect(await reload("")).toEqual({ taken: [], needsRestart: [] });
    expect(told).toEqual([]);
  });
});
