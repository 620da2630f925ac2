import { createFlushWaiters } from "./flushWaiters.ts";
import type { LedgerRecord } from "./records.ts";

/** Short transactions: while one is written, the journal waits. */
const BATCH_RECORDS = 32;

export interface RecordQueueOptions {
  /** Records that may wait, those under way included. */
  readonly capacity: number;
  /** Called once when records are refused or cannot be written: trading must stop. */
  readonly onHalt: (reason: string) => void;
  /** Called when all is well again; `refused` records were turned away in between. */
  readonly onResume: (refused: number) => void;
}

export interface RecordQueue {
  /** False: refused, the queue is full or broken, and `onHalt` has been called. */
  readonly push: (record: LedgerRecord) => boolean;
  /** Turns one record away. */
  readonly refuse: (reason: string) => void;
  /** The batch under way is in the database. */
  readonly written: () => void;
  /** The batch under way could not be written and is tried again by the writer. */
  readonly failed: (reason: string) => void;
  /** Nothing will be written any more. */
  readonly broke: (reason: string) => void;
  readonly backlog: () => number;
  readonly halted: () => string | null;
  /** Resolves when all that was pushed so far is written; rejects when the queue breaks or the signal aborts. */
  readonly flush: (signal?: AbortSignal) => Promise<void>;
}

interface HaltSwitch {
  readonly reason: () => string | null;
  readonly halt: (reason: string) => void;
  readonly countRefused: () => void;
  readonly resume: () => void;
}

/** Tells its owner once that the ledger stands still, and once that it goes on. */
function createHaltSwitch({ onHalt, onResume }: RecordQueueOptions): HaltSwitch {
  let halted: string | null = null;
  let refused = 0;
  return {
    reason: () => halted,
    halt: (reason) => {
      if (halted !== null) return;
      halted = reason;
      onHalt(reason);
    },
    countRefused: () => void refused++,
    resume: () => {
      if (halted === null) return;
      const missed = refused;
      halted = null;
      refused = 0;
      onResume(missed);
    },
  };
}

/** Holds records in order and hands them on in batches, one at a time; it drops none silently. */
export function createRecordQueue(
  options: RecordQueueOptions,
  parts: { readonly send: (batch: readonly LedgerRecord[]) => void },
): RecordQueue {
  const waiters = createFlushWaiters();
  const state = createHaltSwitch(options);
  let waiting: LedgerRecord[] = [];
  let underWay = 0;
  let pushed = 0;
  let done = 0;
  let broken: Error | null = null;

  const backlog = (): number => waiting.length + underWay;
  const sendNext = (): void => {
    if (underWay > 0 || waiting.length === 0 || broken !== null) return;
    const batch = waiting.slice(0, BATCH_RECORDS);
    waiting = waiting.slice(BATCH_RECORDS);
    underWay = batch.length;
    parts.send(batch);
  };
  const refuse = (reason: string): void => {
    state.countRefused();
    state.halt(reason);
  };
  const push = (record: LedgerRecord): boolean => {
    if (broken !== null || backlog() >= options.capacity) {
      refuse(`${options.capacity} records wait to be written`);
      return false;
    }
    waiting.push(record);
    pushed++;
    sendNext();
    return true;
  };
  const written = (): void => {
    done += underWay;
    underWay = 0;
    sendNext();
    // At half its capacity, so that a queue at its brim does not halt and resume with every batch.
    if (backlog() <= options.capacity / 2) state.resume();
    waiters.reached(done);
  };
  const broke = (reason: string): void => {
    if (broken !== null) return;
    broken = new Error(`the ledger's writer ended: ${reason}`);
    state.halt(broken.message);
    waiters.fail(broken);
  };
  const flush = async (signal?: AbortSignal): Promise<void> => {
    if (broken !== null) throw broken;
    if (done < pushed) await waiters.wait(pushed, signal);
  };
  return { push, refuse, written, failed: state.halt, broke, backlog, halted: state.reason, flush };
}
