import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { EXIT, PlainError } from "../lib/errors.ts";

export interface InstanceLock {
  release(): void;
}

/**
 * One daemon a ledger: an exclusive SQLite transaction beside it, which the system lets go of with the process,
 * however it ends. Makes the folder where it is missing. Throws `PlainError`: 73 that names the holder, 77 when
 * nothing can be written there.
 */
export function lockInstance(ledgerPath: string): InstanceLock {
  const path = `${ledgerPath}.lock`;
  const db = openLock(path, ledgerPath);
  try {
    db.exec("BEGIN EXCLUSIVE");
    writeFileSync(`${path}.pid`, `${process.pid}\n`);
  } catch (cause) {
    db.close();
    if (!isBusy(cause)) throw unwritable(ledgerPath, cause);
    throw new PlainError(EXIT.locked, `another daemon (pid ${holder(path)}) works on ${ledgerPath}`, cause);
  }
  return {
    release: () => {
      db.close();
    },
  };
}

function openLock(path: string, ledgerPath: string): Database {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return new Sqlite(path, { timeout: 0 });
  } catch (cause) {
    throw unwritable(ledgerPath, cause);
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Sqlite.SqliteError && error.code.startsWith("SQLITE_BUSY");

const unwritable = (ledgerPath: string, cause: unknown): PlainError =>
  new PlainError(
    EXIT.permission,
    `ledger.path: nothing can be written beside ${ledgerPath}: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  );

function holder(path: string): string {
  try {
    return readFileSync(`${path}.pid`, "utf8").trim();
  } catch {
    return "unknown";
  }
}
