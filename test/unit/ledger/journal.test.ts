import { statSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import type { SignedRecord } from "../../../src/execution/journal.ts";
import { openReadable, openWritable } from "../../../src/ledger/database.ts";
import { beginRun, createJournal, openJournal, type Journal } from "../../../src/ledger/journal.ts";
import { openLedger } from "../../../src/ledger/ledger.ts";
import { EXIT, PlainError, RetryableError } from "../../../src/lib/errors.ts";
import { ledgerPath } from "../../support/ledgerFile.ts";
import {
  fate,
  hash,
  intent,
  run,
  signed,
  submission,
  TIME,
  USDC,
  WETH,
} from "../../support/ledgerRecords.ts";

const failureOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

function seeBlock({ runId }: Journal, path: string): void {
  const db = new Database(path);
  db.exec(`INSERT INTO blocks VALUES (${runId}, '0x1', 1, '0x0', 1, '1', 1, NULL, 0, 0, NULL)`);
  db.close();
}

test("an intent comes back whole until it has its final fate", () => {
  const path = ledgerPath();
  const first = openJournal(path, run);
  const wanted = intent("i1", {
    trigger: { type: "pending", hash: hash(5) },
    opportunityIds: ["b", "a"],
    predicted: [
      { base: WETH, profit: 2n ** 255n },
      { base: USDC, profit: 1n },
    ],
    net: -1n,
  });
  first.open(wanted);
  expect(first.openIntents()).toEqual([{ intent: wanted, signed: null, submitted: false }]);
  first.signed(signed("i1", 1));
  first.submitted(submission("i1", { result: "timeout" }));
  first.dispose();

  const second = openJournal(path, run);
  expect(second.openIntents()).toEqual([{ intent: wanted, signed: signed("i1", 1), submitted: true }]);
  second.close(fate("i1", { fate: "unknown", block: null, profits: [] }));
  expect(second.openIntents()).toHaveLength(1);
  second.close(fate("i1"));
  expect(second.openIntents()).toEqual([]);
  second.dispose();
});

test("a ledger of another chain is refused, untouched; those who read alone may", () => {
  const path = ledgerPath();
  const first = openWritable(path, "full");
  // Ends like a process that is killed: its intent is not filed.
  createJournal(first, beginRun(first, run)).signed(signed("i1", 7), intent("i1"));
  first.close();
  const ethereum = { ...run, chainId: 1, nativeSymbol: "ETH" };
  const ledger = { path, run: ethereum, onHalt: () => undefined, onResume: () => undefined };
  for (const open of [() => openJournal(path, ethereum), () => openLedger(ledger)]) {
    const error = failureOf(open);
    expect(error).toBeInstanceOf(PlainError);
    expect(error).toMatchObject({
      exitCode: EXIT.config,
      message: `${path} is the ledger of chain 137, the configuration says 1: give each chain its own ledger.path`,
    });
  }
  const db = openReadable(path);
  expect(db.prepare("SELECT chain_id FROM runs").pluck().all()).toEqual([137]);
  db.close();
  const again = openJournal(path, run);
  expect(again.openIntents()).toHaveLength(1);
  again.dispose();
});

test("a run on another chain makes the ledger its own by what it has seen or decided", () => {
  const opened = [() => undefined, seeBlock, (journal: Journal) => journal.open(intent("i1"))].map((live) => {
    const path = ledgerPath();
    const journal = openJournal(path, { ...run, chainId: 1 });
    live(journal, path);
    journal.dispose();
    return failureOf(() => openJournal(path, run).dispose());
  });
  const refused = expect.objectContaining({ exitCode: EXIT.config });
  expect(opened).toEqual([undefined, refused, refused]);
});

test("an intent and its signature in one write: both, or nothing", () => {
  const journal = openJournal(ledgerPath(), run);
  journal.signed(signed("i1", 1), intent("i1"));
  expect(journal.openIntents()).toEqual([
    { intent: intent("i1"), signed: signed("i1", 1), submitted: false },
  ]);
  // The intent stands there already; the other's signature does.
  expect(failureOf(() => journal.signed(signed("i1", 2), intent("i1")))).toBeInstanceOf(Error);
  expect(failureOf(() => journal.signed(signed("i1", 1), intent("i2")))).toBeInstanceOf(Error);
  expect(journal.openIntents().map(({ intent: { id } }) => id)).toEqual(["i1"]);
  journal.dispose();
});

test.each<{ readonly what: string; readonly changes: Partial<SignedRecord> }>([
  { what: "that its transaction holds", changes: { rawTransaction: "0x02f8abcdef99" } },
  { what: "of its own", changes: {} },
])(
  "an intent with calldata $what, left unfiled by a crash, is filed at the next start, under its own run",
  ({ changes }) => {
    const path = ledgerPath();
    const wanted = intent("i1", {
      trigger: { type: "pending", hash: hash(5) },
      predicted: [{ base: WETH, profit: 2n ** 255n }],
      net: -1n,
    });
    const { runId } = openJournal(path, run);
    // Ends like a process that is killed: nothing is filed and nothing closed.
    const first = openWritable(path, "full");
    createJournal(first, runId).signed(signed("i1", 1, changes), wanted);
    expect(first.prepare("SELECT count(*) FROM unfiled_intents").pluck().get()).toBe(1);
    first.close();

    const second = openJournal(path, run);
    expect(second.openIntents()).toEqual([
      { intent: wanted, signed: signed("i1", 1, changes), submitted: false },
    ]);
    second.dispose();
    const db = new Database(path);
    expect(db.prepare("SELECT run_id FROM intents").pluck().all()).toEqual([runId]);
    expect(db.prepare("SELECT count(*) FROM unfiled_intents").pluck().get()).toBe(0);
    expect(() =>
      db.exec("INSERT INTO unfiled_intents VALUES (1, 1, ''); UPDATE unfiled_intents SET id = 2"),
    ).toThrow("unfiled_intents is never changed");
    db.close();
  },
);

test("any write files what was written in haste, and a reader finds it in its tables", () => {
  const path = ledgerPath();
  const journal = openJournal(path, run);
  const db = new Database(path, { readonly: true });
  const filed = (): unknown => db.prepare("SELECT id FROM intents ORDER BY rowid").pluck().all();
  journal.signed(signed("i1", 1), intent("i1"));
  expect(filed()).toEqual([]);
  journal.signed(signed("i2", 2), intent("i2"));
  expect(filed()).toEqual(["i1"]);
  journal.file();
  expect(filed()).toEqual(["i1", "i2"]);
  journal.signed(signed("i3", 3), intent("i3"));
  journal.submitted(submission("i3"));
  expect(filed()).toEqual(["i1", "i2", "i3"]);
  journal.signed(signed("i4", 4), intent("i4"));
  journal.dispose();
  expect(filed()).toEqual(["i1", "i2", "i3", "i4"]);
  db.close();
});

const behind = (n: number) => ({ trigger: { type: "pending", hash: hash(n) } }) as const;

test("the triggers of the last tails, whatever became of them, but that they never went out", () => {
  const path = ledgerPath();
  const first = openJournal(path, run);
  expect(first.tailTriggers(9)).toEqual([]);
  const sign = (n: number, changes: Partial<SignedRecord> = {}) =>
    first.signed(signed(`i${n}`, n, changes), intent(`i${n}`, behind(n)));
  sign(1);
  first.close(fate("i1"));
  first.signed(signed("i2", 2), intent("i2"));
  sign(3, { atomicOnly: true });
  sign(4);
  first.close(fate("i4", { fate: "rejected", block: null, profits: [] }));
  first.open(intent("i5", behind(5)));
  sign(6);
  first.close(fate("i6", { fate: "missed", block: null, profits: [] }));
  sign(7);
  expect(first.tailTriggers(9)).toEqual([hash(1), hash(6), hash(7)]);
  first.dispose();
  const second = openJournal(path, run);
  expect(second.tailTriggers(9)).toEqual([hash(1), hash(6), hash(7)]);
  expect(second.tailTriggers(6)).toEqual([hash(1), hash(6), hash(7)]);
  expect(second.tailTriggers(5)).toEqual([hash(6), hash(7)]);
  second.dispose();
});

test("an intent ends in exactly one fate", () => {
  const journal = openJournal(ledgerPath(), run);
  journal.open(intent("i1"));
  journal.close(fate("i1", { fate: "unknown", block: null, profits: [] }));
  journal.close(fate("i1", { fate: "unknown", block: null, profits: [] }));
  journal.close(fate("i1", { fate: "missed", block: null, profits: [] }));
  for (const again of ["missed", "included", "unknown"] as const) {
    expect(() => journal.close(fate("i1", { fate: again }))).toThrow(
      "journal of intent i1: the intent already has its final fate",
    );
  }
  journal.dispose();
});

test("what has no intent, or is there already, is refused", () => {
  const journal = openJournal(ledgerPath(), run);
  expect(() => journal.signed(signed("i1", 1))).toThrow("FOREIGN KEY");
  expect(() => journal.submitted(submission("i1"))).toThrow("FOREIGN KEY");
  expect(() => journal.close(fate("i1"))).toThrow("FOREIGN KEY");
  journal.open(intent("i1"));
  expect(() => journal.open(intent("i1"))).toThrow("UNIQUE");
  journal.signed(signed("i1", 1));
  expect(() => journal.signed(signed("i1", 2))).toThrow("UNIQUE");
  journal.dispose();
});

test("a write that fails halfway leaves nothing", () => {
  const path = ledgerPath();
  const journal = openJournal(path, run);
  const twice = { base: USDC, profit: 1n };
  expect(() => journal.open(intent("i1", { predicted: [twice, twice] }))).toThrow("UNIQUE");
  expect(journal.openIntents()).toEqual([]);
  journal.open(intent("i1"));
  const realised = { base: USDC, predicted: 1n, realised: 1n };
  expect(() => journal.close(fate("i1", { profits: [realised, realised] }))).toThrow("UNIQUE");
  expect(journal.openIntents()).toHaveLength(1);
  journal.dispose();
});

test("journaled rows are never changed or deleted", () => {
  const path = ledgerPath();
  const journal = openJournal(path, run);
  journal.open(intent("i1"));
  journal.signed(signed("i1", 1));
  journal.submitted(submission("i1"));
  journal.close(fate("i1"));
  journal.halt({ action: "halt", reason: "test", time: TIME });
  journal.dispose();
  const db = new Database(path);
  db.pragma("foreign_keys = OFF");
  for (const table of ["halts", "intents", "intent_opportunities", "intent_profits", "fate_profits"]) {
    expect(() => db.exec(`DELETE FROM ${table}`)).toThrow(`${table} is append-only`);
  }
  for (const table of ["signed_transactions", "submissions", "fates"]) {
    expect(() => db.exec(`UPDATE ${table} SET intent_id = 'x'`)).toThrow(`${table} is append-only`);
  }
  db.close();
});

test("the latest halt holds across runs until it is resumed", () => {
  const path = ledgerPath();
  const first = openJournal(path, run);
  expect(first.currentHalt()).toBeNull();
  first.halt({ action: "halt", reason: "gas spike", time: TIME });
  first.dispose();
  const second = openJournal(path, run);
  expect(second.currentHalt()).toEqual({ action: "halt", reason: "gas spike", time: TIME });
  second.halt({ action: "resume", reason: "gas is back", time: TIME + 1 });
  expect(second.currentHalt()).toBeNull();
  second.dispose();
});

test("a full disk throws with exit code 74, leaves nothing half-written, and passes", () => {
  const db = openWritable(ledgerPath(), "full");
  const journal = createJournal(db, beginRun(db, run));
  const pages = Number(db.pragma("page_count", { simple: true }));
  db.pragma(`max_page_count = ${pages}`);
  const calldata = `0x${"ab".repeat(40_000)}` as const;
  const error = failureOf(() => journal.open(intent("i1", { calldata })));
  expect(error).toBeInstanceOf(PlainError);
  expect(error).toMatchObject({ exitCode: EXIT.journal, message: expect.stringContaining("SQLITE_FULL") });
  expect(journal.openIntents()).toEqual([]);
  db.pragma("max_page_count = 100000");
  journal.open(intent("i1", { calldata }));
  expect(journal.openIntents()).toHaveLength(1);
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  journal.dispose();
});

test("a read-only database throws with exit code 74", () => {
  const db = openWritable(ledgerPath(), "full");
  const journal = createJournal(db, beginRun(db, run));
  db.pragma("query_only = ON");
  const error = failureOf(() => journal.open(intent("i1")));
  expect(error).toBeInstanceOf(PlainError);
  expect(error).toMatchObject({
    exitCode: EXIT.journal,
    message: expect.stringContaining("SQLITE_READONLY"),
  });
  expect(journal.openIntents()).toEqual([]);
  journal.dispose();
});

test("a foreign exclusive lock is operational: it may pass, and nothing is written under it", () => {
  const path = ledgerPath();
  const journal = openJournal(path, run);
  const other = new Database(path);
  other.exec("BEGIN IMMEDIATE");
  const error = failureOf(() => journal.open(intent("i1")));
  expect(error).toBeInstanceOf(RetryableError);
  expect(error).toMatchObject({ code: "ledger_busy" });
  other.exec("COMMIT");
  expect(journal.openIntents()).toEqual([]);
  journal.open(intent("i1"));
  expect(journal.openIntents()).toHaveLength(1);
  other.close();
  journal.dispose();
});

test("the file is ours alone, its write-ahead log too, and a commit is on the disk", () => {
  const path = ledgerPath();
  const db = openWritable(path, "full");
  beginRun(db, run);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
  expect(db.pragma("synchronous", { simple: true })).toBe(2);
  expect(db.pragma("foreign_keys", { simple: true })).toBe(1);
  db.close();
});
