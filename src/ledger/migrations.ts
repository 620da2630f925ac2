import type { Database } from "better-sqlite3";
import { EXIT, PlainError } from "../lib/errors.ts";
import { HINTS_V3 } from "./hints.ts";
import { PREDICTIONS_V2 } from "./predictions.ts";
import { SCHEMA_V1 } from "./schema.ts";
import { UNFILED_V4 } from "./unfiled.ts";
import { VIEWS_V1 } from "./views.ts";

/** "tmev": the mark in the file's header by which a ledger of ours is known. */
export const APPLICATION_ID = 0x746d6576;

/** `MIGRATIONS[n]` leads from `user_version` n to n + 1. A released entry never changes. */
export const MIGRATIONS: readonly string[] = [SCHEMA_V1 + VIEWS_V1, PREDICTIONS_V2, HINTS_V3, UNFILED_V4];

const pragma = (db: Database, name: string): number => Number(db.pragma(name, { simple: true }));

const isEmpty = (db: Database): boolean =>
  db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0;

/** The ledger's version. Throws `PlainError` (65) for a file that is not ours or that a newer release wrote. */
export function ledgerVersion(db: Database, migrations: readonly string[] = MIGRATIONS): number {
  const version = pragma(db, "user_version");
  if (pragma(db, "application_id") !== APPLICATION_ID && !(version === 0 && isEmpty(db))) {
    throw new PlainError(
      EXIT.badInput,
      `${db.name} is a database of another program; give the ledger a file of its own`,
    );
  }
  if (version > migrations.length) {
    throw new PlainError(
      EXIT.badInput,
      `${db.name} has ledger version ${version}, this turbo-mev knows up to ${migrations.length}; ` +
        "use the release that wrote it, or a newer one",
    );
  }
  return version;
}

/** Brings the ledger to the newest version: all steps, or none. */
export function migrate(db: Database, migrations: readonly string[] = MIGRATIONS): void {
  if (ledgerVersion(db, migrations) === migrations.length) return;
  db.transaction(() => {
    // Read again: another process may have migrated while we waited for the lock.
    const version = ledgerVersion(db, migrations);
    for (const step of migrations.slice(version)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}
