import {
  createJsonScanner,
  JsonFault,
  scanChunk,
  scanEnd,
  type JsonScalar,
  type JsonSink,
} from "./jsonScanner.ts";

/** Known fields by name; a value that its shape handed over stands as null. */
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = JsonScalar | JsonObject | readonly JsonValue[];

/**
 * Takes a value away as soon as it is complete, so that a long list is never held as a whole. `where` gives the
 * value's path. What it throws as `JsonFault` is treated like a fault of the document.
 */
export type Take = (value: JsonValue, where: () => string) => void;

interface Taken {
  readonly take?: Take;
}

/** Text, number, true, false or null of at most `room` bytes. */
export interface ScalarShape extends Taken {
  readonly kind: "scalar";
  readonly room: number;
}

/** An object of which the named fields are read; unknown ones are checked for syntax and ignored. */
export interface ObjectShape extends Taken {
  readonly kind: "object";
  readonly fields: ReadonlyMap<string, Shape>;
}

/** An object whose names are data. */
export interface MapShape extends Taken {
  readonly kind: "map";
  readonly of: Shape;
}

export interface ListShape extends Taken {
  readonly kind: "list";
  readonly of: Shape;
  readonly most?: number;
  /** Null may stand in its place. */
  readonly nullable?: boolean;
}

/** Either a scalar or an object, as it comes. */
export interface EitherShape {
  readonly kind: "either";
  readonly scalar: ScalarShape;
  readonly object: ObjectShape;
}

/** What is expected, and therefore kept, of a document. */
export type Shape = ScalarShape | ObjectShape | MapShape | ListShape | EitherShape;

interface Frame {
  readonly shape: ObjectShape | MapShape | ListShape;
  readonly fields: Map<string, JsonValue>;
  readonly items: JsonValue[];
  key: string | null;
  count: number;
}

interface ReaderState {
  readonly root: Shape;
  readonly onFault: (fault: JsonFault) => void;
  readonly frames: Frame[];
  /** Open containers of a value that nobody wants. */
  skipping: number;
  result: JsonValue;
}

export interface JsonReader {
  /** Feeds the next bytes. */
  write(chunk: Buffer): void;
  /** Says that no more come, and gives the document. */
  end(): JsonValue;
}

const pathOf = (frames: readonly Frame[]): string =>
  frames.reduce((path, { shape, key, count }) => {
    if (shape.kind === "list") return `${path}[${count}]`;
    return key === null ? path : path === "" ? key : `${path}.${key}`;
  }, "");

const expectedShape = (state: ReaderState): Shape | undefined => {
  const frame = state.frames.at(-1);
  if (frame === undefined) return state.root;
  if (frame.shape.kind !== "object") return frame.shape.of;
  return frame.key === null ? undefined : frame.shape.fields.get(frame.key);
};

const fault = (state: ReaderState, message: string): void => {
  state.onFault(new JsonFault(pathOf(state.frames), message));
};

const handOver = (state: ReaderState, take: Take, value: JsonValue): void => {
  try {
    take(value, () => pathOf(state.frames));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    state.onFault(error);
  }
};

/** Puts a complete value where it belongs: to its taker, or into the container around it. */
const place = (state: ReaderState, take: Take | undefined, value: JsonValue): void => {
  if (take !== undefined) handOver(state, take, value);
  const kept = take === undefined ? value : null;
  const frame = state.frames.at(-1);
  if (frame === undefined) state.result = kept;
  else if (frame.shape.kind === "list") {
    if (take === undefined) frame.items.push(kept);
  } else if (frame.key !== null && !(frame.shape.kind === "map" && take !== undefined))
    frame.fields.set(frame.key, kept);
};

/** Steps past the value just read, so that the path is that of the next one. */
const step = (state: ReaderState): void => {
  const frame = state.frames.at(-1);
  if (frame === undefined) return;
  frame.count++;
  frame.key = null;
};

