import { join, resolve } from "node:path";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createFigures } from "./figures.ts";
import { createHintBook, type HintBook } from "./hintBook.ts";
import { createJsonRpc, errorLine, rpcErrorOf, type Caller, type JsonRpc } from "./jsonRpc.ts";
import {
  LINE_LIMITS,
  listenForLines,
  type LineLimits,
  type LineProtocol,
  type LineServer,
} from "./lineServer.ts";
import { createHandlers, type Session } from "./methods.ts";
import type { ControlOptions } from "./options.ts";
import type { ControlListener, ControlPorts } from "./ports.ts";
import { ERRORS, type HintVerdict } from "./protocol.ts";
import { RpcError } from "./rpcError.ts";
import { createSeedDesk } from "./seed/seedDesk.ts";
import { prepareDirectory } from "./socketFile.ts";
import { createTokenBucket } from "../lib/tokenBucket.ts";
import { turnAway } from "./turnAway.ts";
import { createTurns } from "./turns.ts";
import { createTopics, type Subscriber, type Topics } from "./topics.ts";

export interface Control {
  /** Is told of every step of the engine, those that this room asked for as well, before `take` returns. */
  readonly listener: ControlListener;
  /** Opens `control.sock` and `hints.sock`, where there is a folder for them. Throws `PlainError`. */
  start(): Promise<void>;
  /** Says farewell to every connection and removes the sockets. */
  stop(): Promise<void>;
  /** A method for a door of another kind, with what is open to all. Rejects with `RpcError`. */
  dispatch(method: string, params: unknown): Promise<unknown>;
  /** Hints from inside the house: no rate, a verdict each. Throws `RpcError` where too many live, or before a block. */
  push(hints: readonly unknown[], source: string): readonly HintVerdict[];
}

export interface ControlParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: LineLimits;
  /** Results are checked by their schemas: for tests. */
  readonly checkResults?: boolean;
}

/** Longest that lines are worked on before everything else in the process has its turn; one line may take longer. */
const SLICE_MS = 0.5;
/** How often hints are looked through for those whose time is over: half of the shortest time that one may have. */
const SWEEP_MS = 50;
/** Pairs may be dear to price: this many at once is a whole `findArbitrage`. */
const ROUTES_BURST = 2;
const LEAST_ROUTES_BURST = 5_000;

/** The brain's and the owner's door: sockets, hints and subscriptions around the engine. */
export function createControl(options: ControlOptions, ports: ControlPorts, parts: ControlParts): Control {
  const { clock, log } = parts;
  const topics = createTopics();
  const figures = createFigures(ports, {
    pythonMicros: options.python_route_us === 0 ? null : options.python_route_us,
    publicChannel: options.publicChannel,
  });
  const book = createHintBook({
    ports,
    clock,
    most: options.max_hints,
    onResult: (result) => {
      figures.hint(result);
      topics.hint(result);
    },
  });
  const desk = createSeedDesk(ports, { clock });
  const now = (): number => clock.monotonic();
  const handlers = createHandlers({ version: options.version, ports, book, desk, topics, figures, now });
  const rpc = createJsonRpc(handlers, parts);
  const sessionFor = (access: Caller["access"], subscriber: Subscriber | null): Session =>
    sessionOf(options, { access, subscriber }, now);
  const inside = sessionFor("open", null);
  const doors = createDoors({
    options,
    parts,
    protocolOf: (access) => protocolOf(access, { rpc, topics, sessionFor }),
    book,
  });
  return {
    ...doors,
    listener: {
      // Whatever goes wrong here, the daemon's own work goes on.
      onStep: (event, decisions) => {
        try {
          figures.step(event, decisions);
          book.onStep(event, decisions);
          topics.step(event, decisions);
        } catch (err) {
          log.error({ err }, "control room failed to follow");
        }
      },
    },
    dispatch: async (method, params) => {
      try {
        return await rpc.call(method, params, inside);
      } catch (error) {
        throw rpcErrorOf(error, log, method);
      }
    },
    push: (hints, source) => {
      // A verdict would be final, and say nothing about the hint.
      if (ports.market.head === null) throw new RpcError(ERRORS.stale, "no block was taken in yet");
      return book.push(hints, source);
    },
  };
}

