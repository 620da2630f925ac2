import * as http from "node:http";
import * as https from "node:https";
import { urlToHttpOptions } from "node:url";
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

/** More than any relay's answer; a larger one is cut off as garbage. */
const MAX_ANSWER_BYTES = 1_048_576;
/** Idle connections are kept for less than any server does: one that it closes just then would leave a send in doubt. */
const KEEP_ALIVE = { keepAlive: true, timeout: 4000 } as const;

/*
 * Node's own client, not `fetch`: that one loads on first use, which cost the first bundle of a process 40 ms, and
 * takes twice the time of each later one.
 */
const PLAIN = { request: http.request, agent: new http.Agent(KEEP_ALIVE) };
const SECURE = { request: https.request, agent: new https.Agent(KEEP_ALIVE) };

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
const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

function failureOf(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (!(error instanceof Error)) return new HttpFailure("failed", true);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return new HttpFailure(code.toLowerCase(), !NEVER_CONNECTED.has(code));
}

async function readCapped(response: http.IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) throw new HttpFailure("failed", true);
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new HttpFailure("answer_too_large", true);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** An endpoint as Node's client takes it. */
interface Place {
  readonly secure: boolean;
  readonly options: https.RequestOptions;
  readonly headers: Readonly<Record<string, string>>;
}

/** Read once: a URL is parsed for longer than a request is made. */
const places = new WeakMap<Endpoint, Place>();

function placeOf(endpoint: Endpoint): Place {
  const known = places.get(endpoint);
  if (known !== undefined) return known;
  const url = new URL(endpoint.url.reveal());
  const secrets = Object.entries(endpoint.headers).map(([name, value]) => [name, value.reveal()]);
  const fixed = { "content-type": "application/json", "accept-encoding": "identity" };
  const place: Place = {
    secure: url.protocol === "https:",
    options: urlToHttpOptions(url),
    headers: { ...Object.fromEntries(secrets), ...fixed },
  };
  places.set(endpoint, place);
  return place;
}

interface Post {
  readonly place: Place;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Resolves with the answer's head. */
function post({ place, body, headers, signal }: Post): Promise<http.IncomingMessage> {
  const { request, agent } = place.secure ? SECURE : PLAIN;
  const all = { ...headers, ...place.headers, "content-length": body.length };
  return new Promise((resolve, reject) => {
    const sending = request({ ...place.options, method: "POST", agent, signal, headers: all }, resolve);
    sending.on("error", reject);
    sending.end(body);
  });
}

/**
 * Posts a JSON body to one endpoint, and to no other: a redirect is an error. Ends with the signal. Rejects
 * with `HttpFailure`.
 */
export async function postJson(
  endpoint: Endpoint,
  json: string | Uint8Array,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const body = typeof json === "string" ? Buffer.from(json, "utf8") : json;
  try {
    const response = await post({ place: placeOf(endpoint), body, signal, headers });
    const { statusCode: status = 0 } = response;
    if (REDIRECTS.has(status)) {
      response.destroy();
      throw new HttpFailure("redirect", true);
    }
    return { status, text: await readCapped(response) };
  } catch (error) {
    throw failureOf(error);
  }
}
