import { parentPort, workerData } from "node:worker_threads";
import { PlainError, RetryableError } from "../lib/errors.ts";
import { ledgerError, openWritable } from "./database.ts";
import { createRecordWriter } from "./recordWriter.ts";
import type { LedgerRecord } from "./records.ts";
import { createTurnstile } from "./turnstile.ts";
import type { WorkerOptions, WorkerReply } from "./writerThread.ts";

// The thread that writes what the journal does not. It may wait for locks and disks; nobody waits for it.

const RETRY_MILLIS = 100;
const TURN_WAIT_MILLIS = 1_000;
/** What the write-ahead log is cut back to after a checkpoint. */
const LOG_BYTES = 64 * 2 ** 20;
const LOCK_WAIT_MILLIS = 500;

if (parentPort === null) throw new Error("ledgerWorker runs as a worker thread only");
const port = parentPort;
const { path, runId, turns }: WorkerOptions = workerData;
const db = openWritable(path, "normal");
db.pragma(`journal_size_limit = ${LOG_BYTES}`);
db.pragma(`busy_timeout = ${LOCK_WAIT_MILLIS}`);
const write = createRecordWriter(db, runId);
const turnstile = createTurnstile(turns, "writer");
const reply = (message: WorkerReply): void => port.postMessage(message);

/** Full disks and held locks pass: the batch is kept and tried again. A broken rule does not pass. */
function writeBatch(records: readonly LedgerRecord[]): void {
  try {
    turnstile.pass(TURN_WAIT_MILLIS, () => write(records));
    reply({ type: "written" });
  } catch (error) {
    const told = ledgerError(error, "ledger");
    if (!(told instanceof RetryableError || told instanceof PlainError)) throw told;
    reply({ type: "failed", reason: told.message });
    setTimeout(() => writeBatch(records), RETRY_MILLIS);
  }
}

port.on("message", (records: readonly LedgerRecord[] | "stop") => {
  if (records !== "stop") return writeBatch(records);
  db.close();
  port.close();
});
