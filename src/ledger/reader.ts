import type { Database } from "better-sqlite3";
import { z } from "zod";
import { InputError } from "../lib/errors.ts";
import { ledgerError, openReadable } from "./database.ts";
import type { LedgerSummary, OpportunityReport, TradeReport } from "./report.ts";
import { fateColumn, hexColumn } from "./rows.ts";
import { readStatus, type StatusReport } from "./statusQuery.ts";
import { readOpportunities } from "./whyQuery.ts";

interface TradesQuery {
  /** Milliseconds since 1970; trades that ended earlier are left out. */
  readonly since?: number;
  readonly limit?: number;
}

/** The ledger's read side: it cannot write, and does not disturb the daemon that does. */
export interface LedgerReader {
  /** See `readOpportunities`. */
  readonly why: (reference: string) => readonly OpportunityReport[];
  /** Newest first. */
  readonly trades: (query?: TradesQuery) => readonly TradeReport[];
  /** Of one run, or of all. */
  readonly summary: (runId?: number) => LedgerSummary;
  /** At `now`, in milliseconds since 1970. */
  readonly status: (now: number) => StatusReport;
  readonly close: () => void;
}

/** Opens the ledger at `path` with `readonly` and `query_only`. Throws `PlainError` (65) when it cannot. */
export function openReader(path: string): LedgerReader {
  const db = openReadable(path);
  return {
    why: (reference) => parsed(path, () => readOpportunities(db, reference)),
    trades: (query = {}) => parsed(path, () => readTrades(db, query)),
    summary: (runId) => parsed(path, () => readSummary(db, runId ?? null)),
    status: (now) => parsed(path, () => readStatus(db, now)),
    close: () => void db.close(),
  };
}

/** A row that somebody changed by hand is bad input, named by its column. */
function parsed<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw ledgerError(error, path);
    const [issue] = error.issues;
    throw new InputError(
      issue?.path.join(".") ?? "",
      `${path}: a row is malformed at ${issue?.path.join(".")}: ${issue?.message}`,
    );
  }
}

const tradeRow = z
  .object({
    time: z.string(),
    intent_id: z.string(),
    fate: fateColumn,
    block: z.number().nullable(),
    transaction_hash: hexColumn.nullable(),
    route: z.string().nullable(),
    base: z.string().nullable(),
    predicted_f: z.number().nullable(),
    realised_f: z.number().nullable(),
    equal: z.number().nullable(),
    gas_cost_f: z.number(),
    net_f: z.number().nullable(),
  })
  .transform((row): TradeReport => ({
    time: row.time,
    intentId: row.intent_id,
    fate: row.fate,
    block: row.block,
    transactionHash: row.transaction_hash,
    route: row.route,
    base: row.base,
    predictedFloat: row.predicted_f,
    realisedFloat: row.realised_f,
    equal: row.equal === 1,
    gasCostFloat: row.gas_cost_f,
    netFloat: row.net_f,
  }));

const readTrades = (db: Database, { since = 0, limit = -1 }: TradesQuery): readonly TradeReport[] =>
  z
    .array(tradeRow)
    .parse(
      db
        .prepare(
          "SELECT * FROM v_trades WHERE decided_at >= ? ORDER BY decided_at DESC, intent_id DESC LIMIT ?",
        )
        .all(since, limit),
    );

const countRows = z
  .array(z.object({ name: z.string(), count: z.number() }))
  .transform((rows) => Object.fromEntries(rows.map(({ name, count }) => [name, count])));

const totalsRow = z.object({ equal: z.number(), landed: z.number(), net: z.number() });

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

function readSummary(db: Database, runId: number | null): LedgerSummary {
  const outcomes = countRows.parse(
    db
      .prepare(
        `SELECT code AS name, count(*) AS count FROM opportunities
         WHERE :runId IS NULL OR run_id = :runId GROUP BY code ORDER BY count DESC, code`,
      )
      .all({ runId }),
  );
  const fates = countRows.parse(
    db
      .prepare(
        `SELECT fate AS name, count(*) AS count
         FROM (SELECT coalesce((SELECT fate FROM fates f WHERE f.intent_id = i.id ORDER BY f.id DESC LIMIT 1),
                 'unknown') AS fate
               FROM intents i WHERE :runId IS NULL OR i.run_id = :runId)
         GROUP BY fate ORDER BY count DESC, fate`,
      )
      .all({ runId }),
  );
  const totals = totalsRow.parse(
    db
      .prepare(
        `SELECT coalesce(sum(fate = 'included' AND equal = 1), 0) AS equal,
           coalesce(sum(fate = 'included'), 0) AS landed, total(net_f) AS net
         FROM v_trades WHERE :runId IS NULL OR run_id = :runId`,
      )
      .get({ runId }),
  );
  return {
    opportunities: sum(outcomes),
    outcomes,
    intents: sum(fates),
    fates,
    predictedEqualsRealised: { equal: totals.equal, of: totals.landed },
    netFloat: totals.net,
  };
}
