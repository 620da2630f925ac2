import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Secret } from "../lib/secret.ts";
import { createTokenBucket, type TokenBucket } from "../lib/tokenBucket.ts";

/** Who may ask: whoever names the token, or, where the operator wrote so, every program of this machine. */
export type HttpAuth = Secret | "none";

export interface GuardOptions {
  readonly auth: HttpAuth;
  /** Requests a second of one address on average, and at once. */
  readonly ratePerSecond: number;
  readonly burst: number;
}

export interface Asked {
  /** As it stands in the request's first line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
  /** Whether the token is wanted here. */
  readonly guarded: boolean;
}

export interface HttpRefusal {
  readonly status: 401 | 403 | 429;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Says why a request is turned away before its body is read; null: it is not. */
export type HttpGuard = (asked: Asked) => HttpRefusal | null;

/** Addresses of the loopback network that are told apart. */
const MOST_ADDRESSES = 256;

const refusal = (
  status: HttpRefusal["status"],
  reason: string,
  headers: HttpRefusal["headers"] = {},
): HttpRefusal => ({ status, reason, headers });

/**
 * Against web pages that reach for a local port: a browser names the page's host (DNS rebinding), or the page as
 * `Origin` or `Sec-Fetch-Site`. Programs do neither. `port` is the one that is listened on.
 */
export function createHttpGuard(options: GuardOptions, port: number, now: () => number): HttpGuard {
  const hosts = hostsOf(port);
  const authorized = createAuthorization(options.auth);
  const buckets = createBuckets(options, now);
  return ({ target, headers, remoteAddress, guarded }) => {
    const waitMs = buckets(remoteAddress).take(1);
    if (waitMs > 0)
      return refusal(429, "too many requests", { "retry-after": `${Math.ceil(waitMs / 1000)}` });
    // A target with a host of its own (RFC 9112, 3.2.2) would go before the header.
    if (!target.startsWith("/") || !hosts.has(headers.host?.toLowerCase() ?? ""))
      return refusal(403, "not a host of this door");
    if (headers.origin !== undefined) return refusal(403, "not for web pages");
    // `none`: typed by a person into the address bar.
    if ((headers["sec-fetch-site"] ?? "none") !== "none") return refusal(403, "not for web pages");
    if (guarded && !authorized(headers.authorization))
      return refusal(401, "a bearer token is wanted", { "www-authenticate": "Bearer" });
    return null;
  };
}

function hostsOf(port: number): ReadonlySet<string> {
  const names = ["127.0.0.1", "localhost", "[::1]"];
  return new Set(names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Digests are compared, in constant time: neither the token's length nor its start can be felt. */
function createAuthorization(auth: HttpAuth): (header: string | undefined) => boolean {
  if (auth === "none") return () => true;
  const wanted = digest(auth.reveal());
  return (header) => {
    const [, token = ""] = /^Bearer +(\S+) *$/i.exec(header ?? "") ?? [];
    return timingSafeEqual(digest(token), wanted);
  };
}

function createBuckets(
  { ratePerSecond, burst }: GuardOptions,
  now: () => number,
): (address: string) => TokenBucket {
  const buckets = new Map<string, TokenBucket>();
  return (address) => {
    const known = buckets.get(address);
    if (known !== undefined) return known;
    const [oldest] = buckets.keys();
    if (buckets.size >= MOST_ADDRESSES && oldest !== undefined) buckets.delete(oldest);
    const bucket = createTokenBucket(ratePerSecond, burst, now);
    buckets.set(address, bucket);
    return bucket;
  };
}
