/** A JSON number as it was written: whoever needs it decides how, and loses no digit. */
export interface JsonNumber {
  readonly number: string;
}

export type JsonScalar = string | JsonNumber | boolean | null;

/** What is wrong in a JSON document. `path` names the place, e.g. `pools[3].reserve0`; it may be empty. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** Who listens to a scanner. Nothing else of the document is kept in memory. */
export interface JsonSink {
  /** Bytes to keep of the coming string or number, -1: none of it; what is longer ends in `tooLong`. */
  room(): number;
  open(container: "object" | "list"): void;
  close(): void;
  /** Null: longer than `MAX_KEY` bytes. */
  key(text: string | null): void;
  /** What was not kept arrives as an empty string. */
  value(value: JsonScalar): void;
  tooLong(): void;
  /** The path of the value at which the scanner stands. */
  where(): string;
}

/** Deeper nesting is refused: no document of ours needs ten levels. */
export const MAX_DEPTH = 64;
const MAX_KEY = 128;
/** Longest number in characters; RFC 8259 section 9 lets a parser set one. */
const MAX_WORD = 1024;

type Mode = "value" | "item" | "firstKey" | "key" | "colon" | "after" | "string" | "word" | "done";

/** The state of one scan: a byte machine, so that the document may come in any pieces. */
export interface JsonScanner {
  readonly sink: JsonSink;
  mode: Mode;
  readonly isObject: Uint8Array;
  depth: number;
  /** Bytes of all former chunks, and where the current line began. */
  offset: number;
  line: number;
  lineStart: number;
  /** Bytes of a byte order mark seen. */
  mark: number;
  text: Buffer;
  length: number;
  room: number;
  full: boolean;
  isKey: boolean;
  escaped: boolean;
  /** 0: outside; 1: behind a backslash; 2 to 5: hex digits left, plus one. */
  escape: number;
  /** All bytes of the string or-ed: below 0x80 it is plain ASCII. */
  bits: number;
}

export const createJsonScanner = (sink: JsonSink): JsonScanner => ({
  sink,
  mode: "value",
  isObject: new Uint8Array(MAX_DEPTH),
  depth: 0,
  offset: 0,
  line: 1,
  lineStart: 0,
  mark: 0,
  text: Buffer.allocUnsafe(256),
  length: 0,
  room: 0,
  full: false,
  isKey: false,
  escaped: false,
  escape: 0,
  bits: 0,
});

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const ESCAPABLE = new Set(Buffer.from('"\\/bfnrt'));
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LITERALS = new Map<string, JsonScalar>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

const isWordByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ||
  byte === 0x2b ||
  byte === 0x2d ||
  byte === 0x2e;

const isHexByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

const shown = (byte: number): string =>
  byte > 0x20 && byte < 0x7f
    ? `"${String.fromCharCode(byte)}"`
    : `byte 0x${byte.toString(16).padStart(2, "0")}`;

const fail = (scanner: JsonScanner, at: number, message: string): never => {
  const column = scanner.offset + at - scanner.lineStart + 1;
  throw new JsonFault(scanner.sink.where(), `${message} at line ${scanner.line}, column ${column}`);
};

const EXPECTED: Record<Mode, string> = {
  value: "a value",
  item: 'a value or "]"',
  firstKey: 'a name in quotes or "}"',
  key: "a name in quotes",
  colon: '":"',
  after: '"," or the closing bracket',
  string: "the end of the text",
  word: "the end of the value",
  done: "nothing more",
};

const unexpected = (scanner: JsonScanner, at: number, what: string): never =>
  fail(scanner, at, `not valid JSON: ${what} where ${EXPECTED[scanner.mode]} should stand`);

const afterValue = (scanner: JsonScanner): void => {
  scanner.mode = scanner.depth === 0 ? "done" : "after";
};

const keep = (scanner: JsonScanner, chunk: Buffer, from: number, to: number): void => {
  if (scanner.full) return;
  const length = scanner.length + to - from;
  if (length > scanner.room) {
    scanner.full = true;
    if (!scanner.isKey) scanner.sink.tooLong();
    return;
  }
  if (length > scanner.text.length) {
    const wider = Buffer.allocUnsafe(length * 2);
    scanner.text.copy(wider, 0, 0, scanner.length);
    scanner.text = wider;
  }
  chunk.copy(scanner.text, scanner.length, from, to);
  scanner.length = length;
};

