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
  const { cause } = error;
  const source = cause instanceof Error ? cause : error;
  const code = "code" in source && typeof source.code === "string" ? source.code : source.name;
  return new HttpFailure(code.toLowerCase(), !NEVER_CONNECTED.has(code));
}

async function readCapped(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new HttpFailure("answer_too_large", true);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Posts a JSON body to one endpoint, and to no other: a redirect is an error. Ends with the signal. Rejects
 * with `HttpFailure`.
 */
export async function postJson(
  endpoint: Endpoint,
  body: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const secrets = Object.entries(endpoint.headers).map(([name, value]) => [name, value.reveal()]);
  try {
    const response = await fetch(endpoint.url.reveal(), {
      method: "POST",
      redirect: "error",
      body,
      signal,
      headers: { ...headers, ...Object.fromEntries(secrets), "content-type": "application/json" },
    });
    return { status: response.status, text: await readCapped(response) };
  } catch (error) {
    throw failureOf(error);
  }
}
