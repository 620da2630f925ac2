import type { Database } from "better-sqlite3";
import { z } from "zod";
import type { Hash } from "../chain/types.ts";
import { hexColumn } from "./rows.ts";

/** How the predictions of one kind of transaction held when they were mined. */
interface CalibrationReport {
  /** The router's name, or a contract's address. */
  readonly contract: string;
  /** Its function, or a selector. */
  readonly function: string;
  readonly checked: number;
  /** Did on the chain what was predicted, to the unit. */
  readonly exact: number;
  readonly off: number;
  /** As predicted. */
  readonly reverted: number;
  /** Reverted, and was not to. */
  readonly failed: number;
  /** 0 to 1; gates sending. */
  readonly confidenceFloat: number;
}

/** Where the daemon stands, as its ledger tells; times in milliseconds since 1970. */
export interface StatusReport {
  /** The latest start; `endedAt` null: it runs, or ended without saying so. Null: none yet. */
  readonly run: {
    readonly id: number;
    readonly mode: string;
    readonly chainId: number;
    readonly nativeSymbol: string;
    readonly version: string;
    readonly startedAt: number;
    readonly endedAt: number | null;
  } | null;
  /** The last block of that run, and its age now. */
  readonly block: {
    readonly number: number;
    readonly hash: Hash;
    readonly seenAt: number;
    readonly ageMillis: number;
  } | null;
  /** Null: trading is not halted. */
  readonly halt: { readonly reason: string; readonly since: number } | null;
  /** Without a final fate, of every run, oldest first. */
  readonly openIntents: readonly {
    readonly id: string;
    readonly targetBlock: number;
    readonly openedAt: number;
  }[];
  /** What reached the chain since midnight UTC; floats in whole native tokens. */
  readonly today: {
    readonly trades: number;
    readonly landed: number;
    readonly reverted: number;
    /** Landed with another profit than was predicted: must be 0. */
    readonly differing: number;
    readonly gasCostFloat: number;
    readonly netFloat: number;
  };
  /** By contract and function, those seen most often first. */
  readonly calibration: readonly CalibrationReport[];
}

const runRow = z.object({
  id: z.number(),
  mode: z.string(),
  chainId: z.number(),
  nativeSymbol: z.string(),
  version: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
});

const readRun = (db: Database): StatusReport["run"] =>
  runRow.nullable().parse(
    db
      .prepare(
        `SELECT id, mode, chain_id AS chainId, native_symbol AS nativeSymbol, version,
           started_at AS startedAt, ended_at AS endedAt FROM runs ORDER BY id DESC LIMIT 1`,
      )
      .get() ?? null,
  );

const blockRow = z.object({ number: z.number(), hash: hexColumn, seenAt: z.number() });

/** The plus keeps the planner on the index of numbers: the newest block stands at its end. */
function readBlock(db: Database, runId: number, now: number): StatusReport["block"] {
  const row = blockRow.nullable().parse(
    db
      .prepare(
        `SELECT number, hash, seen_at AS seenAt FROM blocks
         WHERE +run_id = ? AND reverted_at IS NULL ORDER BY number DESC LIMIT 1`,
      )
      .get(runId) ?? null,
  );
  return row === null ? null : { ...row, ageMillis: now - row.seenAt };
}

const haltRow = z.object({ action: z.enum(["halt", "resume"]), reason: z.string(), since: z.number() });

function readHalt(db: Database): StatusReport["halt"] {
  const row = haltRow
    .nullable()
    .parse(
      db.prepare("SELECT action, reason, at AS since FROM halts ORDER BY id DESC LIMIT 1").get() ?? null,
    );
  return row?.action === "halt" ? { reason: row.reason, since: row.since } : null;
}

const openRows = z.array(z.object({ id: z.string(), targetBlock: z.number(), openedAt: z.number() }));

const readOpen = (db: Database): StatusReport["openIntents"] =>
  openRows.parse(
    db
      .prepare(
        `SELECT id, target_block AS targetBlock, opened_at AS openedAt FROM intents i
         WHERE NOT EXISTS (SELECT 1 FROM fates f WHERE f.intent_id = i.id AND f.fate <> 'unknown')
         ORDER BY i.rowid`,
      )
      .all(),
  );

const dayRow = z.object({
  trades: z.number(),
  landed: z.number(),
  reverted: z.number(),
  differing: z.number(),
  gasCostFloat: z.number(),
  netFloat: z.number(),
});
const DAY_MILLIS = 86_400_000;
/** Trades since midnight UTC. */
const readToday = (db: Database, now: number): StatusReport["today"] =>
  dayRow.parse(
    db
      .prepare(
        `SELECT count(*) AS trades, total(fate = 'included') AS landed, total(fate = 'reverted') AS reverted,
           total(fate = 'included' AND equal = 0) AS differing, total(gas_cost_f) AS gasCostFloat,
           total(net_f) AS netFloat
         FROM v_trades WHERE decided_at >= ?`,
      )
      .get(now - (now % DAY_MILLIS)),
  );

const calibrationRows = z.array(
  z
    .object({
      contract: z.string(),
      function: z.string(),
      checked: z.number(),
      exact: z.number(),
      off: z.number(),
      reverted: z.number(),
      failed: z.number(),
      confidence_f: z.number(),
    })
    .transform(({ confidence_f: confidenceFloat, ...counts }): CalibrationReport => ({
      ...counts,
      confidenceFloat,
    })),
);

const readCalibration = (db: Database): StatusReport["calibration"] =>
  calibrationRows.parse(
    db.prepare("SELECT * FROM v_calibration ORDER BY checked DESC, contract, function").all(),
  );

/** Where the daemon stands at `now`. */
export function readStatus(db: Database, now: number): StatusReport {
  const run = readRun(db);
  return {
    run,
    block: run === null ? null : readBlock(db, run.id, now),
    halt: readHalt(db),
    openIntents: readOpen(db),
    today: readToday(db, now),
    calibration: readCalibration(db),
  };
}