const NOUN = {
  object: "an object",
  map: "an object",
  list: "a list",
  scalar: "a plain value",
  either: "a plain value or an object",
};

const nounOf = (value: JsonScalar): string => {
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "true or false" : "a number";
};

const openContainer = (state: ReaderState, container: "object" | "list"): void => {
  const expected = expectedShape(state);
  const shape = expected?.kind === "either" ? expected.object : expected;
  const fits =
    container === "list" ? shape?.kind === "list" : shape?.kind === "object" || shape?.kind === "map";
  const full = isFull(state);
  if (expected !== undefined && !fits)
    fault(state, `expected ${NOUN[expected.kind]}, found ${NOUN[container]}`);
  if (shape === undefined || shape.kind === "scalar" || !fits || full) state.skipping = 1;
  else state.frames.push({ shape, fields: new Map(), items: [], key: null, count: 0 });
};

/** More items than the list may have: a fault, once. */
const isFull = (state: ReaderState): boolean => {
  const frame = state.frames.at(-1);
  if (frame?.shape.kind !== "list" || frame.shape.most === undefined || frame.count < frame.shape.most)
    return false;
  if (frame.count === frame.shape.most) fault(state, `more than ${frame.shape.most} values in the list`);
  return true;
};

const takeScalar = (state: ReaderState, value: JsonScalar): void => {
  const expected = expectedShape(state);
  const shape = expected?.kind === "either" ? expected.scalar : expected;
  if (shape === undefined || isFull(state)) return;
  if (shape.kind === "scalar") place(state, shape.take, value);
  else if (shape.kind === "list" && shape.nullable === true && value === null) place(state, undefined, null);
  else fault(state, `expected ${NOUN[shape.kind]}, found ${nounOf(value)}`);
};

const takeKey = (state: ReaderState, key: string | null): void => {
  const frame = state.frames.at(-1);
  if (frame === undefined) return;
  frame.key = key;
  if (key === null) {
    if (frame.shape.kind === "map") fault(state, "a name that is far too long");
  } else if (frame.fields.has(key)) fault(state, "named twice in one object");
};

const closeContainer = (state: ReaderState): void => {
  const frame = state.frames.pop();
  if (frame === undefined) return;
  place(state, frame.shape.take, frame.shape.kind === "list" ? frame.items : frame.fields);
};

const roomOf = (state: ReaderState): number => {
  if (state.skipping > 0) return -1;
  const shape = expectedShape(state);
  if (shape?.kind === "either") return shape.scalar.room;
  return shape?.kind === "scalar" ? shape.room : -1;
};

const createSink = (state: ReaderState): JsonSink => ({
  room: () => roomOf(state),
  open: (container) => {
    if (state.skipping > 0) state.skipping++;
    else openContainer(state, container);
  },
  close: () => {
    if (state.skipping > 0) state.skipping--;
    else closeContainer(state);
    if (state.skipping === 0) step(state);
  },
  key: (text) => {
    if (state.skipping === 0) takeKey(state, text);
  },
  value: (value) => {
    if (state.skipping > 0) return;
    takeScalar(state, value);
    step(state);
  },
  tooLong: () => fault(state, `longer than ${roomOf(state)} characters`),
  where: () => pathOf(state.frames),
});

const raise = (found: JsonFault): never => {
  throw found;
};

/**
 * A JSON reader that is told what to expect: it takes the document in pieces, keeps only what `shape` names, and
 * ends at the first fault, so that a malformed document costs neither memory nor time. `onFault` may return to
 * have the rest read all the same (the faulty value is then left out); syntax errors always throw `JsonFault`.
 */
export const createJsonReader = (shape: Shape, onFault: (fault: JsonFault) => void = raise): JsonReader => {
  const state: ReaderState = { root: shape, onFault, frames: [], skipping: 0, result: null };
  const scanner = createJsonScanner(createSink(state));
  return {
    write: (chunk) => scanChunk(scanner, chunk),
    end: () => {
      scanEnd(scanner);
      return state.result;
    },
  };
};
