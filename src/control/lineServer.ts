import { once } from "node:events";
import { lstatSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { createLineBuffer, type LineBuffer } from "./lineBuffer.ts";
import { clearSocketPath, removeSocket } from "./socketFile.ts";
import type { Turns } from "./turns.ts";

export interface LineLimits {
  /** Bytes of a line; a longer one gets one error, then its connection is closed. */
  readonly lineBytes: number;
  readonly connections: number;
  /** Milliseconds without a byte either way; who listens for events may be silent. */
  readonly idleMs: number;
  /** Bytes that wait to be read; who lets more pile up is cut off. */
  readonly writeBytes: number;
}

export const LINE_LIMITS: LineLimits = {
  lineBytes: 64 * 1024,
  connections: 16,
  idleMs: 300_000,
  writeBytes: 1024 * 1024,
};

/** The other end, as the protocol sees it. */
export interface Line {
  /** Writes `text` and a line's end; what is written in one turn leaves together. */
  send(text: string): void;
  /** It waits for events from now on: silence is no reason to close it. */
  listens(): void;
}

/** What is spoken on the lines; `S` is what it remembers of a connection. */
export interface LineProtocol<S> {
  open(line: Line): S;
  /** A promise holds back the connection's further lines until it is settled; it must not reject. */
  take(text: Buffer, state: S): void | Promise<void>;
  closed(state: S): void;
  /** Said before a connection is closed for it. */
  readonly refusals: { readonly tooLong: string; readonly tooMany: string };
}

export interface LineServer {
  readonly connections: number;
  stop(): Promise<void>;
}

interface Parts<S> {
  readonly protocol: LineProtocol<S>;
  readonly limits: LineLimits;
  /** Shared by all connections of the process. */
  readonly turns: Turns;
  readonly log: Log;
}

/** Above this many unread bytes no further request is taken: its answer would only wait as well. */
const FULL_BYTES = 64 * 1024;
/** For the last answers to leave when stopped. */
const FAREWELL_MS = 100;

/**
 * Listens on a Unix socket of this `mode`, which it has from the first instant. The folder must exist; see
 * `clearSocketPath` for what may stand in the way. Throws `PlainError`.
 */
export async function listenForLines<S>(path: string, mode: number, parts: Parts<S>): Promise<LineServer> {
  await clearSocketPath(path);
  const open = new Set<Connection<S>>();
  const server = createServer({ allowHalfOpen: true }, (socket) => accept(socket, open, parts));
  bind(server, path, mode);
  try {
    await once(server, "listening");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PlainError(EXIT.permission, `control.dir: no socket at ${path}: ${why}`, cause);
  }
  server.on("error", (err) => parts.log.warn({ err, path }, "control socket failed"));
  const stats = lstatSync(path);
  return {
    get connections() {
      return open.size;
    },
    stop: async () => {
      const closed = once(server, "close");
      // Removes the socket too.
      server.close();
      for (const connection of open) hangUp(connection, FAREWELL_MS);
      await closed;
      removeSocket(path, stats);
    },
  };
}

/** Bound before this returns: the process's mask is another one for no turn of anybody else. */
function bind(server: Server, path: string, mode: number): void {
  const before = process.umask(0o777 & ~mode);
  try {
    server.listen({ path });
  } finally {
    process.umask(before);
  }
}

interface Connection<S> {
  readonly socket: Socket;
  readonly parts: Parts<S>;
  readonly lines: LineBuffer;
  readonly state: S;
  readonly outbox: Outbox;
  /** It works on a line, or waits for its turn. */
  busy: boolean;
  /** No more bytes come. */
  ended: boolean;
}

function accept<S>(socket: Socket, open: Set<Connection<S>>, parts: Parts<S>): void {
  const { protocol, limits, log } = parts;
  socket.on("error", (err) => log.debug({ err }, "control connection failed"));
  if (open.size >= limits.connections) {
    socket.end(`${protocol.refusals.tooMany}\n`, () => socket.destroy());
    return;
  }
  socket.setTimeout(limits.idleMs, () => socket.destroy());
  const outbox = createOutbox(socket, limits.writeBytes, log);
  const state = protocol.open({
    send: (text) => outbox.put(text),
    listens: () => void socket.setTimeout(0),
  });
  const lines = createLineBuffer(limits.lineBytes);
  const connection: Connection<S> = { socket, parts, lines, state, outbox, busy: false, ended: false };
  open.add(connection);
  socket.on("data", (chunk) => {
    lines.push(chunk);
    if (!connection.busy) wait(connection);
  });
  socket.on("end", () => {
    connection.ended = true;
    if (!connection.busy) hangUp(connection, limits.idleMs);
  });
  socket.on("close", () => {
    open.delete(connection);
    protocol.closed(state);
  });
}

/** Takes lines until there are none, the slice is over, or one of them has to be waited for. */
function work<S>(connection: Connection<S>): void {
  const { socket, parts, lines, state, outbox } = connection;
  const { protocol, turns } = parts;
  connection.busy = false;
  while (!socket.destroyed) {
    const line = lines.next();
    if (line === null) {
      if (connection.ended) hangUp(connection, parts.limits.idleMs);
      else socket.resume();
      return;
    }
    if (line === "too_long") {
      outbox.put(protocol.refusals.tooLong);
      hangUp(connection, FAREWELL_MS);
      return;
    }
    const pending = line.length === 0 ? undefined : protocol.take(line, state);
    if (pending instanceof Promise) {
      pause(connection);
      void pending.then(() => wait(connection));
      return;
    }
    if (outbox.waiting() > FULL_BYTES) {
      pause(connection);
      outbox.whenRead(() => wait(connection));
      return;
    }
    if (turns.over()) {
      wait(connection);
      return;
    }
  }
}

/** Goes on when it is this connection's turn. */
function wait<S>(connection: Connection<S>): void {
  pause(connection);
  connection.parts.turns.enter(() => work(connection));
}

function pause<S>(connection: Connection<S>): void {
  connection.busy = true;
  connection.socket.pause();
}

/** Closes when what was said has been read; who does not read is cut off after `patienceMs`. Reads no further lines. */
function hangUp<S>({ socket, outbox }: Connection<S>, patienceMs: number): void {
  if (socket.destroyed) return;
  socket.pause();
  outbox.flush();
  socket.end(() => socket.destroy());
  const patience = setTimeout(() => socket.destroy(), patienceMs).unref();
  socket.once("close", () => clearTimeout(patience));
}

/** Gathers what is said in one turn, so that a burst of answers is one write. */
interface Outbox {
  put(text: string): void;
  flush(): void;
  /** Bytes that the other end has not read; those of this turn are counted in characters. */
  waiting(): number;
  /** Calls back once, when everything has been handed to the system. */
  whenRead(then: () => void): void;
}

function createOutbox(socket: Socket, most: number, log: Log): Outbox {
  let texts: string[] = [];
  let characters = 0;
  const waiting = (): number => socket.writableLength + characters;
  const flush = (): void => {
    if (texts.length === 0) return;
    const batch = texts.join("");
    texts = [];
    characters = 0;
    if (!socket.destroyed && socket.writable) socket.write(batch);
  };
  return {
    put: (text) => {
      if (socket.destroyed) return;
      if (texts.length === 0) process.nextTick(flush);
      texts.push(text, "\n");
      characters += text.length + 1;
      if (waiting() <= most) return;
      log.warn({ bytes: waiting() }, "control connection does not read, cut off");
      texts = [];
      characters = 0;
      socket.destroy();
    },
    flush,
    waiting,
    whenRead: (then) => {
      flush();
      if (socket.writableNeedDrain) socket.once("drain", then);
      else setImmediate(then);
    },
  };
}
