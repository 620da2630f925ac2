import { createJsonReader, type JsonValue, type Shape } from "../lib/jsonReader.ts";
import { JsonFault } from "../lib/jsonScanner.ts";

/** What one line held. `syntax`: no JSON at all; `fault`: JSON of another kind than was asked for. */
export type LineFinding =
  | { readonly type: "value"; readonly value: JsonValue }
  | { readonly type: "syntax"; readonly fault: JsonFault }
  | { readonly type: "fault"; readonly fault: JsonFault };

export interface LineReader {
  /** Feeds the next part of the line. */
  write(piece: Buffer): void;
  end(): LineFinding;
  /** Nothing but blanks so far. */
  readonly isBlank: boolean;
}

const isBlankByte = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0d;

/** Reads one line of JSON as it comes in: a line of megabytes is judged without ever being held. */
export function createLineReader(shape: Shape): LineReader {
  let fault: JsonFault | undefined;
  let syntax: JsonFault | undefined;
  let isBlank = true;
  const reader = createJsonReader(shape, (found) => {
    fault ??= found;
  });
  const guarded = <T>(read: () => T): T | undefined => {
    if (syntax !== undefined) return undefined;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      syntax = error;
      return undefined;
    }
  };
  return {
    write: (piece) => {
      isBlank &&= piece.every(isBlankByte);
      guarded(() => reader.write(piece));
    },
    end: () => {
      const value = guarded(() => reader.end());
      if (syntax !== undefined) return { type: "syntax", fault: syntax };
      if (fault !== undefined) return { type: "fault", fault };
      return { type: "value", value: value ?? null };
    },
    get isBlank() {
      return isBlank;
    },
  };
}

/** A line under way, told its pieces and its end. */
export interface OpenLine {
  write(piece: Buffer): void;
  /** The answer, without line feed, or null for a blank line. */
  end(): string | null;
}

const LINE_FEED = 0x0a;

/** Cuts what comes in pieces into lines; gives the answers to the lines that are complete, each with its line feed. */
export interface LineCutter {
  write(chunk: Buffer): string;
  /** Ends the last line. */
  end(): string;
}

export function createLineCutter(openLine: () => OpenLine): LineCutter {
  let line = openLine();
  const close = (): string => {
    const answer = line.end();
    line = openLine();
    return answer === null ? "" : `${answer}\n`;
  };
  return {
    write: (chunk) => {
      const answers: string[] = [];
      let from = 0;
      for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
        line.write(chunk.subarray(from, to));
        answers.push(close());
        from = to + 1;
      }
      line.write(chunk.subarray(from));
      return answers.join("");
    },
    end: close,
  };
}

/** Cuts a stream into lines and gives the answers to those that each chunk completes, in order. */
export async function* answerLines(
  chunks: AsyncIterable<Buffer>,
  openLine: () => OpenLine,
): AsyncGenerator<string> {
  const cutter = createLineCutter(openLine);
  for await (const chunk of chunks) yield cutter.write(chunk);
  yield cutter.end();
}

/** A fault and its place in the line. */
export const faultMessage = ({ path, message }: JsonFault): string =>
  path === "" ? message : `${path}: ${message}`;
