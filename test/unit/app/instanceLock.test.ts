import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockInstance } from "../../../src/app/instanceLock.ts";
import { EXIT, PlainError } from "../../../src/lib/errors.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "turbo-mev-lock-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function refusalOf(path: string): PlainError {
  try {
    lockInstance(path).release();
  } catch (error) {
    if (error instanceof PlainError) return error;
    throw error;
  }
  throw new Error("the lock was given");
}

test("one holder a ledger; the next one hears who it is, and gets the lock after the release", () => {
  const path = join(folder, "ledger.sqlite");
  const first = lockInstance(path);
  const refusal = refusalOf(path);
  expect(refusal.exitCode).toBe(EXIT.locked);
  expect(refusal.message).toBe(`another daemon (pid ${process.pid}) works on ${path}`);
  first.release();
  lockInstance(path).release();
});

test("two ledgers do not stand in each other's way", () => {
  const one = lockInstance(join(folder, "a.sqlite"));
  const other = lockInstance(join(folder, "b.sqlite"));
  expect(refusalOf(join(folder, "a.sqlite")).exitCode).toBe(EXIT.locked);
  one.release();
  other.release();
});

test("a refused start leaves the holder's pid as it is", () => {
  const path = join(folder, "ledger.sqlite");
  const first = lockInstance(path);
  expect(refusalOf(path).message).toBe(refusalOf(path).message);
  first.release();
});

test("the folder is made where it is missing", () => {
  const path = join(folder, "deep/run/ledger.sqlite");
  lockInstance(path).release();
  expect(existsSync(join(folder, "deep/run"))).toBe(true);
});

test("a place where nothing can be written is told as such, not as another daemon", () => {
  writeFileSync(join(folder, "file"), "");
  const refusal = refusalOf(join(folder, "file/ledger.sqlite"));
  expect(refusal.exitCode).toBe(EXIT.permission);
  expect(refusal.message).toContain("ledger.path: nothing can be written beside");
});

test("a lock file that is something else is told, not overwritten", () => {
  const path = join(folder, "ledger.sqlite");
  writeFileSync(
    `${path}.lock`,
    "these are my notes, and no database at all, however long they grow".repeat(99),
  );
  expect(refusalOf(path).exitCode).toBe(EXIT.permission);
});
