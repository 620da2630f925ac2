import Sqlite from "better-sqlite3";

export type Row = Readonly<Record<string, unknown>>;

/** Rows of the daemon's ledger, read by a connection of its own. */
export function rows(path: string, sql: string, ...values: readonly (string | number)[]): readonly Row[] {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db
      .prepare(sql)
      .all(...values)
      .map((row): Row => ({ ...Object(row) }));
  } finally {
    db.close();
  }
}

/** The one value that the statement gives. */
export const value = (path: string, sql: string): unknown => Object.values(rows(path, sql)[0] ?? {})[0];

export const isSound = (path: string): boolean => value(path, "PRAGMA integrity_check") === "ok";

/** Each intent with how many final fates it has, and the last fate told. */
export const fates = (path: string): readonly Row[] =>
  rows(
    path,
    `SELECT i.id, i.run_id AS run, s.nonce, s.transaction_hash AS hash,
       (SELECT count(*) FROM fates f WHERE f.intent_id = i.id AND f.fate <> 'unknown') AS finals,
       (SELECT fate FROM fates f WHERE f.intent_id = i.id ORDER BY f.id DESC LIMIT 1) AS fate
     FROM intents i LEFT JOIN signed_transactions s ON s.intent_id = i.id ORDER BY i.rowid`,
  );
