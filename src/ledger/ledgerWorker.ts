import { parentPort, workerData } from "node:worker_threads";
import { PlainError, RetryableError } from "../lib/errors.ts";
import { ledgerError, openWritable } from "./database.ts";
import { createRecordWriter } from "./recordWriter.ts";
import type { LedgerRecord } from "./records.ts";
import type { WorkerOptions, WorkerReply } from "./writerThread.ts";

// The thread that writes what the journal does not. It may wait for locks and disks; nobody waits for it.

const RETRY_MILLIS = 100;
/** The journal holds the lock for a millisecond at a time; SQLite itself would look again after up to 100. */
const LOCK_POLL_MILLIS = 1;
/** What the write-ahead log is cut back to after a checkpoint. */
const LOG_BYTES = 64 * 2 ** 20;
/** A lock that is held for longer is somebody else's, and told. */
const LOCK_WAIT_MILLIS = 2_000;

if (parentPort === null) throw new Error("ledgerWorker runs as a worker thread only");
const port = parentPort;
const { path, runId }: WorkerOptions = workerData;
const db = openWritable(path, "normal");
db.pragma(`journal_size_limit = ${LOG_BYTES}`);
db.pragma("busy_timeout = 0");
const write = createRecordWriter(db, runId);
const reply = (message: WorkerReply): void => port.postMessage(message);

let nextTry: NodeJS.Timeout | undefined;

/** Full disks and held locks pass: the batch is kept and tried again. A broken rule does not pass. */
function writeBatch(records: readonly LedgerRecord[], since = performance.now()): void {
  try {
    write(records);
    reply({ type: "written" });
  } catch (error) {
    const told = ledgerError(error, "ledger");
    if (!(told instanceof RetryableError || told instanceof PlainError)) throw told;
    if (told instanceof RetryableError && performance.now() - since < LOCK_WAIT_MILLIS) {
      nextTry = setTimeout(() => writeBatch(records, since), LOCK_POLL_MILLIS);
      return;
    }
    reply({ type: "failed", reason: told.message });
    nextTry = setTimeout(() => writeBatch(records), RETRY_MILLIS);
  }
}

port.on("message", (records: readonly LedgerRecord[] | "stop") => {
  if (records !== "stop") return writeBatch(records);
  clearTimeout(nextTry);
  db.close();
  port.close();
});
