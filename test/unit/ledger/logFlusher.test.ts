import { closeSync, fstatSync, openSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { openWritable } from "../../../src/ledger/database.ts";
import { beginRun, createJournal, openJournal } from "../../../src/ledger/journal.ts";
import { openLogFlusher, type Flush } from "../../../src/ledger/logFlusher.ts";
import { ledgerPath } from "../../support/ledgerFile.ts";
import { fate, intent, run, signed, submission } from "../../support/ledgerRecords.ts";
import { PATIENT } from "../../support/patience.ts";

function written() {
  const path = ledgerPath();
  const db = openWritable(path, "full");
  return { path, db, runId: beginRun(db, run) };
}

/** How often this process has the file open. */
const opened = (path: string): number =>
  readdirSync("/proc/self/fd").filter((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`) === path;
    } catch {
      // The folder's own, which is closed by now.
      return false;
    }
  }).length;

/** Flushes that end when the test says so. */
function held() {
  const ends: (() => void)[] = [];
  let begun = 0;
  const flush: Flush = (_file, done) => {
    begun++;
    ends.push(done);
  };
  return { flush, begun: () => begun, end: () => ends.shift()?.() };
}

test("one flush at a time: what is written meanwhile waits for one more, however much it is", () => {
  const { path, db } = written();
  const { flush, begun, end } = held();
  const log = openLogFlusher(path, flush);
  expect(begun()).toBe(0);
  log.later();
  expect(begun()).toBe(1);
  for (let i = 0; i < 5; i++) log.later();
  expect(begun()).toBe(1);
  end();
  expect(begun()).toBe(2);
  end();
  expect(begun()).toBe(2);
  log.later();
  expect(begun()).toBe(3);
  end();
  log.close();
  db.close();
});

test("the log is closed behind the flush under way", () => {
  const { path, db } = written();
  const before = opened(`${path}-wal`);
  const { flush, end } = held();
  const log = openLogFlusher(path, flush);
  log.later();
  log.close();
  expect(opened(`${path}-wal`)).toBe(before + 1);
  end();
  expect(opened(`${path}-wal`)).toBe(before);
  db.close();
});

test("the disk's own flush ends, and the log is closed", async () => {
  const { path, db } = written();
  const before = opened(`${path}-wal`);
  const log = openLogFlusher(path);
  log.later();
  log.close();
  await vi.waitFor(() => expect(opened(`${path}-wal`)).toBe(before), PATIENT);
  db.close();
});

test("closed twice it closes nothing of others, and asked to flush later it does nothing", () => {
  const { path, db } = written();
  const { flush, begun } = held();
  const log = openLogFlusher(path, flush);
  log.close();
  // Takes the number that has become free.
  const other = openSync(path, "r");
  log.close();
  log.later();
  expect(fstatSync(other).isFile()).toBe(true);
  expect(begun()).toBe(0);
  closeSync(other);
  db.close();
});

test("a ledger that is reached over a link has its log beside the file itself", () => {
  const { path, db } = written();
  const link = join(dirname(path), "link.sqlite");
  symlinkSync(path, link);
  const before = opened(`${path}-wal`);
  const log = openLogFlusher(link);
  expect(opened(`${path}-wal`)).toBe(before + 1);
  log.close();
  db.close();
  openJournal(link, run).dispose();
});

test("what must precede a send is on the disk when the call returns, what comes behind is not waited for", () => {
  const { db, runId } = written();
  const journal = createJournal(db, runId);
  db.exec("CREATE TEMP TABLE levels (of TEXT, level INTEGER)");
  for (const table of [
    "intents",
    "unfiled_intents",
    "signed_transactions",
    "submissions",
    "fates",
    "halts",
  ]) {
    db.exec(`CREATE TEMP TRIGGER ${table}_level AFTER INSERT ON main.${table} BEGIN
      INSERT INTO levels SELECT '${table}', synchronous FROM pragma_synchronous;
    END`);
  }
  const levels = (): unknown => {
    const rows = db.prepare("SELECT of, level FROM levels ORDER BY rowid").raw().all();
    db.exec("DELETE FROM levels");
    return rows;
  };
  const [normal, full] = [1, 2];
  journal.open(intent("i1"));
  journal.signed(signed("i1", 1));
  expect(levels()).toEqual([
    ["intents", full],
    ["signed_transactions", full],
  ]);
  journal.signed(signed("i2", 2), intent("i2"));
  expect(levels()).toEqual([["unfiled_intents", full]]);
  journal.submitted(submission("i2"));
  journal.close(fate("i2"));
  expect(levels()).toEqual([
    ["intents", normal],
    ["signed_transactions", normal],
    ["submissions", normal],
    ["fates", normal],
  ]);
  journal.halt({ action: "halt", reason: "gas spike", time: 1 });
  expect(levels()).toEqual([["halts", full]]);
  journal.dispose();
});