/** A caller and what it may ask for in a second. */
function sessionOf(
  options: ControlOptions,
  caller: Pick<Session, "access" | "subscriber">,
  now: () => number,
): Session {
  const { hints_per_second: hints, hints_burst: burst, routes_per_second: routes } = options;
  return {
    ...caller,
    hints: createTokenBucket(hints, burst, now),
    routes: createTokenBucket(routes, Math.max(LEAST_ROUTES_BURST, ROUTES_BURST * routes), now),
  };
}

interface Talk {
  readonly rpc: JsonRpc<Session>;
  readonly topics: Topics;
  readonly sessionFor: (access: Caller["access"], subscriber: Subscriber) => Session;
}

/** A connection's state: how to answer, and who it is. */
interface Guest {
  readonly session: Session;
  readonly subscriber: Subscriber;
  readonly reply: (text: string | null) => void;
}

const REFUSALS = {
  tooLong: errorLine(new RpcError(ERRORS.invalidRequest, "the line is too long, the connection is closed")),
  tooMany: errorLine(new RpcError(ERRORS.rateLimited, "too many connections")),
} as const;

function protocolOf(access: Caller["access"], { rpc, topics, sessionFor }: Talk): LineProtocol<Guest> {
  return {
    refusals: REFUSALS,
    open: (line) => {
      let listens = false;
      const subscriber: Subscriber = {
        notify: (text) => {
          line.send(text);
        },
        begin: () => {
          if (!listens) line.listens();
          listens = true;
        },
      };
      const reply = (text: string | null): void => {
        if (text !== null) line.send(text);
      };
      return { session: sessionFor(access, subscriber), subscriber, reply };
    },
    take: (text, guest) => {
      const { session } = guest;
      const answer = turnAway(text, session.hints) ?? rpc.answer(text, session);
      return answer instanceof Promise ? answer.then(guest.reply) : guest.reply(answer);
    },
    closed: ({ subscriber }) => topics.leave(subscriber),
  };
}

interface DoorParts {
  readonly options: ControlOptions;
  readonly parts: ControlParts;
  readonly book: HintBook;
  readonly protocolOf: (access: Caller["access"]) => LineProtocol<Guest>;
}

/** Both sockets, and the hands of the clock for hints. */
function createDoors({
  options,
  parts,
  book,
  protocolOf: protocolFor,
}: DoorParts): Pick<Control, "start" | "stop"> {
  const { clock, log, limits = LINE_LIMITS } = parts;
  let servers: LineServer[] = [];
  let sweeping: NodeJS.Timeout | null = null;
  const stop = async (): Promise<void> => {
    if (sweeping !== null) clearInterval(sweeping);
    sweeping = null;
    const open = servers;
    servers = [];
    await Promise.all(open.map(async (server) => await server.stop()));
  };
  const open = async (dir: string): Promise<void> => {
    const folder = resolve(dir);
    prepareDirectory(folder, options.group);
    const lineParts = { limits, turns: createTurns(SLICE_MS, clock), log };
    const control = { ...lineParts, protocol: protocolFor("owner") };
    servers.push(await listenForLines(join(folder, "control.sock"), 0o600, control));
    const hints = { ...lineParts, protocol: protocolFor("open") };
    servers.push(await listenForLines(join(folder, "hints.sock"), 0o660, hints));
    log.info({ dir: folder }, "sockets open");
  };
  return {
    stop,
    start: async () => {
      sweeping = setInterval(() => {
        try {
          book.sweep();
        } catch (err) {
          log.error({ err }, "hints not swept");
        }
      }, SWEEP_MS);
      sweeping.unref();
      if (options.dir === null) return;
      try {
        await open(options.dir);
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}
