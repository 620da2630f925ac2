import type { Database } from "better-sqlite3";
import type { BackrunRecord, PredictionRecord } from "./records.ts";

/** Version 2 of the ledger: pending transactions, what was predicted for them, and how fast we stood behind them. */
export const PREDICTIONS_V2 = `
CREATE TABLE predictions (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  transaction_hash TEXT NOT NULL,
  contract TEXT NOT NULL,
  function TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('exact', 'off', 'reverted', 'failed')),
  detail TEXT NOT NULL,
  confidence_f REAL NOT NULL,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  checked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX predictions_kind ON predictions (contract, function);
CREATE INDEX predictions_transaction ON predictions (transaction_hash);

CREATE TABLE backruns (
  intent_id TEXT PRIMARY KEY REFERENCES intents (id),
  run_id INTEGER NOT NULL REFERENCES runs (id),
  trigger_hash TEXT NOT NULL,
  -- From the trigger's frame to the bundle on its way to the channels; null for one that had waited since a block before.
  micros INTEGER,
  sent_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

/* One row a kind of transaction: how its predictions held when it was mined. */
CREATE VIEW v_calibration AS
SELECT contract, function, count(*) AS checked, sum(verdict = 'exact') AS exact, sum(verdict = 'off') AS off,
  sum(verdict = 'reverted') AS reverted, sum(verdict = 'failed') AS failed,
  (SELECT confidence_f FROM predictions l
   WHERE l.contract = p.contract AND l.function = p.function ORDER BY id DESC LIMIT 1) AS confidence_f
FROM predictions p GROUP BY contract, function;
`;

export function predictionWriter(db: Database, runId: number): (record: PredictionRecord) => void {
  const insert = db.prepare(
    `INSERT INTO predictions (run_id, transaction_hash, contract, function, verdict, detail, confidence_f,
       block_number, block_hash, checked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return ({ prediction, time }) => {
    const { transactionHash, contract, functionName, verdict, detail, confidenceFloat, block } = prediction;
    insert.run(
      runId,
      transactionHash,
      contract,
      functionName,
      verdict,
      detail,
      confidenceFloat,
      block.number,
      block.hash,
      time,
    );
  };
}

export function backrunWriter(db: Database, runId: number): (record: BackrunRecord) => void {
  const insert = db.prepare(
    `INSERT INTO backruns (intent_id, run_id, trigger_hash, micros, sent_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  return ({ intentId, triggerHash, micros, time }) => {
    insert.run(intentId, runId, triggerHash, micros === null ? null : Math.round(micros), time);
  };
}
