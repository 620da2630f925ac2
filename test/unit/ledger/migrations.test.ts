import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openReadable, openWritable } from "../../../src/ledger/database.ts";
import { APPLICATION_ID, ledgerVersion, migrate, MIGRATIONS } from "../../../src/ledger/migrations.ts";
import { ledgerPath } from "../../support/ledgerFile.ts";

const refusal = (message: string): object => ({ exitCode: 65, message: expect.stringContaining(message) });
const failureOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

const STEPS = [
  "CREATE TABLE a (x TEXT NOT NULL) STRICT",
  "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT 'new'",
  "CREATE TABLE b (z TEXT) STRICT; INSERT INTO b SELECT x || y FROM a",
];

test.each([1, 2, 3])("a ledger of version %i keeps its data on the way to the newest", (from) => {
  const db = new Database(ledgerPath());
  migrate(db, STEPS.slice(0, from));
  db.exec("INSERT INTO a (x) VALUES ('kept')");
  migrate(db, [...STEPS, "CREATE TABLE c (w TEXT) STRICT"]);
  expect(ledgerVersion(db, [...STEPS, ""])).toBe(4);
  expect(db.prepare("SELECT x, y FROM a").all()).toEqual([{ x: "kept", y: "new" }]);
  db.close();
});

test("a migration that fails changes nothing", () => {
  const db = new Database(ledgerPath());
  migrate(db, STEPS.slice(0, 1));
  expect(() => migrate(db, [...STEPS, "CREATE nonsense"])).toThrow("syntax error");
  expect(ledgerVersion(db, STEPS)).toBe(1);
  expect(db.prepare("SELECT count(*) FROM pragma_table_info('a')").pluck().get()).toBe(1);
  db.close();
});

test("opening twice migrates once", () => {
  const path = ledgerPath();
  openWritable(path, "full").close();
  const db = openWritable(path, "normal");
  expect(db.pragma("user_version", { simple: true })).toBe(MIGRATIONS.length);
  expect(db.pragma("application_id", { simple: true })).toBe(APPLICATION_ID);
  db.close();
});

test("a newer ledger is refused with 65, and left as it is", () => {
  const path = ledgerPath();
  const db = openWritable(path, "full");
  db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
  db.close();
  for (const open of [() => openWritable(path, "full"), () => openReadable(path)]) {
    expect(failureOf(open)).toMatchObject(refusal(`this turbo-mev knows up to ${MIGRATIONS.length}`));
  }
  const again = new Database(path);
  expect(again.pragma("user_version", { simple: true })).toBe(MIGRATIONS.length + 1);
  again.close();
});

test("another program's database, and a file that is none, are refused with 65 and left as they are", () => {
  const path = ledgerPath();
  const foreign = new Database(path);
  foreign.exec("CREATE TABLE notes (text TEXT)");
  foreign.close();
  const before = readFileSync(path);
  expect(failureOf(() => openWritable(path, "full"))).toMatchObject(refusal("another program"));
  expect(readFileSync(path).equals(before)).toBe(true);

  const text = ledgerPath();
  writeFileSync(text, "not a database, but long enough to have a header\n".repeat(100));
  expect(failureOf(() => openWritable(text, "full"))).toMatchObject(refusal("not a SQLite database"));
});

test("a ledger that cannot be created ends with 74, one that cannot be read with 65", () => {
  const path = join(ledgerPath(), "missing", "ledger.db");
  expect(failureOf(() => openWritable(path, "full"))).toMatchObject({ exitCode: 74 });
  expect(failureOf(() => openReadable(path))).toMatchObject(refusal("no ledger there"));
});

test("a reader cannot write", () => {
  const path = ledgerPath();
  openWritable(path, "full").close();
  const db = openReadable(path);
  expect(() => db.exec("DELETE FROM runs")).toThrow("readonly database");
  expect(() => db.exec("CREATE TABLE x (y)")).toThrow("readonly database");
  db.close();
});