const beginText = (scanner: JsonScanner, room: number, isKey: boolean): void => {
  scanner.mode = "string";
  scanner.isKey = isKey;
  scanner.room = room;
  scanner.full = room < 0;
  scanner.length = 0;
  scanner.escaped = false;
  scanner.bits = 0;
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const keptText = (scanner: JsonScanner, at: number): string => {
  if (scanner.full) return "";
  const bytes = scanner.text.subarray(0, scanner.length);
  let text = "";
  try {
    text = scanner.bits < 0x80 ? bytes.toString("latin1") : utf8.decode(bytes);
  } catch {
    return fail(scanner, at, "not valid JSON: text that is not UTF-8");
  }
  // The escapes were checked byte by byte, so this cannot fail.
  return scanner.escaped ? String(JSON.parse(`"${text}"`)) : text;
};

const endText = (scanner: JsonScanner, at: number): void => {
  const text = keptText(scanner, at);
  if (scanner.isKey) {
    scanner.mode = "colon";
    scanner.sink.key(scanner.full ? null : text);
  } else {
    afterValue(scanner);
    scanner.sink.value(text);
  }
};

const stepEscape = (scanner: JsonScanner, byte: number, at: number): void => {
  if (scanner.escape > 1) {
    if (!isHexByte(byte)) fail(scanner, at, `not valid JSON: ${shown(byte)} in a \\u escape`);
    scanner.escape = scanner.escape === 2 ? 0 : scanner.escape - 1;
  } else if (byte === 0x75) scanner.escape = 5;
  else if (ESCAPABLE.has(byte)) scanner.escape = 0;
  else fail(scanner, at, `not valid JSON: ${shown(byte)} behind a backslash`);
};

/** Takes what the chunk holds of a string; returns where to go on. */
const takeString = (scanner: JsonScanner, chunk: Buffer, from: number): number => {
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at] ?? 0;
    scanner.bits |= byte;
    if (scanner.escape > 0) stepEscape(scanner, byte, at);
    else if (byte === QUOTE) {
      keep(scanner, chunk, from, at);
      endText(scanner, at);
      return at + 1;
    } else if (byte === BACKSLASH) {
      scanner.escape = 1;
      scanner.escaped = true;
    } else if (byte < 0x20) fail(scanner, at, `not valid JSON: ${shown(byte)} inside a text`);
  }
  keep(scanner, chunk, from, chunk.length);
  return chunk.length;
};

/** Numbers, true, false and null are read to their end first, then judged. */
const endWord = (scanner: JsonScanner, at: number): void => {
  const word = scanner.text.toString("latin1", 0, scanner.length);
  const literal = LITERALS.get(word);
  if (literal === undefined && !NUMBER.test(word)) {
    const start = at - word.length;
    scanner.mode = "value";
    unexpected(scanner, start, `"${word.slice(0, 24)}"`);
  }
  afterValue(scanner);
  if (literal !== undefined) scanner.sink.value(literal);
  else {
    if (scanner.room >= 0 && word.length > scanner.room) scanner.sink.tooLong();
    scanner.sink.value({ number: word });
  }
};

const takeWord = (scanner: JsonScanner, chunk: Buffer, from: number): number => {
  let at = from;
  while (at < chunk.length && isWordByte(chunk[at] ?? 0)) at++;
  if (scanner.length + at - from > MAX_WORD)
    fail(scanner, from, `not valid JSON: a number of more than ${MAX_WORD} characters`);
  chunk.copy(scanner.text, scanner.length, from, at);
  scanner.length += at - from;
  if (at < chunk.length) endWord(scanner, at);
  return at;
};

const beginWord = (scanner: JsonScanner): void => {
  scanner.room = scanner.sink.room();
  scanner.mode = "word";
  scanner.length = 0;
  if (scanner.text.length < MAX_WORD) scanner.text = Buffer.allocUnsafe(MAX_WORD);
};

