import { expect, test } from "vitest";
import type { HintDecision } from "../../../src/engine/decisions.ts";
import type { HintedRoute } from "../../../src/engine/events.ts";
import { openWritable } from "../../../src/ledger/database.ts";
import { openReader } from "../../../src/ledger/reader.ts";
import { createRecordWriter } from "../../../src/ledger/recordWriter.ts";
import type { HintChange, LedgerRecord } from "../../../src/ledger/records.ts";
import { address, hash, TIME } from "../../support/ledgerRecords.ts";
import { query, writeScene } from "../../support/ledgerScene.ts";

const route = (id: string, changes: Partial<HintedRoute> = {}): HintedRoute => ({
  id,
  source: "brain",
  hops: [
    { pool: address(11), zeroForOne: true },
    { pool: address(12), zeroForOne: false },
  ],
  scoreFloat: 0.5,
  budgetFloat: 1,
  ...changes,
});

const pushed = (hint: HintedRoute, time: number): HintChange => ({ type: "pushed", route: hint, time });

const result = (id: string, changes: Partial<HintDecision> = {}): HintDecision => ({
  type: "hint",
  use: "keep",
  id,
  source: "brain",
  state: "scanned",
  code: "no_profit",
  net: null,
  base: null,
  profit: null,
  amountIn: null,
  opportunityId: null,
  block: { number: 100, hash: hash(100) },
  ...changes,
});

/** The scene of two days (see `writeScene`) with these records of its first run. */
function sceneWith(...records: readonly LedgerRecord[]): string {
  const path = writeScene();
  const db = openWritable(path, "normal");
  createRecordWriter(db, 1)(records);
  db.close();
  return path;
}

const changes = (...list: readonly HintChange[]): LedgerRecord => ({
  type: "hints",
  time: TIME,
  changes: list,
  asked: [],
});

test("a hint lives from its push until it is withdrawn or replaced; pushed again as it is, it lives on", () => {
  const path = sceneWith(
    changes(
      pushed(route("h1"), 1),
      pushed(route("h1", { scoreFloat: 0.9 }), 2),
      pushed(route("h1", { source: "other" }), 3),
      { type: "withdrawn", id: "h1", time: 4 },
      { type: "withdrawn", id: "h1", time: 5 },
      pushed(route("h1"), 6),
    ),
  );
  const rows = query(path, "SELECT source, score_f, pushed_at, ended_at, ending FROM hints ORDER BY seq");
  expect(rows).toEqual([
    { source: "brain", score_f: 0.9, pushed_at: 1, ended_at: 3, ending: "replaced" },
    { source: "other", score_f: 0.5, pushed_at: 3, ended_at: 4, ending: "withdrawn" },
    { source: "brain", score_f: 0.5, pushed_at: 6, ended_at: null, ending: null },
  ]);
  expect(query(path, "SELECT DISTINCT route FROM hints")).toEqual([
    { route: `${address(11)}:0 ${address(12)}:1` },
  ]);
});

