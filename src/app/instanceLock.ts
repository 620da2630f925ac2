import { readFileSync, writeFileSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { EXIT, PlainError } from "../lib/errors.ts";

export interface InstanceLock {
  release(): void;
}

/**
 * One daemon a ledger: an exclusive SQLite transaction beside it, which the system lets go of with the process,
 * however it ends. Throws `PlainError` (73) that names the holder.
 */
export function lockInstance(ledgerPath: string): InstanceLock {
  const path = `${ledgerPath}.lock`;
  const db = new Sqlite(path, { timeout: 0 });
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    db.close();
    throw new PlainError(EXIT.locked, `another daemon (pid ${holder(path)}) works on ${ledgerPath}`, cause);
  }
  writeFileSync(`${path}.pid`, `${process.pid}\n`);
  return {
    release: () => {
      db.close();
    },
  };
}

function holder(path: string): string {
  try {
    return readFileSync(`${path}.pid`, "utf8").trim();
  } catch {
    return "unknown";
  }
}
