import { Pool, type Dispatcher } from "undici";
import type { Secret } from "../../lib/secret.ts";

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
  /** Posts a JSON body. Ends with the signal. Rejects with `HttpFailure`. */
  post(
    json: string | Uint8Array,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer>;
}

/** More than any relay's answer; a larger one is cut off as garbage. */
const MAX_ANSWER_BYTES = 1_048_576;
/**
 * Idle connections are kept for less than any server does, unless it says for how long: one that it closes just then
 * would leave a send in doubt. Requests end with their signal, and by no clock of the client's own.
 */
const CONNECTIONS = { keepAliveTimeout: 4000, headersTimeout: 0, bodyTimeout: 0 } as const;

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

/** Statuses of a place that turned the request away before it looked at it: nothing of it was taken. */
const TURNED_AWAY = new Set([401, 403, 404, 405, 413, 429]);

export const turnedAway = (status: number): boolean => TURNED_AWAY.has(status);

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Codes under which no connection came to be. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function failureOf(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (!(error instanceof Error)) return new HttpFailure("failed", true);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  // Whose client it was is nobody's business.
  return new HttpFailure(code.replace(/^UND_/, "").toLowerCase(), !NEVER_CONNECTED.has(code));
}

/** An endpoint as undici takes it. */
interface Opened {
  readonly pool: Pool;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** User and password of a URL, as RFC 7617 sends them. */
function basicOf({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`, "utf8");
  return { authorization: `Basic ${pair.toString("base64")}` };
}

function open(endpoint: Endpoint): Opened {
  const url = new URL(endpoint.url.reveal());
  const secrets = Object.entries(endpoint.headers).map(([name, value]) => [name, value.reveal()]);
  const fixed = { "content-type": "application/json", "accept-encoding": "identity" };
  return {
    pool: new Pool(url.origin, CONNECTIONS),
    path: url.pathname + url.search,
    headers: { ...basicOf(url), ...Object.fromEntries(secrets), ...fixed },
  };
}

/** Who waits for an answer. */
interface Waiting {
  readonly signal: AbortSignal;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (failure: HttpFailure) => void;
}

/** Collects one answer. What goes wrong from its start on comes to `onResponseError`, once. */
function collect({ signal, resolve, reject }: Waiting): Dispatcher.DispatchHandler {
  const chunks: Uint8Array[] = [];
  let [size, status] = [0, 0];
  let started: Dispatcher.DispatchController | null = null;
  signal.addEventListener("abort", () => {
    if (started === null) reject(new HttpFailure("abort_err", false));
    else started.abort(new HttpFailure("abort_err", true));
  });
  return {
    // Nothing of it has been written yet, and if it waited for a connection nobody may be waiting for it any more.
    onRequestStart: (controller) => {
      started = controller;
      if (signal.aborted) controller.abort(new HttpFailure("abort_err", false));
    },
    onResponseStart: (controller, statusCode) => {
      status = statusCode;
      if (REDIRECTS.has(status)) controller.abort(new HttpFailure("redirect", true));
    },
    onResponseData: (controller, chunk) => {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > MAX_ANSWER_BYTES) controller.abort(new HttpFailure("answer_too_large", true));
    },
    onResponseEnd: () => resolve({ status, text: Buffer.concat(chunks).toString("utf8") }),
    onResponseError: (_controller, error) => reject(failureOf(error)),
  };
}

/**
 * Undici's own dispatch: with a handler and no stream between, a request is in the socket in half the time of Node's
 * client.
 */
export function openJsonPlace(endpoint: Endpoint): JsonPlace {
  let opened: Opened | null = null;
  return {
    post: (json, signal, headers = {}) =>
      new Promise((resolve, reject) => {
        try {
          if (signal.aborted) throw new HttpFailure("abort_err", false);
          const { pool, path, headers: fixed } = (opened ??= open(endpoint));
          const body = typeof json === "string" ? Buffer.from(json, "utf8") : json;
          const request = { method: "POST", path, headers: { ...headers, ...fixed }, body } as const;
          pool.dispatch(request, collect({ signal, resolve, reject }));
        } catch (error) {
          reject(failureOf(error));
        }
      }),
  };
}
