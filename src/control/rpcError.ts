import type { ERRORS } from "./protocol.ts";

export type RpcCode = (typeof ERRORS)[keyof typeof ERRORS];

/** What goes with an error: `path` names the bad field, `retry_ms` when to try again. */
export interface RpcErrorData {
  readonly path?: string;
  readonly retry_ms?: number;
}

/** An answer that says no. `message` is for a person and holds nothing foreign that was not made safe. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcCode;
  readonly data: RpcErrorData | null;

  constructor(code: RpcCode, message: string, data: RpcErrorData | null = null) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
