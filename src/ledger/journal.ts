import type { Database } from "better-sqlite3";
import type {
  FateRecord,
  IntentJournal,
  IntentRecord,
  SignedRecord,
  SubmissionRecord,
} from "../execution/journal.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import { openWritable, ledgerError } from "./database.ts";
import { openLogFlusher, unflushed } from "./logFlusher.ts";
import { readOpenIntents, readTailTriggers } from "./openIntents.ts";
import type { HaltRecord, RunRecord } from "./records.ts";
import { createUnfiled } from "./unfiled.ts";

/** The ledger's durable side, on the thread that decides. `dispose` closes the file. */
export interface Journal extends IntentJournal {
  readonly runId: number;
  /** Puts intents that were written with their signature where they belong; every other write does it first. */
  file(): void;
  /** Stops or allows trading, durably. */
  halt(record: HaltRecord): void;
  /** The halt that holds, from this run or an earlier one; null when trading is allowed. */
  currentHalt(): HaltRecord | null;
  endRun(time: number): void;
  dispose(): void;
}

/** Opens (or creates and migrates) the ledger at `path` and begins a run in it. Errors as `startJournal`. */
export const openJournal = (path: string, run: RunRecord): Journal =>
  startJournal(openWritable(path, "full"), run);

/**
 * Begins a run in an open ledger, which is closed where that fails. Throws `PlainError` (78) for one of another chain;
 * other errors as `ledgerError`.
 */
export function startJournal(db: Database, run: RunRecord): Journal {
  try {
    requireChain(db, run.chainId);
    return createJournal(db, beginRun(db, run));
  } catch (error) {
    db.close();
    throw ledgerError(error, db.name);
  }
}

/** Chains of runs that saw or decided anything: one that was refused for a wrong `chain` has not. */
const CHAINS = `SELECT chain_id FROM runs WHERE
  EXISTS (SELECT 1 FROM blocks WHERE run_id = runs.id)
  OR EXISTS (SELECT 1 FROM intents WHERE run_id = runs.id)
  OR EXISTS (SELECT 1 FROM unfiled_intents WHERE run_id = runs.id)`;

/** What a run leaves open would be looked for on another chain, and its nonces be spent there. */
function requireChain(db: Database, chainId: number): void {
  const others = db.prepare<[number], number>(`SELECT * FROM (${CHAINS}) WHERE chain_id <> ? LIMIT 1`);
  const other = others.pluck().get(chainId);
  if (other === undefined) return;
  throw new PlainError(
    EXIT.config,
    `${db.name} is the ledger of chain ${other}, the configuration says ${chainId}: give each chain its own ledger.path`,
  );
}

/** The row that all records of this start belong to; its id. */
export function beginRun(db: Database, run: RunRecord): number {
  const { lastInsertRowid } = db
    .prepare("INSERT INTO runs (mode, chain_id, native_symbol, version, started_at) VALUES (?, ?, ?, ?, ?)")
    .run(run.mode, run.chainId, run.nativeSymbol, run.version, run.time);
  return Number(lastInsertRowid);
}

/**
 * The journal over an open ledger with `synchronous=FULL`. Each write is one transaction: when it throws,
 * nothing of it is there. Errors as `ledgerError`.
 */
export function createJournal(db: Database, runId: number): Journal {
  const open = intentWriter(db);
  const sign = signedWriter(db);
  const unfiled = createUnfiled(db, runId, { open, sign });
  const submit = submissionWriter(db);
  const end = fateWriter(db);
  const insertHalt = db.prepare("INSERT INTO halts (run_id, action, reason, at) VALUES (?, ?, ?, ?)");
  const latestHalt = db.prepare<[], HaltRecord>(
    "SELECT action, reason, at AS time FROM halts ORDER BY id DESC LIMIT 1",
  );
  const endRun = db.prepare("UPDATE runs SET ended_at = ? WHERE id = ?");
  const log = openLogFlusher(db.name);
  /** Behind what waits to be filed. */
  const filed = <T>(subject: string, work: () => T): T =>
    guarded(subject, () => {
      unfiled.file();
      return work();
    });
  /** One durable write. */
  const act = (intentId: string, write: () => void): void => filed(`intent ${intentId}`, write);
  /** One whose flush the deciding thread does not wait for, since a disk may stand still for a tenth of a second. */
  const soon = (intentId: string, write: () => void): void => {
    act(intentId, () => unflushed(db, write));
    log.later();
  };
  const file = (): void => guarded("unfiled intents", () => unfiled.file());
  file();
  return {
    runId,
    file,
    open: (intent) => act(intent.id, () => open(intent, runId)),
    signed: (record, intent) =>
      act(record.intentId, () => {
        if (intent === undefined) sign(record);
        else unfiled.write(record, intent);
      }),
    submitted: (record) => soon(record.intentId, () => submit(record)),
    close: (record) => soon(record.intentId, () => end(record)),
    openIntents: () => filed("open intents", () => readOpenIntents(db)),
    tailTriggers: (last) => filed("tails", () => readTailTriggers(db, last)),
    halt: ({ action, reason, time }) =>
      guarded(action, () => void insertHalt.run(runId, action, reason, time)),
    currentHalt: () =>
      guarded("halts", () => {
        const latest = latestHalt.get();
        return latest?.action === "halt" ? latest : null;
      }),
    endRun: (time) => guarded("run", () => void endRun.run(time, runId)),
    dispose: () => {
      try {
        file();
      } finally {
        log.close();
        db.close();
      }
    },
  };
}

