import type { Database } from "better-sqlite3";
import { z } from "zod";
import type { FateReport, HopReport, IntentReport, OpportunityReport } from "./report.ts";
import { amountColumn, fateColumn, hexColumn, tokenColumns } from "./rows.ts";

const opportunityRow = z.object({
  seq: z.number(),
  run_id: z.number(),
  id: z.string(),
  native_symbol: z.string(),
  trigger_type: z.enum(["block", "pending"]),
  trigger_hash: hexColumn,
  block_number: z.number(),
  block_hash: hexColumn,
  cycle_id: z.string(),
  amount_in: amountColumn,
  amount_out: amountColumn,
  marginal_f: z.number().nullable(),
  verdict: z.string(),
  profit: amountColumn,
  profit_native: amountColumn.nullable(),
  gas: amountColumn,
  gas_price: amountColumn,
  gas_cost: amountColumn,
  net: amountColumn.nullable(),
  min_net: amountColumn,
  code: z.string(),
  detail: z.string(),
  judged_at: z.number(),
});

const SELECT_OPPORTUNITY = `
  SELECT o.*, r.native_symbol, o.base AS token, t.symbol, t.decimals
  FROM opportunities o JOIN runs r ON r.id = o.run_id LEFT JOIN tokens t ON t.address = o.base`;

/**
 * The opportunities that `given` names: the last one judged ("last"), one by its id, or those of an intent by
 * the intent's id or its transaction's hash, in any case. Empty when there is none.
 */
export function readOpportunities(db: Database, given: string): readonly OpportunityReport[] {
  const reference = /^0x/i.test(given) ? given.toLowerCase() : given;
  const rows =
    reference === "last"
      ? db.prepare(`${SELECT_OPPORTUNITY} ORDER BY o.seq DESC LIMIT 1`).all()
      : [...byId(db, reference), ...byIntent(db, reference)];
  return rows.map((row) => readOpportunity(db, row));
}

/** An id may come back in a later run: the latest is meant. */
const byId = (db: Database, id: string): unknown[] =>
  db.prepare(`${SELECT_OPPORTUNITY} WHERE o.id = ? ORDER BY o.seq DESC LIMIT 1`).all(id);

const byIntent = (db: Database, reference: string): unknown[] =>
  db
    .prepare(
      `${SELECT_OPPORTUNITY}
       JOIN intent_opportunities io ON io.opportunity_id = o.id
       JOIN intents i ON i.id = io.intent_id AND i.run_id = o.run_id
       LEFT JOIN signed_transactions s ON s.intent_id = i.id
       WHERE i.id = :reference OR s.transaction_hash = :reference
       ORDER BY io.position`,
    )
    .all({ reference });

function readOpportunity(db: Database, row: unknown): OpportunityReport {
  const found = opportunityRow.parse(row);
  return {
    id: found.id,
    nativeSymbol: found.native_symbol,
    trigger: { type: found.trigger_type, hash: found.trigger_hash },
    block: { number: found.block_number, hash: found.block_hash },
    cycleId: found.cycle_id,
    base: tokenColumns.parse(row),
    amountIn: found.amount_in,
    amountOut: found.amount_out,
    marginal: found.marginal_f,
    verdict: found.verdict,
    profit: found.profit,
    profitNative: found.profit_native,
    gas: found.gas,
    gasPrice: found.gas_price,
    gasCost: found.gas_cost,
    net: found.net,
    minNet: found.min_net,
    code: found.code,
    detail: found.detail,
    time: found.judged_at,
    hops: readHops(db, found.seq),
    hints: readHints(db, found.id, found.run_id),
    intent: readIntent(db, found.id, found.run_id),
  };
}

const hopRow = z
  .object({
    pool: hexColumn,
    dex: z.string().nullable(),
    token_in: hexColumn,
    symbol_in: z.string().nullable(),
    decimals_in: z.number().nullable(),
    token_out: hexColumn,
    symbol_out: z.string().nullable(),
    decimals_out: z.number().nullable(),
    amount_in: amountColumn,
    amount_out: amountColumn,
  })
  .transform((row): HopReport => ({
    pool: row.pool,
    dex: row.dex,
    tokenIn: { address: row.token_in, symbol: row.symbol_in ?? row.token_in, decimals: row.decimals_in ?? 0 },
    tokenOut: {
      address: row.token_out,
      symbol: row.symbol_out ?? row.token_out,
      decimals: row.decimals_out ?? 0,
    },
    amountIn: row.amount_in,
    amountOut: row.amount_out,
  }));

