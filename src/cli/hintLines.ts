import type { Readable } from "node:stream";

/** What stood on a line of stdin. */
export type HintLine =
  | { readonly line: number; readonly hint: unknown; readonly bytes: number }
  | { readonly line: number; readonly fault: string };

/** A push is one line of the protocol, of 64 KiB, with its envelope and ids. */
const MOST_BYTES = 48 * 1024;
const MOST_HINTS = 200;

/** Hints from NDJSON in lists that fit a push: what has come together goes together, and nothing waits for more. */
export async function* hintBatches(source: Readable): AsyncGenerator<readonly HintLine[]> {
  let line = 0;
  let rest = "";
  for await (const piece of source.setEncoding("utf8")) {
    const lines = (rest + String(piece)).split("\n");
    rest = lines.pop() ?? "";
    yield* batchesOf(lines.flatMap((text) => readLine(text, ++line)));
    if (rest.length <= MOST_BYTES) continue;
    yield [{ line: line + 1, fault: `longer than ${MOST_BYTES} bytes; nothing behind it is read` }];
    return;
  }
  yield* batchesOf(readLine(rest, line + 1));
}

function readLine(text: string, line: number): readonly HintLine[] {
  if (text.trim() === "") return [];
  const bytes = Buffer.byteLength(text) + 1;
  if (bytes > MOST_BYTES) return [{ line, fault: `longer than ${MOST_BYTES} bytes` }];
  try {
    return [{ line, hint: JSON.parse(text), bytes }];
  } catch {
    return [{ line, fault: "not valid JSON" }];
  }
}

function* batchesOf(lines: readonly HintLine[]): Generator<readonly HintLine[]> {
  let batch: HintLine[] = [];
  let bytes = 0;
  for (const one of lines) {
    const size = "bytes" in one ? one.bytes : 0;
    if (batch.length === MOST_HINTS || bytes + size > MOST_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