test("v_hint_value has one row a source: from push to profit", () => {
  const path = sceneWith(
    changes(pushed(route("h1"), 1), pushed(route("h2"), 1), pushed(route("h3"), 1), pushed(route("h4"), 1)),
    { type: "hints", time: TIME, changes: [], asked: [{ source: "brain", routes: 6, profitable: 1 }] },
    { type: "hints", time: TIME, changes: [], asked: [{ source: "idle", routes: 3, profitable: 0 }] },
    {
      type: "hint_results",
      time: TIME,
      results: [
        result("h1", { state: "profitable", code: "submitted", net: 2n, opportunityId: "o1" }),
        result("h1"),
        // Half of the worth of i2 in one base, all of it but a unit came.
        result("h2", { state: "profitable", code: "submitted", net: 2n, opportunityId: "o2a" }),
        result("h3", { state: "profitable", code: "submitted", net: 2n, opportunityId: "o4" }),
        result("h4"),
        // A second hint for the same cycle counts no trade twice.
        result("h5", { state: "profitable", code: "submitted", net: 2n, opportunityId: "o1" }),
        result("q1", {
          source: "asker",
          use: "ask",
          state: "profitable",
          code: "submitted",
          net: 2n,
          opportunityId: "o3",
        }),
      ],
    },
    { type: "hints", time: TIME, changes: [], asked: [{ source: "asker", routes: 1, profitable: 1 }] },
  );
  const rows = query(
    path,
    "SELECT source, pushed, profitable, hit_rate_f, submitted, landed, round(profit_f, 9) AS profit_f FROM v_hint_value ORDER BY source",
  );
  expect(rows).toEqual([
    // Reverted: it cost gas.
    { source: "asker", pushed: 1, profitable: 1, hit_rate_f: 1, submitted: 1, landed: 0, profit_f: -0.01 },
    // i1 whole, three eighths of i2, i4 missed.
    {
      source: "brain",
      pushed: 10,
      profitable: 5,
      hit_rate_f: 0.5,
      submitted: 3,
      landed: 2,
      profit_f: 2.99 + (7.99 * 3) / 8,
    },
    { source: "idle", pushed: 3, profitable: 0, hit_rate_f: 0, submitted: 0, landed: 0, profit_f: 0 },
  ]);
});

const trial = (number: number, used: boolean, net: bigint): LedgerRecord => ({
  type: "hint_trial",
  time: TIME,
  trial: { type: "hint_trial", block: { number, hash: hash(number) }, used, hints: number, net },
});

test("an opportunity tells which hints named its cycle", () => {
  const named = result("h1", { state: "profitable", code: "submitted", net: 2n, opportunityId: "o1" });
  const reader = openReader(sceneWith({ type: "hint_results", time: TIME, results: [named] }));
  expect(["o1", "o3"].map((id) => reader.why(id)[0]?.hints)).toEqual([[{ id: "h1", source: "brain" }], []]);
  reader.close();
});

test("v_hint_ab sets blocks with hints beside those without; undone ones do not count", () => {
  const header = { parentHash: hash(102), timestamp: 1, baseFeePerGas: 1n, gasLimit: 1n, gasUsed: 0n };
  const path = sceneWith(
    trial(100, true, 3n * 10n ** 18n),
    trial(101, true, 0n),
    trial(102, false, 10n ** 18n),
    // A block that comes back is not counted twice.
    trial(102, false, 10n ** 18n),
    {
      type: "block",
      time: TIME,
      block: { number: 103, hash: hash(103), ...header },
      logs: 0,
      taintedPools: 0,
      decisionMicros: 5,
    },
    { type: "reverted", time: TIME, block: { number: 103, hash: hash(103) } },
    trial(103, false, 10n ** 20n),
  );
  expect(query(path, "SELECT * FROM v_hint_ab ORDER BY hints")).toEqual([
    { hints: "with", blocks: 2, plans: 1, net_f: 3, net_per_block_f: 1.5, live_f: 100.5 },
    { hints: "without", blocks: 1, plans: 1, net_f: 1, net_per_block_f: 1, live_f: 102 },
  ]);
});

test("what came of hints is kept with its block, also where there is none", () => {
  const path = sceneWith({
    type: "hint_results",
    time: TIME,
    results: [
      result("h1", { code: "unknown_pool", block: null }),
      result("h2", { net: -5n, code: "gas_over_profit" }),
    ],
  });
  expect(
    query(path, "SELECT run_id, hint_id, state, code, net, block_number FROM hint_results ORDER BY seq"),
  ).toEqual([
    { run_id: 1, hint_id: "h1", state: "scanned", code: "unknown_pool", net: null, block_number: null },
    { run_id: 1, hint_id: "h2", state: "scanned", code: "gas_over_profit", net: "-5", block_number: 100 },
  ]);
});
