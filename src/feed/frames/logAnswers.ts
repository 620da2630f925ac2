import type { ChainLog, Hash } from "../../chain/types.ts";
import { MAX_FRAME, TEXT_AT } from "./frameKernel.ts";
import {
  chainLogOf,
  createLogReader,
  hasShape,
  keepShape,
  takeLog,
  type KnownShape,
  type LogReader,
  type LogReaderOptions,
} from "./logReader.ts";
import { learnLog } from "./logShape.ts";

/** Reads answers to `eth_getLogs` as `LogFrames` reads notifications: as a whole, or not at all. */
export interface LogAnswers {
  /**
   * The logs of our pools in the list that begins at byte `at` and ends the frame, in its order. Null: not a list for
   * the fast path; also when one of these logs is of another block, or is taken back.
   */
  read(frame: Buffer, at: number, block: Hash): readonly ChainLog[] | null;
}

/** For good: what a node writes changes with its version, not from block to block. */
const LESSONS = 512;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const CLOSE = 0x7d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

interface State {
  readonly reader: LogReader;
  /** The one found last stands in front. */
  readonly known: KnownShape[];
  lessons: number;
}

export function createLogAnswers(options: LogReaderOptions): LogAnswers {
  const reader = createLogReader(options);
  if (reader === null) return { read: () => null };
  const state: State = { reader, known: [], lessons: LESSONS };
  return { read: (frame, at, block) => readList(state, { frame, block }, at) };
}

interface Answer {
  readonly frame: Buffer;
  readonly block: Hash;
}

function readList(state: State, { frame, block }: Answer, start: number): readonly ChainLog[] | null {
  const logs: ChainLog[] = [];
  if (frame[start] !== OPEN_LIST) return null;
  if (frame[start + 1] === CLOSE_LIST) return isEnd(frame, start + 2) ? logs : null;
  for (let at = start + 1; ; at++) {
    const found = shapeAt(state, frame, at) ?? learn(state, frame, at);
    if (found === null || !takeLog(state.reader, found)) return null;
    if (state.reader.record.pool >= 0) {
      const log = chainLogOf(state.reader, found.shape, frame, at);
      if (found.shape.removed || log.blockHash !== block) return null;
      logs.push(log);
    }
    at += found.shape.text.length;
    if (frame[at] === CLOSE_LIST) return isEnd(frame, at + 1) ? logs : null;
    if (frame[at] !== COMMA) return null;
  }
}

/** The answer's own brace, and the newline that geth sets behind it. */
const isEnd = (frame: Buffer, at: number): boolean =>
  frame[at] === CLOSE && (frame.length === at + 1 || (frame.length === at + 2 && frame[at + 1] === NEWLINE));

function shapeAt({ reader, known }: State, frame: Buffer, at: number): KnownShape | null {
  frame.copy(reader.kernel.memory, TEXT_AT, at, at + MAX_FRAME);
  for (const [i, candidate] of known.entries()) {
    const end = at + candidate.shape.text.length;
    if (frame[end - 1] !== CLOSE || end > frame.length || !hasShape(reader, candidate)) continue;
    known.copyWithin(1, 0, i);
    known[0] = candidate;
    return candidate;
  }
  return null;
}

/** No brace stands inside a log. */
function learn(state: State, frame: Buffer, at: number): KnownShape | null {
  const end = frame.indexOf(CLOSE, at) + 1;
  if (state.lessons === 0 || end === 0 || end - at > MAX_FRAME) return null;
  state.lessons--;
  const shape = learnLog(frame.toString("latin1", at, end), state.reader.kinds);
  const kept = shape === null ? null : keepShape(state.reader, shape);
  if (kept === null) return null;
  state.known.unshift(kept);
  return shapeAt(state, frame, at);
}
