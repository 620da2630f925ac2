import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { maskSecrets } from "../../lib/maskSecrets.ts";
import type { Secret } from "../../lib/secret.ts";
import type { StopSignal } from "../deadline.ts";

/** Where requests go. URL and headers carry credentials, so all of it is secret. */
export interface Endpoint {
  readonly url: Secret;
  readonly headers: Readonly<Record<string, Secret>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** An endpoint, and no other: a redirect is an error. Its connections are kept open from one request to the next. */
export interface JsonPlace {
  /** From now on a connection stands ready, made again whenever it ends: no request waits for one. */
  connect(): void;
  /** None stands any more; a request that is under way is. */
  close(): void;
  /** Posts a JSON body. Ends with the signal. Rejects with `HttpFailure`. */
  post(
    json: string | Uint8Array,
    signal: StopSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer>;
}

/** More than any relay's answer; a larger one is cut off as garbage. */
const MAX_ANSWER_BYTES = 1_048_576;
/**
 * How long an idle connection is kept: less than the server says, since one that it closes just then would leave a send in
 * doubt. Where it says nothing, less than any server does, unless the connection is to stand: most close it after a minute
 * or more, and are heard in the next turn of the event loop.
 */
const IDLE_MS = 4000;
const MOST_IDLE_MS = 600_000;
/** Before the end that a server tells, for the way of its word and ours. */
const MARGIN_MS = 1000;
/**
 * Until a connection that was to stand and was ended by the other side is made again; twice as long each time that it has
 * not stood for so long.
 */
const PAUSE_MS = { first: 1000, most: 60_000 };
const STOOD_MS = 10_000;

/**
 * Why a request failed. `sent: false`: the place surely never saw it. The text is ours and holds no part of the
 * URL, which may carry a key.
 */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  readonly sent: boolean;

  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}

/** Takes the endpoint's secrets out of what it says. */
export const maskOf = ({ url, headers }: Endpoint): ((text: string) => string) =>
  maskSecrets(
    url.reveal(),
    Object.values(headers).map((header) => header.reveal()),
  );

/** Statuses of a place that turned the request away before it looked at it: nothing of it was taken. */
const TURNED_AWAY = new Set([401, 403, 404, 405, 413, 429]);

export const turnedAway = (status: number): boolean => TURNED_AWAY.has(status);

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Codes under which no connection came to be. */
const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** Whether bytes of a request may have passed: behind a certificate that nobody vouches for none has. */
const isOpen = (socket: Socket | null): boolean =>
  socket !== null && !socket.connecting && (!(socket instanceof TLSSocket) || socket.authorized);

function failureOf(error: unknown, sent: boolean): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (!(error instanceof Error)) return new HttpFailure("failed", sent);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return new HttpFailure(code.toLowerCase(), sent && !NEVER_CONNECTED.has(code));
}

/** What makes requests to one endpoint. */
function requesterOf({ url: address, headers }: Endpoint) {
  const url = new URL(address.reveal());
  const secrets = Object.entries(headers).map(([name, value]) => [name, value.reveal()]);
  const fixed = { "content-type": "application/json", "accept-encoding": "identity" };
  const connections = { keepAlive: true, scheduling: "lifo", timeout: IDLE_MS } as const;
  const secure = url.protocol === "https:";
  const agent = secure ? new HttpsAgent(connections) : new HttpAgent(connections);
  const options = { agent, method: "POST", headers: { ...Object.fromEntries(secrets), ...fixed } } as const;
  return {
    agent,
    fixed: new Set(Object.keys(options.headers).map((name) => name.toLowerCase())),
    make: (): ClientRequest => (secure ? httpsRequest(url, options) : httpRequest(url, options)),
  };
}

/** One endpoint's requests. */
interface Requests {
  /** Nothing of it has been sent. */
  readonly next: () => ClientRequest;
  /**
   * Makes the next one beforehand, if a connection is free or one is to stand: it waits for so long; null: the place has
   * not told how long it may.
   */
  readonly prepare: (idleMs: number | null) => void;
  /** One is to stand from now on, or none any more. */
  readonly stand: (wanted: boolean) => void;
  /** Headers that are the endpoint's own. */
  readonly fixed: ReadonlySet<string>;
}

/**
 * The next request has its connection already and waits for its last headers and its body, which are then in the socket
 * before `end` returns. A request that is made only then, by Node's client or by undici, is there a seventh of a
 * millisecond later, and a whole connection later where none is open.
 */
