import { mkdir, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { EngineEvent } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { eventToJson } from "./eventJson.ts";
import type { RecordingHeader } from "./eventSchema.ts";

/**
 * Writes all events as `event-recording/1`: NDJSON files of one run, to be read in order of their `part`. Recording
 * is off the hot path: `write` only keeps the event. When the disk fails or falls too far behind, recording ends
 * with an error in the log; a recording with a hole would replay to something that never happened.
 */
export interface Recorder {
  /** The event must not be changed afterwards. */
  write(event: EngineEvent): void;
  /** Writes what is left. Never rejects. */
  close(): Promise<void>;
  /** Null while all is well. */
  readonly failure: string | null;
}

export interface RecorderOptions {
  /** Made when it is missing. */
  readonly folder: string;
  readonly chainId: number;
  /** A file that has grown to this is followed by another. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /** Events that may wait for the disk. Default 100,000. */
  readonly maxBacklog?: number;
}

interface RecorderParts {
  readonly clock: Clock;
  readonly log: Log;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly part: number;
  bytes: number;
}

/** Turned to text in one go; between two the event loop is free. */
const SLICE = 128;

export function createRecorder(options: RecorderOptions, { clock, log }: RecorderParts): Recorder {
  const { maxFileBytes = 256 * 1024 * 1024, maxBacklog = 100_000 } = options;
  const startedAt = clock.now();
  let backlog: EngineEvent[] = [];
  let file: OpenFile | null = null;
  let draining: Promise<void> | null = null;
  let failure: string | null = null;
  let closed = false;

  const fail = (err: unknown, why: string): void => {
    failure = why;
    backlog = [];
    log.error({ err, folder: options.folder }, "event recording ended: the files so far are whole");
  };
  const next = async (): Promise<OpenFile> => {
    const part = file === null ? 0 : file.part + 1;
    await file?.handle.close();
    file = await openPart(options.folder, {
      schema: "event-recording/1",
      chainId: options.chainId,
      startedAt,
      part,
    });
    return file;
  };
  const drain = async (): Promise<void> => {
    try {
      while (backlog.length > 0) {
        const target: OpenFile = file === null || file.bytes >= maxFileBytes ? await next() : file;
        const text = backlog.splice(0, SLICE).map(eventToJson).join("\n");
        target.bytes += await append(target.handle, `${text}\n`);
      }
    } catch (error) {
      fail(error, error instanceof Error ? error.message : String(error));
    } finally {
      draining = null;
    }
  };

  return {
    get failure() {
      return failure;
    },
    write: (event) => {
      if (closed || failure !== null) return;
      backlog.push(event);
      if (backlog.length > maxBacklog) fail(null, `the disk is ${maxBacklog} events behind`);
      // A turn of the event loop later, so that the reader of the event goes first.
      else draining ??= new Promise((resolve) => setImmediate(resolve)).then(drain);
    },
    close: async () => {
      closed = true;
      await draining;
      try {
        await file?.handle.close();
      } catch (error) {
        fail(error, "the last file could not be closed");
      }
    },
  };
}

async function openPart(folder: string, header: RecordingHeader): Promise<OpenFile> {
  await mkdir(folder, { recursive: true });
  const name = `events-${header.startedAt}-${String(header.part).padStart(4, "0")}.ndjson`;
  const handle = await open(join(folder, name), "wx");
  const bytes = await append(handle, `${JSON.stringify(header)}\n`);
  return { handle, part: header.part, bytes };
}

async function append(handle: FileHandle, text: string): Promise<number> {
  const bytes = Buffer.from(text);
  await handle.writeFile(bytes);
  return bytes.length;
}
