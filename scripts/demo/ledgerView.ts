import Sqlite from "better-sqlite3";
import { z } from "zod";
import { hashText } from "./hashText.ts";

const blockRow = z.object({ number: z.number(), logs: z.number(), micros: z.number().nullable() });
const opportunityRow = z.object({
  block: z.number(),
  route: z.string(),
  code: z.string(),
  detail: z.string(),
  net: z.number().nullable(),
});
const fateRow = z.object({
  id: z.number(),
  intent: z.string(),
  fate: z.string(),
  reason: z.string(),
  block: z.number().nullable(),
  target: z.number(),
  transaction: hashText.nullable(),
  net: z.number(),
});
const profitRow = z.object({
  block: z.number(),
  transaction: hashText,
  base: hashText,
  symbol: z.string(),
  decimals: z.number(),
  predicted: z.string().transform(BigInt),
  realised: z.string().transform(BigInt),
});
const predictionRow = z.object({ verdict: z.string(), count: z.number() });
const backrunRow = z.object({ transaction: hashText, trigger: hashText });
const countRow = z.object({ code: z.string(), count: z.number() });

export type BlockRow = z.output<typeof blockRow>;
export type OpportunityRow = z.output<typeof opportunityRow>;
export type FateRow = z.output<typeof fateRow>;
export type BackrunRow = z.output<typeof backrunRow>;
export type ProfitRow = z.output<typeof profitRow>;

/** What the demo shows, read from the daemon's own ledger while it writes. */
export interface LedgerView {
  blocksAfter(number: number): readonly BlockRow[];
  /** Of one block, best first. */
  opportunities(block: number): readonly OpportunityRow[];
  fatesAfter(id: number): readonly FateRow[];
  /** Every base that a landed trade earned in. */
  profits(): readonly ProfitRow[];
  outcomes(): Readonly<Record<string, number>>;
  submitted(): number;
  decisionMicros(): readonly number[];
  /** From a trigger's frame to the bundle behind it on its way. */
  backrunMicros(): readonly number[];
  /** Landed trades that stand behind a transaction of somebody else. */
  backruns(): readonly BackrunRow[];
  /** Pending swaps by how their prediction held. */
  predictions(): Readonly<Record<string, number>>;
  pendingSeen(): number;
  /** Native tokens paid for gas by all trades on the chain: a float. */
  gasNative(): number;
  close(): void;
}

export function openLedgerView(path: string): LedgerView {
  const db = new Sqlite(path, { readonly: true });
  const all = <T>(row: z.ZodType<T>, sql: string, ...values: readonly (string | number)[]): readonly T[] =>
    z.array(row).parse(db.prepare(sql).all(...values));
  const number = (sql: string): number => z.coerce.number().parse(db.prepare(sql).pluck().get());
  return {
    blocksAfter: (after) =>
      all(
        blockRow,
        "SELECT number, logs, decision_micros AS micros FROM blocks WHERE number > ? ORDER BY number",
        after,
      ),
    opportunities: (block) =>
      all(
        opportunityRow,
        `SELECT o.block_number AS block, r.route, o.code, o.detail, CAST(o.net AS REAL) / 1e18 AS net
         FROM opportunities o JOIN v_routes r ON r.seq = o.seq WHERE o.block_number = ?
         ORDER BY o.code <> 'submitted', CAST(o.net AS REAL) DESC`,
        block,
      ),
    fatesAfter: (id) =>
      all(
        fateRow,
        `SELECT f.id, f.intent_id AS intent, f.fate, f.reason, f.block_number AS block, i.target_block AS target,
           f.transaction_hash AS "transaction", CAST(i.net AS REAL) / 1e18 AS net
         FROM fates f JOIN intents i ON i.id = f.intent_id WHERE f.id > ? ORDER BY f.id`,
        id,
      ),
    profits: () =>
      all(
        profitRow,
        `SELECT f.block_number AS block, f.transaction_hash AS "transaction", p.base, p.symbol, t.decimals,
           p.predicted, p.realised
         FROM v_trade_profits p JOIN fates f ON f.intent_id = p.intent_id AND f.fate = 'included'
         JOIN tokens t ON t.address = p.base`,
      ),
    outcomes: () => {
      const rows = all(
        countRow,
        `SELECT code, count(*) AS count FROM opportunities GROUP BY code
         UNION ALL SELECT 'fate_' || fate, count(*) FROM fates GROUP BY fate`,
      );
      return Object.fromEntries(rows.map(({ code, count }) => [code, count]));
    },
    submitted: () => number("SELECT count(DISTINCT intent_id) FROM submissions WHERE result = 'accepted'"),
    decisionMicros: () =>
      all(
        z.object({ micros: z.number() }),
        "SELECT decision_micros AS micros FROM blocks WHERE decision_micros IS NOT NULL",
      ).map(({ micros }) => micros),
    backrunMicros: () =>
      all(z.object({ micros: z.number() }), "SELECT micros FROM backruns WHERE micros IS NOT NULL").map(
        ({ micros }) => micros,
      ),
    backruns: () =>
      all(
        backrunRow,
        `SELECT f.transaction_hash AS "transaction", i.trigger_hash AS "trigger"
         FROM fates f JOIN intents i ON i.id = f.intent_id
         WHERE f.fate = 'included' AND i.trigger_type = 'pending'`,
      ),
    predictions: () => {
      const rows = all(predictionRow, "SELECT verdict, count(*) AS count FROM predictions GROUP BY verdict");
      return Object.fromEntries(rows.map(({ verdict, count }) => [verdict, count]));
    },
    pendingSeen: () =>
      number(
        "SELECT coalesce(max(json_extract(detail, '$.pendingSeen')), 0) FROM events WHERE kind = 'stopped'",
      ),
    gasNative: () => number("SELECT coalesce(sum(gas_cost_f), 0) FROM v_trades"),
    close: () => {
      db.close();
    },
  };
}
