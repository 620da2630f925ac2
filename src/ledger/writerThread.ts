import { Worker } from "node:worker_threads";
import type { LedgerRecord } from "./records.ts";

export interface WorkerOptions {
  readonly path: string;
  readonly runId: number;
}

export type WorkerReply = { readonly type: "written" } | { readonly type: "failed"; readonly reason: string };

export interface WriterThreadOptions extends WorkerOptions {
  readonly onReply: (reply: WorkerReply) => void;
  /** The thread ended without being asked: nothing will be written any more. */
  readonly onEnd: (reason: string) => void;
}

export interface WriterThread {
  /** One batch at a time; the next one after its `written`. */
  readonly send: (batch: readonly LedgerRecord[]) => void;
  /**
   * Ends the thread after its try under way; a batch that waits for another try is given up. It is asked, not
   * terminated: where that meets SQLite's binding at the making of an error, V8 aborts the process.
   */
  readonly stop: () => Promise<void>;
}

/** It only writes batches on: garbage is collected early. The rest is far above a full queue's size. */
const MEMORY = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 256 } as const;

/**
 * Built, the worker is a `.js` file beside this one. From the source it is `.ts`, and a thread of Node 20 does not
 * inherit tsx from `--import`: it registers tsx for itself first.
 */
function startWorker(workerData: WorkerOptions): Worker {
  if (import.meta.url.endsWith(".js")) {
    return new Worker(new URL("./ledgerWorker.js", import.meta.url), { workerData, resourceLimits: MEMORY });
  }
  const tsx = import.meta.resolve("tsx/esm/api");
  const source = new URL("./ledgerWorker.ts", import.meta.url).href;
  const load = `import("${tsx}").then((tsx) => { tsx.register(); return import("${source}"); });`;
  return new Worker(load, { eval: true, workerData, resourceLimits: MEMORY });
}

/** Starts the thread that writes the ledger's batches. */
export function startWriterThread(options: WriterThreadOptions): WriterThread {
  const thread = startWorker({ path: options.path, runId: options.runId });
  let stopping = false;
  const ended = new Promise<void>((resolve) => {
    thread.once("exit", () => {
      resolve();
      if (!stopping) options.onEnd("the thread exited");
    });
  });
  thread.once("error", (error) => {
    if (!stopping) options.onEnd(error instanceof Error ? error.message : String(error));
  });
  thread.on("message", (reply: WorkerReply) => options.onReply(reply));
  const post = (message: readonly LedgerRecord[] | "stop"): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    thread.postMessage(message);
  };
  return {
    send: post,
    stop: () => {
      stopping = true;
      post("stop");
      return ended;
    },
  };
}
