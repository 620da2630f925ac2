import { createReadStream } from "node:fs";
import type { EngineEvent } from "../engine/events.ts";
import { InputError } from "../lib/errors.ts";
import { engineEventSchema, recordingHeaderSchema, type RecordingHeader } from "./eventSchema.ts";

/** What a recording says before its first event. Throws `InputError`. */
export async function readRecordingHeader(file: string): Promise<RecordingHeader> {
  for await (const line of linesOf(file)) return parseLine(line, recordingHeaderSchema);
  throw new InputError("schema", `${file}:1: empty, expected the line {"schema":"event-recording/1",…}`);
}

/**
 * The events of a run, from its files in order, one at a time. A line that is not right ends it with `InputError`
 * that names file, line and field; only a last line that was cut off while it was written is passed over.
 */
export async function* readRecording(files: readonly string[]): AsyncGenerator<EngineEvent> {
  let before: RecordingHeader | null = null;
  for (const file of files) {
    const header = await readRecordingHeader(file);
    checkFollows(file, header, before);
    before = header;
    for await (const line of linesOf(file)) {
      if (line.number === 1) continue;
      if (!line.ended && !isJson(line.text)) return;
      yield parseLine(line, engineEventSchema);
    }
  }
}

function checkFollows(file: string, header: RecordingHeader, before: RecordingHeader | null): void {
  const refuse = (field: keyof RecordingHeader, expected: number): never => {
    throw new InputError(field, `${file}:1: ${field}: expected ${expected}, found ${header[field]}`);
  };
  if (before === null) return;
  if (header.chainId !== before.chainId) refuse("chainId", before.chainId);
  if (header.startedAt !== before.startedAt) refuse("startedAt", before.startedAt);
  if (header.part !== before.part + 1) refuse("part", before.part + 1);
}

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
  /** False for a last line without its end: the recorder was killed while it wrote. */
  readonly ended: boolean;
}

/** A line of all pools with all ticks has some megabytes. */
const MAX_LINE_CHARS = 256 * 1024 * 1024;

async function* linesOf(file: string): AsyncGenerator<Line> {
  let number = 0;
  let chars = 0;
  let parts: string[] = [];
  const take = (ended: boolean): Line => {
    const text = parts.join("");
    parts = [];
    chars = 0;
    return { file, number: ++number, text, ended };
  };
  for await (const chunk of chunksOf(file)) {
    for (const [i, part] of chunk.split("\n").entries()) {
      if (i > 0) yield take(true);
      parts.push(part);
      chars += part.length;
      if (chars > MAX_LINE_CHARS)
        throw new InputError("line", `${file}:${number + 1}: longer than any event`);
    }
  }
  if (chars > 0) yield take(false);
}

async function* chunksOf(file: string): AsyncGenerator<string> {
  try {
    for await (const chunk of createReadStream(file, { encoding: "utf8" })) yield String(chunk);
  } catch (error) {
    throw new InputError("file", `${file}: ${error instanceof Error ? error.message : "cannot be read"}`);
  }
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseLine<T>({ file, number, text }: Line, schema: Schema<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError("line", `${file}:${number}: not a line of JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = fieldOf(issue?.path ?? []);
  throw new InputError(field, `${file}:${number}: ${field}: ${issue?.message ?? "not valid"}`);
}

/** `pools[3].state.reserve0` */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i === 0 ? "" : "."}${String(key)}`))
    .join("") || "line";
