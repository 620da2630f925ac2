import { openWritable } from "./database.ts";
import { startJournal, type Journal } from "./journal.ts";
import { createRecordQueue } from "./recordQueue.ts";
import type { LedgerRecord, RunRecord } from "./records.ts";
import { startWriterThread } from "./writerThread.ts";

const CAPACITY = 10_000;

export interface LedgerOptions {
  readonly path: string;
  readonly run: RunRecord;
  /** Records that may wait to be written; default 10,000. */
  readonly capacity?: number;
  /** Records are refused or cannot be written: nothing may be sent until `onResume`. */
  readonly onHalt: (reason: string) => void;
  readonly onResume: () => void;
}

export interface Ledger {
  /** What it holds is there when it returns; what precedes a send is on the disk then. */
  readonly journal: Journal;
  /** Written soon, in order. False: refused because the queue is full; the ledger is halted and counts it. */
  readonly record: (record: LedgerRecord) => boolean;
  /** Records not yet written. */
  readonly backlog: () => number;
  /** Why the ledger is halted, or null. */
  readonly halted: () => string | null;
  /** Resolves when all recorded so far is in the database; rejects when it never will, or the signal aborts. */
  readonly flush: (signal?: AbortSignal) => Promise<void>;
  /**
   * Writes what waits, marks the run as ended at `time` and closes the file. When the rest cannot be written
   * (the signal aborts, the writer broke) the file is closed all the same, the run stays unended, and it rejects.
   */
  readonly close: (time: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Opens (or creates) the ledger at `path` and begins a run in it: the journal on this thread, all else in batches
 * on a thread of its own. SQLite's lock keeps the two apart, and whoever meets it polls. That was measured against
 * taking turns by a semaphore: beside a block's burst of 128 records an intent's three durable writes took 2.7 ms so
 * and 6 ms there (medians), since the journal then waits for a whole batch before each. Errors as `openWritable` and
 * `startJournal`.
 */
export function openLedger(options: LedgerOptions): Ledger {
  const { path, run } = options;
  const db = openWritable(path, "full");
  // Checkpoints cost milliseconds: they are the writer's, not the deciding thread's.
  db.pragma("wal_autocheckpoint = 0");
  const journal = startJournal(db, run);
  const queue = createRecordQueue(
    {
      capacity: options.capacity ?? CAPACITY,
      onHalt: options.onHalt,
      onResume: (refused) => {
        // The ledger itself says where it lacks something.
        if (refused > 0) {
          queue.push({ type: "event", kind: "records_refused", facts: { refused }, time: Date.now() });
        }
        options.onResume();
      },
    },
    { send: (batch) => thread.send(batch) },
  );
  const thread = startWriterThread({
    path,
    runId: journal.runId,
    onReply: (reply) => (reply.type === "written" ? queue.written() : queue.failed(reply.reason)),
    onEnd: queue.broke,
  });
  /** Records speak of intents, which are in their table before them. */
  const record = (one: LedgerRecord): boolean => {
    try {
      journal.file();
    } catch (error) {
      queue.refuse(error instanceof Error ? error.message : String(error));
      return false;
    }
    return queue.push(one);
  };
  return {
    journal,
    record,
    backlog: queue.backlog,
    halted: queue.halted,
    flush: queue.flush,
    close: async (time, signal) => {
      try {
        try {
          await queue.flush(signal);
        } finally {
          await thread.stop();
        }
        journal.endRun(time);
      } finally {
        journal.dispose();
      }
    },
  };
}
