/** The one thing pool loading needs of a node. Rejects with `RetryableError` when the node does not answer. */
export interface Rpc {
  request(method: string, params: readonly unknown[], options?: { timeoutMs?: number }): Promise<unknown>;
}
