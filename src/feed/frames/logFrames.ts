import type { ChainLog } from "../../chain/types.ts";
import { MAX_FRAME, TEXT_AT } from "./frameKernel.ts";
import {
  chainLogOf,
  createLogReader,
  createLogRecord,
  hasShape,
  keepShape,
  takeLog,
  type KnownShape,
  type LogReader,
  type LogReaderOptions,
} from "./logReader.ts";
import { LIMBS, type LogRecord } from "./logRecord.ts";
import { learnFrame, type LogShape } from "./logShape.ts";

/**
 * Reads the notifications of a log subscription out of the socket's buffer without building objects. The general
 * parser shows once what a frame of each shape looks like; every later one is compared with that byte by byte, and
 * each of its digits is checked. Whatever differs is left to the general decoder.
 */
export interface LogFrames {
  /** From now on frames of this subscription; null: of any. What was learned is forgotten. */
  follow(subscription: string | null): void;
  /**
   * True: `record` holds the frame's log. False: not a frame for the fast path, and the record means nothing. Never
   * throws, never keeps the frame.
   */
  read(frame: Buffer): boolean;
  readonly record: LogRecord;
  /** The log of `frame`, which was read last, as `parseLog` gives it. */
  chainLog(frame: Buffer): ChainLog;
}

/** For each subscription: a node that always writes otherwise must not cost two decoders for ever. */
const LESSONS = 512;

interface State {
  readonly reader: LogReader;
  subscription: string | null;
  /** By length of the frame. */
  readonly known: (readonly KnownShape[] | undefined)[];
  lessons: number;
  /** Of the frame that was read last. */
  last: LogShape | null;
}

export function createLogFrames(options: LogReaderOptions): LogFrames {
  const reader = createLogReader(options);
  if (reader === null) return blind();
  const state: State = {
    reader,
    subscription: null,
    known: Array.from({ length: MAX_FRAME + 1 }, () => undefined),
    lessons: LESSONS,
    last: null,
  };
  return {
    follow: (subscription) => {
      state.subscription = subscription;
      state.known.fill(undefined);
      reader.shapes.clear();
      state.lessons = LESSONS;
    },
    read: (frame) => read(state, frame),
    record: reader.record,
    chainLog: (frame) => (state.last === null ? refuse() : chainLogOf(reader, state.last, frame, 0)),
  };
}

/** Leaves everything to the general decoder. */
const blind = (): LogFrames => ({
  follow: () => undefined,
  read: () => false,
  record: createLogRecord(new Int32Array(4 * LIMBS)),
  chainLog: refuse,
});

function refuse(): never {
  throw new Error("no frame was read");
}

function read(state: State, frame: Buffer): boolean {
  const { reader } = state;
  if (frame.length > MAX_FRAME) return false;
  const candidates = state.known[frame.length];
  if (candidates === undefined) return learn(state, frame);
  reader.kernel.memory.set(frame, TEXT_AT);
  for (let i = 0; i < candidates.length; i++) {
    const known = candidates[i];
    if (known === undefined || !hasShape(reader, known)) continue;
    state.last = known.shape;
    return takeLog(reader, known);
  }
  return learn(state, frame);
}

/** A frame whose shape was not seen yet, or one of somebody else. */
function learn(state: State, frame: Buffer): boolean {
  const { subscription, reader, known } = state;
  if (state.lessons === 0 || (subscription !== null && !frame.includes(subscription))) return false;
  state.lessons--;
  const shape = learnFrame(frame.toString("latin1"), subscription, reader.kinds);
  const kept = shape === null ? null : keepShape(reader, shape);
  if (kept === null) return false;
  known[frame.length] = [kept, ...(known[frame.length] ?? [])];
  return read(state, frame);
}
