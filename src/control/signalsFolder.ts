import { constants } from "node:fs";
import { lstat, mkdir, open, opendir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, PlainError } from "../lib/errors.ts";

/** A signal's file as its name tells. */
export interface SignalName {
  readonly file: string;
  /** The name without its ending. */
  readonly stem: string;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
}

/** Most that one signal may hold. */
const MOST_BYTES = 64 * 1024;

/** `signal_<ms>_<SYMBOL>.json`; everything else in the folder is not ours, half-written `.tmp` files included. */
const NAME = /^(signal_(\d{1,15})(?:_.{1,100})?)\.json$/s;

export function signalName(file: string): SignalName | null {
  const [, stem, time] = NAME.exec(file) ?? [];
  return stem === undefined ? null : { file, stem, writtenAt: Number(time) };
}

/** What lies at a name. `unread`: no JSON yet; `mark` changes as long as somebody writes. */
export type SignalContent =
  | { readonly type: "content"; readonly value: unknown }
  | { readonly type: "unread"; readonly why: string; readonly mark: string }
  | { readonly type: "bad"; readonly why: string }
  | { readonly type: "gone" };

export interface SignalsFolder {
  /** Makes `done` and `refused`. Throws `PlainError` (77) where they are anything but folders of ours to write to. */
  prepare(): Promise<void>;
  /** Waiting signals, oldest first; 4,096 at most, of which the directory names them first. */
  list(): Promise<readonly SignalName[]>;
  read(file: string): Promise<SignalContent>;
  done(file: string): Promise<void>;
  /** The reason lies beside it as text. */
  refuse(file: string, why: string): Promise<void>;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

export function createSignalsFolder(path: string): SignalsFolder {
  const to = (folder: "done" | "refused", file: string): string => join(path, folder, file);
  const move = async (file: string, target: string): Promise<void> => {
    try {
      await rename(join(path, file), target);
    } catch (error) {
      // Its writer, or another reader of the folder, was quicker.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  };
  return {
    prepare: async () => {
      for (const folder of ["done", "refused"]) await realFolder(join(path, folder));
    },
    list: async () =>
      (await waiting(path)).toSorted((a, b) => a.writtenAt - b.writtenAt || (a.file < b.file ? -1 : 1)),
    read: (file) => readContent(join(path, file)),
    done: (file) => move(file, to("done", file)),
    refuse: async (file, why) => {
      const reason = to("refused", `${file}.reason`);
      // Never written through a link that somebody put there.
      await unlink(reason).catch((error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
      });
      await writeFile(reason, `${why}\n`, { flag: "wx" });
      await move(file, to("refused", file));
    },
  };
}

/** Most files that are looked at together: a folder of millions costs no more. */
const MOST_LISTED = 4_096;

async function waiting(path: string): Promise<readonly SignalName[]> {
  const found: SignalName[] = [];
  for await (const { name } of await opendir(path)) {
    const signal = signalName(name);
    if (signal !== null) found.push(signal);
    if (found.length === MOST_LISTED) break;
  }
  return found;
}

async function realFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    if ((await lstat(path)).isDirectory()) return;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PlainError(EXIT.permission, `signals.path: cannot make ${path}: ${why}`, cause);
  }
  throw new PlainError(EXIT.permission, `signals.path: ${path} is no folder, or a link to one`);
}

async function readContent(path: string): Promise<SignalContent> {
  let file;
  try {
    // A link is not followed, and a pipe does not block.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return { type: "gone" };
    if (code === "ELOOP") return { type: "bad", why: "a symbolic link" };
    return { type: "bad", why: `cannot be opened (${String(code)})` };
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return { type: "bad", why: "not a plain file" };
    if (stat.size > MOST_BYTES)
      return { type: "bad", why: `${stat.size} bytes, and ${MOST_BYTES} are the most` };
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    if (bytesRead > MOST_BYTES) return { type: "bad", why: `more than ${MOST_BYTES} bytes` };
    return parsed(bytes.subarray(0, bytesRead), `${stat.ino} ${stat.size} ${stat.mtimeMs}`);
  } finally {
    await file.close();
  }
}

function parsed(bytes: Buffer, mark: string): SignalContent {
  try {
    return { type: "content", value: JSON.parse(bytes.toString("utf8")) };
  } catch {
    return { type: "unread", why: bytes.length === 0 ? "empty" : "not valid JSON", mark };
  }
}
