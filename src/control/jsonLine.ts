import { isUtf8 } from "node:buffer";

/** What a line breaks of JSON or of our stricter rules; `path` as in `params.hints[3].score`, empty where unknown. */
export class LineFault extends Error {
  override readonly name = "LineFault";
  readonly path: string;

  constructor(message: string, path = "") {
    super(message);
    this.path = path;
  }
}

/** Deepest nesting: a push of hints needs five levels. */
const MOST_LEVELS = 16;
/** Digits of the longest uint256. */
const MOST_DIGITS = 78;
/** Refused as names of fields, so that no object of ours can be reached through one. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));
const HALF_OF_A_PAIR = /\p{Cs}/u;

/**
 * Reads a line of JSON from a stranger, stricter than RFC 8259: no name twice in an object, none that every object
 * inherits, no half of a surrogate pair, no NUL, no byte order mark, no number of more than 78 digits, beyond a double or
 * `-0`, no more than 16 levels. What could be slow is refused before it is parsed. Throws `LineFault`.
 */
export function parseJsonLine(line: Buffer): unknown {
  if (!isUtf8(line)) throw new LineFault("not valid JSON: bytes that are not UTF-8");
  const text = line.toString("utf8");
  const { names, escapes } = preview(text);
  const value = parse(text);
  const found = escapes ? null : namesIn(value);
  const seen = { names: found ?? 0, escapes };
  if (found === null) inspect(value, seen, []);
  // The parser keeps one of two fields of the same name.
  if (seen.names !== names) throw new LineFault("a name stands twice in one object");
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LineFault("not valid JSON");
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Counts what stands outside of texts: levels, digits, and the colons, of which every field has one. */
function preview(text: string): { readonly names: number; readonly escapes: boolean } {
  let names = 0;
  let levels = 0;
  let digits = 0;
  const escapes = text.includes("\\");
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfText(text, at + 1, escapes);
      if (at < 0) break;
    } else if (code >= 0x30 && code <= 0x39) {
      if (++digits > MOST_DIGITS) throw new LineFault(`a number of more than ${MOST_DIGITS} digits`);
    } else if (code === COLON) names++;
    else if (code === 0x2c) digits = 0;
    else if (code === 0x7b || code === 0x5b) {
      digits = 0;
      if (++levels > MOST_LEVELS) throw new LineFault(`nested deeper than ${MOST_LEVELS} levels`);
    } else if (code === 0x7d || code === 0x5d) levels--;
  }
  return { names, escapes };
}

/** Where the text that begins at `from` has its closing quote; below 0: nowhere. */
function endOfText(text: string, from: number, escapes: boolean): number {
  if (!escapes) return text.indexOf('"', from);
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}

/**
 * How many fields a value has that was read from a text without escapes; null: `inspect` has something to say. It is told
 * where only then: a push has thousands of places.
 */
function namesIn(value: unknown): number | null {
  if (typeof value === "number") return isPlainNumber(value) ? 0 : null;
  let names = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      const within = namesIn(item);
      if (within === null) return null;
      names += within;
    }
    return names;
  }
  if (!isFields(value)) return 0;
  // Of what the parser makes, every name is its own.
  for (const name in value) {
    const within = INHERITED.has(name) ? null : namesIn(value[name]);
    if (within === null) return null;
    names += 1 + within;
  }
  return names;
}

/** An object, as far as its fields are asked for; a list is one too. */
export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isPlainNumber = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);

interface Seen {
  names: number;
  /** Only where there are escapes can a text hold what UTF-8 does not allow. */
  readonly escapes: boolean;
}

type Place = (string | number)[];

function inspect(value: unknown, seen: Seen, place: Place): void {
  if (typeof value === "string") {
    if (seen.escapes) inspectText(value, place);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new LineFault("a number beyond what a double holds", shown(place));
    if (Object.is(value, -0)) throw new LineFault("a negative zero", shown(place));
  } else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      place.push(i);
      inspect(value[i], seen, place);
      place.pop();
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      seen.names++;
      place.push(name);
      if (INHERITED.has(name)) throw new LineFault("not a name for a field", shown(place));
      if (seen.escapes) inspectText(name, place);
      inspect(field, seen, place);
      place.pop();
    }
  }
}

function inspectText(text: string, place: Place): void {
  if (text.includes("\0")) throw new LineFault("a text with NUL", shown(place));
  if (HALF_OF_A_PAIR.test(text)) throw new LineFault("a text with half of a surrogate pair", shown(place));
}

/** A place as it is written in JavaScript: `params.hints[3].score`. */
export function shown(place: readonly PropertyKey[]): string {
  return place
    .map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`))
    .join("");
}
