import { closeSync, fsync, openSync, realpathSync } from "node:fs";
import type { Database } from "better-sqlite3";

/** What `write` commits is not waited for on the disk, in a database that else is `full`; no end of the process loses it. */
export function unflushed<T>(db: Database, write: () => T): T {
  db.pragma("synchronous = NORMAL");
  try {
    return write();
  } finally {
    db.pragma("synchronous = FULL");
  }
}

/** Puts SQLite's write-ahead log on the disk for those who do not wait for it, on a thread of Node's pool. */
export interface LogFlusher {
  /** All that stands in the log by now is on the disk soon: by the flush under way, or by another one behind it. */
  later(): void;
  /** Behind the flush under way; from then on neither does anything. */
  close(): void;
}

/** The flush of an open file; a test has its own. */
export type Flush = (file: number, done: () => void) => void;

/** It fails as SQLite's own next one does, which is told: Linux keeps an error for each who has the file open. */
const flushFile: Flush = (file, done) => fsync(file, done);

/** `path`: a database's file in WAL mode that has been written to. SQLite's locks are on other files than its log. */
export function openLogFlusher(path: string, flush: Flush = flushFile): LogFlusher {
  const file = openSync(`${realpathSync(path)}-wal`, "r+");
  let underWay = false;
  let wanted = false;
  let closed = false;
  const next = (): void => {
    underWay = wanted;
    wanted = false;
    if (underWay) flush(file, next);
    else if (closed) closeSync(file);
  };
  return {
    later: () => {
      if (closed) return;
      wanted = true;
      if (!underWay) next();
    },
    close: () => {
      // The descriptor may be another file's by then.
      if (closed) return;
      closed = true;
      if (!underWay) next();
    },
  };
}