function openRequests(endpoint: Endpoint): Requests {
  const { agent, make, fixed } = requesterOf(endpoint);
  let ready: ClientRequest | null = null;
  let standing = false;
  let pauseMs = PAUSE_MS.first;
  /** False where it is not the next one any more. */
  const drop = (request: ClientRequest | null): boolean => {
    if (request === null || ready !== request) return false;
    ready = null;
    request.destroy();
    return true;
  };
  const prepare = (idleMs: number | null): void => {
    const isFree = Object.values(agent.freeSockets).some((sockets) => sockets?.length);
    if (ready !== null || !(isFree || standing)) return;
    const request = make();
    ready = request;
    const since = performance.now();
    const ended = (): void => {
      if (!drop(request) || !standing) return;
      if (performance.now() - since > STOOD_MS) pauseMs = PAUSE_MS.first;
      setTimeout(prepare, pauseMs, null).unref();
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
    };
    request.on("error", ended);
    // An answer to what was never asked: nor would the next one be ours.
    request.on("response", ended);
    request.setTimeout(idleMs ?? (standing ? MOST_IDLE_MS : IDLE_MS), () => {
      if (drop(request)) prepare(null);
    });
    request.once("socket", (socket) => {
      if (ready === request) socket.unref();
    });
  };
  return {
    fixed,
    prepare,
    stand: (wanted) => {
      standing = wanted;
      if (wanted) prepare(null);
      else drop(ready);
    },
    next: () => {
      const request = ready ?? make();
      ready = null;
      request.socket?.ref();
      return request;
    },
  };
}

/** RFC 9112 leaves it to the servers; most say `timeout=5`, in seconds. */
const TIMEOUT_HINT = /(?:^|[\s,;])timeout=(\d{1,9})/i;

/** How long the place keeps a connection that is idle, as far as we rely on it; null: it does not say. */
function idleMsOf({ headers }: IncomingMessage): number | null {
  const seconds = TIMEOUT_HINT.exec(String(headers["keep-alive"]))?.[1];
  if (seconds === undefined) return null;
  return Math.max(1, Math.min(1000 * Number(seconds) - MARGIN_MS, MOST_IDLE_MS));
}

/** One request, and who waits for its answer. */
interface Post {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: StopSignal;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (failure: HttpFailure) => void;
}

/** Collects one answer; `fail` gives up on it. */
function collect(
  response: IncomingMessage,
  resolve: Post["resolve"],
  fail: (failure: HttpFailure) => void,
): void {
  const { statusCode: status = 0 } = response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  response.on("error", (error) => fail(failureOf(error, true)));
  response.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) fail(new HttpFailure("answer_too_large", true));
  });
  response.on("end", () => resolve({ status, text: Buffer.concat(chunks).toString("utf8") }));
  if (REDIRECTS.has(status)) fail(new HttpFailure("redirect", true));
}

function send({ next, prepare, fixed }: Requests, { body, headers, signal, resolve, reject }: Post): void {
  if (signal.aborted) throw new HttpFailure("abort_err", false);
  const request = next();
  const fail = (failure: HttpFailure): void => {
    reject(failure);
    request.destroy();
  };
  signal.addEventListener("abort", () => fail(new HttpFailure("abort_err", isOpen(request.socket))));
  request.on("error", (error) => reject(failureOf(error, isOpen(request.socket))));
  let idleMs: number | null = null;
  request.on("response", (response) => {
    idleMs = idleMsOf(response);
    collect(response, resolve, fail);
  });
  // Answered or failed; just behind it a connection that is kept becomes free.
  request.on("close", () => setImmediate(prepare, idleMs));
  for (const name in headers) if (!fixed.has(name)) request.setHeader(name, headers[name] ?? "");
  request.setHeader("content-length", body.byteLength);
  request.end(body);
}

export function openJsonPlace(endpoint: Endpoint): JsonPlace {
  let opened: Requests | null = null;
  return {
    connect: () => {
      opened ??= openRequests(endpoint);
      opened.stand(true);
    },
    close: () => opened?.stand(false),
    post: (json, signal, headers = {}) =>
      new Promise((resolve, reject) => {
        const body = typeof json === "string" ? Buffer.from(json, "utf8") : json;
        try {
          send((opened ??= openRequests(endpoint)), { body, headers, signal, resolve, reject });
        } catch (error) {
          reject(failureOf(error, false));
        }
      }),
  };
}
