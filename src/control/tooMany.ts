import { ERRORS } from "./protocol.ts";
import { RpcError } from "./rpcError.ts";

/** Refuses what a token bucket has no room for; `retryMs` is its answer, Infinity where it never will. */
export function tooMany(what: string, retryMs: number): RpcError {
  const data = Number.isFinite(retryMs) ? { retry_ms: Math.ceil(retryMs) } : null;
  return new RpcError(ERRORS.rateLimited, `too many ${what} at a time`, data);
}
