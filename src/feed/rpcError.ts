/** The node answered, and the answer is an error: it was not lost on the way. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  /** As the node gave it; for a reverted call its revert data. */
  readonly data: unknown;

  constructor(method: string, code: number, message: string, data: unknown) {
    super(`${method}: ${message} (${code})`);
    this.code = code;
    this.data = data;
  }
}