const open = (scanner: JsonScanner, at: number, object: boolean): void => {
  if (scanner.depth === MAX_DEPTH) fail(scanner, at, `nested deeper than ${MAX_DEPTH} levels`);
  scanner.isObject[scanner.depth++] = object ? 1 : 0;
  scanner.mode = object ? "firstKey" : "item";
  scanner.sink.open(object ? "object" : "list");
};

const close = (scanner: JsonScanner, at: number, object: boolean): void => {
  const fits = scanner.depth > 0 && scanner.isObject[scanner.depth - 1] === (object ? 1 : 0);
  const due = scanner.mode === "after" || scanner.mode === (object ? "firstKey" : "item");
  if (!fits || !due) unexpected(scanner, at, object ? '"}"' : '"]"');
  scanner.depth--;
  afterValue(scanner);
  scanner.sink.close();
};

const takeMark = (scanner: JsonScanner, byte: number, at: number): boolean => {
  const position = scanner.offset + at;
  if (position !== scanner.mark || byte !== BYTE_ORDER_MARK[position]) return false;
  scanner.mark++;
  return true;
};

const beginValue = (scanner: JsonScanner, byte: number, at: number): number => {
  if (takeMark(scanner, byte, at)) return at + 1;
  if (scanner.mark % BYTE_ORDER_MARK.length !== 0) unexpected(scanner, at, shown(byte));
  if (byte === QUOTE) beginText(scanner, scanner.sink.room(), false);
  else if (byte === 0x7b) open(scanner, at, true);
  else if (byte === 0x5b) open(scanner, at, false);
  else if (byte === 0x5d && scanner.mode === "item") close(scanner, at, false);
  else if (isWordByte(byte)) {
    beginWord(scanner);
    return at;
  } else unexpected(scanner, at, shown(byte));
  return at + 1;
};

const takeKey = (scanner: JsonScanner, byte: number, at: number): void => {
  if (byte === QUOTE) beginText(scanner, MAX_KEY, true);
  else if (byte === 0x7d) close(scanner, at, true);
  else unexpected(scanner, at, shown(byte));
};

const takeAfter = (scanner: JsonScanner, byte: number, at: number): void => {
  if (byte === 0x2c) scanner.mode = scanner.isObject[scanner.depth - 1] === 1 ? "key" : "value";
  else if (byte === 0x7d || byte === 0x5d) close(scanner, at, byte === 0x7d);
  else unexpected(scanner, at, shown(byte));
};

const takeStructure = (scanner: JsonScanner, byte: number, at: number): number => {
  if (byte === 0x20 || byte === 0x0d || byte === 0x09) return at + 1;
  if (byte === 0x0a) {
    scanner.line++;
    scanner.lineStart = scanner.offset + at + 1;
    return at + 1;
  }
  const { mode } = scanner;
  if (mode === "value" || mode === "item") return beginValue(scanner, byte, at);
  if (mode === "firstKey" || mode === "key") takeKey(scanner, byte, at);
  else if (mode === "after") takeAfter(scanner, byte, at);
  else if (mode === "colon" && byte === 0x3a) scanner.mode = "value";
  else unexpected(scanner, at, shown(byte));
  return at + 1;
};

/** Feeds the next bytes of the document. Throws `JsonFault` at the first byte that cannot be JSON. */
export const scanChunk = (scanner: JsonScanner, chunk: Buffer): void => {
  let at = 0;
  while (at < chunk.length) {
    if (scanner.mode === "string") at = takeString(scanner, chunk, at);
    else if (scanner.mode === "word") at = takeWord(scanner, chunk, at);
    else at = takeStructure(scanner, chunk[at] ?? 0, at);
  }
  scanner.offset += chunk.length;
};

/** Says that no more bytes come. Throws `JsonFault` when the document is not complete. */
export const scanEnd = (scanner: JsonScanner): void => {
  if (scanner.mode === "word") endWord(scanner, 0);
  if (scanner.mode === "done") return;
  const empty = scanner.mode === "value" && scanner.depth === 0;
  fail(
    scanner,
    0,
    empty ? "the document is empty" : `cut off: the document ends before ${EXPECTED[scanner.mode]}`,
  );
};
