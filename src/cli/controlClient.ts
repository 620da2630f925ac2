import type { Socket } from "node:net";
import { z } from "zod";
import { ERRORS, type MethodName } from "../control/protocol.ts";
import { EXIT, PlainError, type ExitCode } from "../lib/errors.ts";
import { safeText } from "../lib/safeText.ts";
import { connectSocket, socketPlaces, type Door, type SocketPlaces } from "./controlClientSocket.ts";

/** What the daemon says by itself. */
export interface Notification {
  readonly method: string;
  readonly params: unknown;
}

/** The daemon, over one connection of its socket. What goes wrong is a `PlainError` for a person. */
export interface ControlClient {
  /** Asks, and checks the answer by `result`: the protocol's own schema where it has one. */
  call<T>(method: MethodName, params: object, result: z.ZodType<T>): Promise<T>;
  /** What was subscribed to, as it comes; ends with the connection, with an error unless it was `close`. */
  notifications(): AsyncGenerator<Notification>;
  close(): void;
}

export interface ControlClientOptions extends SocketPlaces {
  readonly door: Door;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Longest line that a daemon of ours would say. */
const MOST_LINE = 16 * 1024 * 1024;
/** Notifications that may wait; then the socket does, and in the end the daemon cuts us off. */
const MOST_WAITING = 10_000;

const messageSchema = z.union([
  z.object({ method: z.string(), params: z.unknown().optional() }),
  z.object({
    id: z.int().nullable(),
    error: z.object({
      code: z.int(),
      message: z.string(),
      data: z.object({ path: z.string().optional(), retry_ms: z.number().optional() }).optional(),
    }),
  }),
  z.object({ id: z.int(), result: z.unknown() }),
]);
type Message = z.output<typeof messageSchema>;
type RpcFault = Extract<Message, { readonly error: unknown }>["error"];

const EXIT_OF: ReadonlyMap<number, ExitCode> = new Map([
  [ERRORS.invalidParams, EXIT.usage],
  [ERRORS.unknownPool, EXIT.badInput],
  [ERRORS.notAllowed, EXIT.permission],
  [ERRORS.paused, EXIT.retry],
  [ERRORS.stale, EXIT.retry],
  [ERRORS.rateLimited, EXIT.retry],
]);

/** The daemon says no. */
export class RefusedCall extends PlainError {
  /** When the same may be asked again, in milliseconds; null: it does not say. */
  readonly retryMs: number | null;

  constructor({ code, message, data }: RpcFault) {
    const path = data?.path === undefined ? "" : `${safeText(data.path, 128)}: `;
    super(EXIT_OF.get(code) ?? EXIT.fellShort, `the daemon refuses: ${path}${safeText(message, 256)}`);
    this.retryMs = data?.retry_ms ?? null;
  }
}

const unavailable = (message: string): PlainError => new PlainError(EXIT.unavailable, message);

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface State {
  readonly socket: Socket;
  readonly calls: Map<number, Waiting>;
  readonly queue: Notification[];
  /** Called when the queue or the end has changed. */
  woken: () => void;
  /** Why nothing comes any more; null as long as it does. */
  end: Error | "closed" | null;
}

/** Connects to the daemon's socket. Throws `PlainError` (69) where none is there. */
export async function connectControl(options: ControlClientOptions): Promise<ControlClient> {
  const socket = await connectSocket(socketPlaces(options.door, options));
  const state: State = { socket, calls: new Map(), queue: [], woken: () => undefined, end: null };
  const finish = (end: Error | "closed"): void => {
    state.end ??= end;
    socket.destroy();
    const error = state.end === "closed" ? unavailable("the connection is closed") : state.end;
    for (const { reject } of state.calls.values()) reject(error);
    state.calls.clear();
    state.woken();
  };
  readLines(socket, (line) => take(state, line), finish);
  let last = 0;
  return {
    call: async (method, params, result) => {
      if (state.end !== null) throw unavailable("the connection is closed");
      const id = ++last;
      const answer = waitFor(state, id, options.timeoutMs ?? TIMEOUT_MS);
      socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
      const checked = result.safeParse(await answer);
      if (checked.success) return checked.data;
      const [issue] = checked.error.issues;
      const place = issue?.path.join(".") ?? "";
      throw unavailable(
        `the daemon answers ${method} otherwise than its protocol says (${place}: ${issue?.message ?? ""}): is it of another version?`,
      );
    },
    notifications: () => notificationsOf(state),
    close: () => finish("closed"),
  };
}

function waitFor({ calls }: State, id: number, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      calls.delete(id);
      reject(unavailable(`the daemon does not answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const settled =
      <A extends unknown[]>(settle: (...values: A) => void) =>
      (...values: A): void => {
        clearTimeout(timer);
        settle(...values);
      };
    calls.set(id, { resolve: settled(resolve), reject: settled(reject) });
  });
}

function readLines(socket: Socket, onLine: (line: string) => void, finish: (end: Error) => void): void {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    try {
      for (const line of lines) if (line !== "") onLine(line);
    } catch (error) {
      finish(error instanceof Error ? error : unavailable(String(error)));
    }
    if (rest.length > MOST_LINE) finish(unavailable("the daemon's line has no end"));
  });
  // What was being written when it ended is no news.
  socket.on("error", () => undefined);
  socket.on("close", () => finish(unavailable("the daemon closed the connection")));
}

function take(state: State, line: string): void {
  const message = messageOf(line);
  if ("method" in message) {
    state.queue.push({ method: message.method, params: message.params });
    if (state.queue.length >= MOST_WAITING) state.socket.pause();
    state.woken();
    return;
  }
  const call = state.calls.get(message.id ?? 0);
  state.calls.delete(message.id ?? 0);
  if (!("error" in message)) call?.resolve(message.result);
  // Without an id it says why the connection ends.
  else if (message.id === null) throw new RefusedCall(message.error);
  else call?.reject(new RefusedCall(message.error));
}

function messageOf(line: string): Message {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch {
    throw unavailable(`what answers is no daemon of ours: ${safeText(line, 64)}`);
  }
}

async function* notificationsOf(state: State): AsyncGenerator<Notification> {
  for (;;) {
    const next = state.queue.shift();
    if (next !== undefined) {
      if (state.queue.length === 0) state.socket.resume();
      yield next;
    } else if (state.end === "closed") return;
    else if (state.end !== null) throw state.end;
    else
      await new Promise<void>((resolve) => {
        state.woken = resolve;
      });
  }
}