function guarded<T>(subject: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw ledgerError(error, `journal of ${subject}`);
  }
}

function intentWriter(db: Database): (intent: IntentRecord, runId: number) => void {
  const insert = db.prepare(
    `INSERT INTO intents (id, run_id, trigger_type, trigger_hash, trigger_block, parent_number, parent_hash,
       target_block, net, executor, calldata, opened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertOpportunity = db.prepare(
    "INSERT INTO intent_opportunities (intent_id, position, opportunity_id) VALUES (?, ?, ?)",
  );
  const insertProfit = db.prepare(
    "INSERT INTO intent_profits (intent_id, position, base, predicted) VALUES (?, ?, ?, ?)",
  );
  const write = db.transaction((intent: IntentRecord, runId: number) => {
    const { trigger, parent } = intent;
    insert.run(
      intent.id,
      runId,
      trigger.type,
      trigger.hash,
      trigger.type === "block" ? trigger.number : null,
      parent.number,
      parent.hash,
      intent.targetBlock,
      intent.net.toString(),
      intent.executor,
      intent.calldata,
      intent.time,
    );
    intent.opportunityIds.forEach((id, position) => insertOpportunity.run(intent.id, position, id));
    intent.predicted.forEach(({ base, profit }, position) =>
      insertProfit.run(intent.id, position, base, profit.toString()),
    );
  });
  return (intent, runId) => write.immediate(intent, runId);
}

function signedWriter(db: Database): (record: SignedRecord) => void {
  const insert = db.prepare(
    `INSERT INTO signed_transactions (intent_id, transaction_hash, raw_transaction, nonce, gas_limit,
       max_fee_per_gas, max_priority_fee_per_gas, bundle_id, merkle_root, merkle_proof, last_block,
       atomic_only, signed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (record) => {
    insert.run(
      record.intentId,
      record.transactionHash,
      record.rawTransaction,
      record.nonce,
      record.gasLimit.toString(),
      record.maxFeePerGas.toString(),
      record.maxPriorityFeePerGas.toString(),
      record.bundleId,
      record.merkleRoot,
      JSON.stringify(record.merkleProof),
      record.lastBlock,
      record.atomicOnly ? 1 : 0,
      record.time,
    );
  };
}

function submissionWriter(db: Database): (record: SubmissionRecord) => void {
  const insert = db.prepare(
    `INSERT INTO submissions (intent_id, channel, result, detail, micros, submitted_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  return ({ intentId, channel, result, detail, micros, time }) => {
    insert.run(intentId, channel, result, detail, Math.round(micros), time);
  };
}

/** The prediction that `realised` is compared with is the one journaled with the intent, before the signature. */
function fateWriter(db: Database): (record: FateRecord) => void {
  const insert = db.prepare(
    `INSERT INTO fates (intent_id, fate, reason, block_number, block_hash, transaction_hash,
       transaction_index, gas_used, effective_gas_price, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertProfit = db.prepare("INSERT INTO fate_profits (fate_id, base, realised) VALUES (?, ?, ?)");
  const write = db.transaction((record: FateRecord) => {
    const { lastInsertRowid } = insert.run(
      record.intentId,
      record.fate,
      record.reason,
      record.block?.number ?? null,
      record.block?.hash ?? null,
      record.transactionHash,
      record.transactionIndex,
      record.gasUsed?.toString() ?? null,
      record.effectiveGasPrice?.toString() ?? null,
      record.time,
    );
    for (const { base, realised } of record.profits) {
      insertProfit.run(lastInsertRowid, base, realised.toString());
    }
  });
  return (record) => write.immediate(record);
}