const readHops = (db: Database, seq: number): readonly HopReport[] =>
  z.array(hopRow).parse(
    db
      .prepare(
        `SELECT h.*, p.dex, a.symbol AS symbol_in, a.decimals AS decimals_in,
           b.symbol AS symbol_out, b.decimals AS decimals_out
         FROM opportunity_hops h
         LEFT JOIN pools p ON p.address = h.pool
         LEFT JOIN tokens a ON a.address = h.token_in
         LEFT JOIN tokens b ON b.address = h.token_out
         WHERE h.opportunity = ? ORDER BY h.position`,
      )
      .all(seq),
  );

const hintRow = z.object({ id: z.string(), source: z.string() });

const readHints = (db: Database, opportunityId: string, runId: number): OpportunityReport["hints"] =>
  z.array(hintRow).parse(
    db
      .prepare(
        `SELECT hint_id AS id, source FROM hint_opportunities
           WHERE opportunity_id = ? AND run_id = ? ORDER BY hint_id`,
      )
      .all(opportunityId, runId),
  );

const intentRow = z.object({
  id: z.string(),
  target_block: z.number(),
  opportunities: z.number(),
  net: amountColumn,
  opened_at: z.number(),
});

function readIntent(db: Database, opportunityId: string, runId: number): IntentReport | null {
  const row = db
    .prepare(
      `SELECT i.*, (SELECT count(*) FROM intent_opportunities c WHERE c.intent_id = i.id) AS opportunities
       FROM intent_opportunities io JOIN intents i ON i.id = io.intent_id
       WHERE io.opportunity_id = ? AND i.run_id = ?`,
    )
    .get(opportunityId, runId);
  if (row === undefined) return null;
  const intent = intentRow.parse(row);
  return {
    id: intent.id,
    targetBlock: intent.target_block,
    opportunities: intent.opportunities,
    net: intent.net,
    time: intent.opened_at,
    signed: readSigned(db, intent.id),
    submissions: readSubmissions(db, intent.id),
    fates: readFates(db, intent.id),
  };
}

const signedRow = z.object({
  transactionHash: hexColumn,
  nonce: z.number(),
  bundleId: hexColumn,
  time: z.number(),
});

const readSigned = (db: Database, intentId: string): IntentReport["signed"] =>
  signedRow.nullable().parse(
    db
      .prepare(
        `SELECT transaction_hash AS transactionHash, nonce, bundle_id AS bundleId, signed_at AS time
         FROM signed_transactions WHERE intent_id = ?`,
      )
      .get(intentId) ?? null,
  );

const submissionRow = z.object({
  channel: z.string(),
  result: z.enum(["accepted", "refused", "timeout", "error"]),
  detail: z.string(),
  micros: z.number(),
  time: z.number(),
});

const readSubmissions = (db: Database, intentId: string): IntentReport["submissions"] =>
  z.array(submissionRow).parse(
    db
      .prepare(
        `SELECT channel, result, detail, micros, submitted_at AS time
         FROM submissions WHERE intent_id = ? ORDER BY id`,
      )
      .all(intentId),
  );

const fateRow = z.object({
  id: z.number(),
  fate: fateColumn,
  reason: z.string(),
  block_number: z.number().nullable(),
  transaction_hash: hexColumn.nullable(),
  transaction_index: z.number().nullable(),
  gas_used: amountColumn.nullable(),
  effective_gas_price: amountColumn.nullable(),
  decided_at: z.number(),
});

const readFates = (db: Database, intentId: string): readonly FateReport[] =>
  z
    .array(fateRow)
    .parse(db.prepare("SELECT * FROM fates WHERE intent_id = ? ORDER BY id").all(intentId))
    .map((row) => ({
      fate: row.fate,
      reason: row.reason,
      block: row.block_number,
      transactionHash: row.transaction_hash,
      transactionIndex: row.transaction_index,
      gasUsed: row.gas_used,
      effectiveGasPrice: row.effective_gas_price,
      profits: readProfits(db, row.id, intentId),
      time: row.decided_at,
    }));

const profitRow = z.object({ predicted: amountColumn, realised: amountColumn });

const readProfits = (db: Database, fateId: number, intentId: string): FateReport["profits"] =>
  db
    .prepare(
      `SELECT r.base AS token, t.symbol, t.decimals, coalesce(p.predicted, '0') AS predicted, r.realised
       FROM fate_profits r
       LEFT JOIN intent_profits p ON p.base = r.base AND p.intent_id = :intentId
       LEFT JOIN tokens t ON t.address = r.base
       WHERE r.fate_id = :fateId ORDER BY r.base`,
    )
    .all({ fateId, intentId })
    .map((row) => Object.assign({ token: tokenColumns.parse(row) }, profitRow.parse(row)));
