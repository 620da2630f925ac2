import { isFields, parseLog } from "../parse.ts";
import type { LogKind } from "./logRecord.ts";

/**
 * A frame of one log with blanks for the digits: where each part stands, and what stands between. The frames that one
 * node sends for one event differ in their digits alone, and in how many of them three of the quantities have; some
 * dozens of shapes cover them all. Places count bytes from the first of the frame.
 */
export interface LogShape {
  readonly text: string;
  /** Where hex digits stand, in order; everything else is the same in every frame of the shape. */
  readonly digits: readonly Stretch[];
  readonly kind: LogKind;
  readonly removed: boolean;
  /** Of the digits behind `0x`. */
  readonly address: number;
  readonly blockHash: number;
  readonly transactionHash: number;
  readonly blockNumber: Stretch;
  readonly logIndex: Stretch;
  /** The words of the event, indexed ones first. */
  readonly words: readonly number[];
}

/** From `from` to before `end`. */
export interface Stretch {
  readonly from: number;
  readonly end: number;
}

/** Thirteen digits are what a number holds exactly. */
const QUANTITY = /^0x[0-9a-fA-F]{1,13}$/;
/** Printable ASCII: a byte is a character. */
const PLAIN = /^[\x20-\x7e]*$/;
const USED = ["address", "topics", "data", "blockHash", "blockNumber", "transactionHash", "logIndex"];
const QUANTITIES = ["blockNumber", "logIndex", "transactionIndex", "blockTimestamp"];
const UNUSED = ["transactionIndex", "blockTimestamp"];
const WORD_DIGITS = 64;
/** From topic to topic: its digits, then `","0x`. */
const NEXT_TOPIC = WORD_DIGITS + 5;

/**
 * The shape of a notification of the subscription (null: of any), or null when it is none for the fast path. Learned
 * with the general parser, which has to take it; it must be written as JSON.stringify writes (no white space, no
 * escapes, no key twice) but for the newline that geth sets at the end, and the log must hold no unknown key.
 */
export function learnFrame(
  frame: string,
  subscription: string | null,
  kinds: readonly LogKind[],
): LogShape | null {
  const found = findLog(frame, subscription);
  return found === null ? null : shapeOf(frame, found, kinds);
}

/** The same for a log alone. */
export function learnLog(text: string, kinds: readonly LogKind[]): LogShape | null {
  const log = parseExactly(text);
  return isFields(log) ? shapeOf(text, { log, at: 0 }, kinds) : null;
}

interface FoundLog {
  readonly log: Readonly<Record<string, unknown>>;
  /** Where its opening brace stands. */
  readonly at: number;
}

const HOLE = '"result":0';

function findLog(frame: string, subscription: string | null): FoundLog | null {
  const text = frame.endsWith("\n") ? frame.slice(0, -1) : frame;
  const message = parseExactly(text);
  if (!isFields(message) || message["method"] !== "eth_subscription") return null;
  const { params } = message;
  if (!isFields(params) || typeof params["subscription"] !== "string") return null;
  if (subscription !== null && params["subscription"] !== subscription) return null;
  const log = params["result"];
  if (!isFields(log)) return null;
  const hollow = JSON.stringify({ ...message, params: { ...params, result: 0 } });
  const at = hollow.indexOf(HOLE);
  // Another one under some key that nobody knows: not worth telling apart.
  return at === hollow.lastIndexOf(HOLE) ? { log, at: at + HOLE.length - 1 } : null;
}

/** The value when `text` is its one canonical spelling; else undefined. */
function parseExactly(text: string): unknown {
  if (!PLAIN.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** From behind the `0x` of each value (of the first topic, in the list of them) to before its closing quote. */
function partsOf(log: FoundLog["log"], brace: number): ReadonlyMap<string, Stretch> | null {
  const parts = new Map<string, Stretch>();
  let at = brace + 1;
  for (const [key, value] of Object.entries(log)) {
    const known = USED.includes(key) || UNUSED.includes(key) || key === "removed";
    const isQuantity = typeof value === "string" && QUANTITY.test(value);
    if (!known || (QUANTITIES.includes(key) && !isQuantity)) return null;
    if (key === "removed" && typeof value !== "boolean") return null;
    const from = at + `"${key}":`.length;
    const end = from + JSON.stringify(value).length;
    if (key === "topics") parts.set(key, { from: from + '["0x'.length, end: end - 2 });
    else parts.set(key, { from: from + '"0x'.length, end: end - 1 });
    at = end + 1;
  }
  return parts;
}

function shapeOf(text: string, { log, at }: FoundLog, kinds: readonly LogKind[]): LogShape | null {
  const noted = parseLog(log);
  const kind = kinds.find(({ topic }) => topic === noted?.log.topics[0]);
  const parts = partsOf(log, at);
  if (noted === null || kind === undefined || parts === null) return null;
  if (noted.log.topics.length !== 1 + kind.indexed) return null;
  if (noted.log.data.length !== 2 + WORD_DIGITS * kind.plain) return null;
  return laidOut(text, { kind, removed: noted.removed, parts });
}

interface Learned extends Pick<LogShape, "kind" | "removed"> {
  readonly parts: ReadonlyMap<string, Stretch>;
}

function laidOut(text: string, { kind, removed, parts }: Learned): LogShape {
  const part = (key: string): Stretch => parts.get(key) ?? { from: 0, end: 0 };
  const [topics, data] = [part("topics"), part("data")];
  const indexed = Array.from({ length: kind.indexed }, (_, i) => topics.from + NEXT_TOPIC * (i + 1));
  const plain = Array.from({ length: kind.plain }, (_, i) => data.from + WORD_DIGITS * i);
  const digits = [
    ...indexed.map((from) => ({ from, end: from + WORD_DIGITS })),
    ...[...parts.keys()].filter((key) => key !== "topics" && key !== "removed").map(part),
  ];
  return {
    text,
    digits: digits.toSorted((a, b) => a.from - b.from),
    kind,
    removed,
    address: part("address").from,
    blockHash: part("blockHash").from,
    transactionHash: part("transactionHash").from,
    blockNumber: part("blockNumber"),
    logIndex: part("logIndex"),
    words: [...indexed, ...plain],
  };
}
