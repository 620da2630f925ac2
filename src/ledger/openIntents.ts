import type { Database } from "better-sqlite3";
import { z } from "zod";
import type { Hash } from "../chain/types.ts";
import type { IntentRecord, OpenIntent, SignedRecord } from "../execution/journal.ts";
import { amountColumn, hexColumn, triggerColumns } from "./rows.ts";

const intentRow = z.object({
  id: z.string(),
  parent_number: z.number(),
  parent_hash: hexColumn,
  target_block: z.number(),
  net: amountColumn,
  executor: hexColumn,
  calldata: hexColumn,
  opened_at: z.number(),
  submitted: z.number(),
});

const signedRow = z.object({
  intent_id: z.string(),
  transaction_hash: hexColumn,
  raw_transaction: hexColumn,
  nonce: z.number(),
  gas_limit: amountColumn,
  max_fee_per_gas: amountColumn,
  max_priority_fee_per_gas: amountColumn,
  bundle_id: hexColumn,
  merkle_root: hexColumn,
  merkle_proof: z.string().transform((text) => z.array(hexColumn).parse(JSON.parse(text))),
  last_block: z.number(),
  atomic_only: z.number(),
  signed_at: z.number(),
});

const profitRows = z.array(z.object({ base: hexColumn, profit: amountColumn }));

/** The intents without a final fate, oldest first, of every run. `submitted`: at least one attempt was made. */
export function readOpenIntents(db: Database): readonly OpenIntent[] {
  const rows = db
    .prepare(
      `SELECT i.*, EXISTS (SELECT 1 FROM submissions s WHERE s.intent_id = i.id) AS submitted
       FROM intents i
       WHERE NOT EXISTS (SELECT 1 FROM fates f WHERE f.intent_id = i.id AND f.fate <> 'unknown')
       ORDER BY i.rowid`,
    )
    .all();
  return rows.map((row) => {
    const { id, submitted } = intentRow.parse(row);
    return { intent: readIntent(db, row), signed: readSigned(db, id), submitted: submitted === 1 };
  });
}

/** As `IntentJournal.tailTriggers`. */
export const readTailTriggers = (db: Database, last: number): readonly Hash[] =>
  z.array(hexColumn).parse(
    db
      .prepare(
        `SELECT i.trigger_hash FROM signed_transactions s JOIN intents i ON i.id = s.intent_id
         WHERE s.rowid > (SELECT max(rowid) FROM signed_transactions) - ?
           AND s.atomic_only = 0 AND i.trigger_type = 'pending'
           AND NOT EXISTS (SELECT 1 FROM fates f WHERE f.intent_id = i.id AND f.fate = 'rejected')
         ORDER BY s.rowid`,
      )
      .pluck()
      .all(last),
  );

function readIntent(db: Database, row: unknown): IntentRecord {
  const intent = intentRow.parse(row);
  return {
    id: intent.id,
    trigger: triggerColumns.parse(row),
    parent: { number: intent.parent_number, hash: intent.parent_hash },
    targetBlock: intent.target_block,
    opportunityIds: z
      .array(z.string())
      .parse(
        db
          .prepare("SELECT opportunity_id FROM intent_opportunities WHERE intent_id = ? ORDER BY position")
          .pluck()
          .all(intent.id),
      ),
    predicted: profitRows.parse(
      db
        .prepare("SELECT base, predicted AS profit FROM intent_profits WHERE intent_id = ? ORDER BY position")
        .all(intent.id),
    ),
    net: intent.net,
    executor: intent.executor,
    calldata: intent.calldata,
    time: intent.opened_at,
  };
}

function readSigned(db: Database, intentId: string): SignedRecord | null {
  const row = db.prepare("SELECT * FROM signed_transactions WHERE intent_id = ?").get(intentId);
  if (row === undefined) return null;
  const signed = signedRow.parse(row);
  return {
    intentId: signed.intent_id,
    transactionHash: signed.transaction_hash,
    rawTransaction: signed.raw_transaction,
    nonce: signed.nonce,
    gasLimit: signed.gas_limit,
    maxFeePerGas: signed.max_fee_per_gas,
    maxPriorityFeePerGas: signed.max_priority_fee_per_gas,
    bundleId: signed.bundle_id,
    merkleRoot: signed.merkle_root,
    merkleProof: signed.merkle_proof,
    lastBlock: signed.last_block,
    atomicOnly: signed.atomic_only === 1,
    time: signed.signed_at,
  };
}
