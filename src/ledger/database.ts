import { closeSync, existsSync, openSync } from "node:fs";
import SqliteDatabase, { SqliteError, type Database } from "better-sqlite3";
import { EXIT, PlainError, RetryableError } from "../lib/errors.ts";
import { ledgerVersion, migrate, MIGRATIONS } from "./migrations.ts";

/** How long a write waits for another writer; the journal stands between a decision and its signature. */
const BUSY_TIMEOUT_MILLIS = 250;

/**
 * What a failed SQLite call means to its caller. Busy: `RetryableError` (`ledger_busy`). A broken rule of the
 * schema: an error of ours, thrown as it is with its subject. All else (disk full, read-only, input/output):
 * `PlainError` 74, since without a journal nothing may be sent.
 */
export function ledgerError(error: unknown, subject: string): Error {
  if (error instanceof PlainError || error instanceof RetryableError) return error;
  if (!(error instanceof SqliteError)) return new Error(`${subject}: ${String(error)}`, { cause: error });
  if (error.code.startsWith("SQLITE_BUSY")) {
    return new RetryableError("ledger_busy", `${subject}: another process holds the ledger`, error);
  }
  if (error.code.startsWith("SQLITE_CONSTRAINT")) {
    return new Error(`${subject}: ${error.message}`, { cause: error });
  }
  if (error.code === "SQLITE_NOTADB") {
    return new PlainError(EXIT.badInput, `${subject}: not a SQLite database`, error);
  }
  return new PlainError(
    EXIT.journal,
    `${subject}: ${error.message} (${error.code}); check the disk's space and the file's rights`,
    error,
  );
}

/** Signed transactions stand in the ledger: nobody else may read it, from its first instant. */
const createPrivate = (path: string): void => closeSync(openSync(path, "a", 0o600));

/**
 * Opens the ledger for writing and migrates it. `full`: a commit is on the disk when it returns; `normal`: a
 * commit may be lost with the machine's power, never with the process.
 */
export function openWritable(path: string, synchronous: "full" | "normal"): Database {
  try {
    createPrivate(path);
    const db = new SqliteDatabase(path, { timeout: BUSY_TIMEOUT_MILLIS });
    try {
      migrateAs(db, synchronous);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    if (error instanceof Error && "syscall" in error) {
      throw new PlainError(EXIT.journal, `cannot open the ledger: ${error.message}`, error);
    }
    throw ledgerError(error, path);
  }
}

function migrateAs(db: Database, synchronous: "full" | "normal"): void {
  db.pragma("foreign_keys = ON");
  // Before the WAL mode is set: a foreign database is left as it is.
  ledgerVersion(db);
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${synchronous}`);
  migrate(db);
}

/** Opens the ledger for reading alone: `readonly` and `query_only`. Throws `PlainError` (65) when it cannot be read. */
export function openReadable(path: string): Database {
  if (!existsSync(path)) {
    throw new PlainError(EXIT.badInput, `${path}: no ledger there; name the file that the daemon writes`);
  }
  try {
    const db = new SqliteDatabase(path, { readonly: true, timeout: BUSY_TIMEOUT_MILLIS });
    try {
      db.pragma("query_only = ON");
      requireCurrent(db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    throw ledgerError(error, path);
  }
}

function requireCurrent(db: Database): void {
  const version = ledgerVersion(db);
  if (version < MIGRATIONS.length) {
    throw new PlainError(
      EXIT.badInput,
      `${db.name} has ledger version ${version}, older than ${MIGRATIONS.length}; start the daemon once to upgrade it`,
    );
  }
}
