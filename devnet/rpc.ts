import { WebSocket } from "ws";
import { z } from "zod";

/** An error answer of the node, passed on unchanged to whoever asked. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** A JSON-RPC peer that answers one request at a time or many at once. */
export interface Rpc {
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

const Answer = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
});

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const settle = (waiting: Waiting, answer: z.infer<typeof Answer>): void => {
  if (answer.error === undefined) waiting.resolve(answer.result);
  else waiting.reject(new RpcError(answer.error.code, answer.error.message, answer.error.data));
};

/** A plain WebSocket JSON-RPC client; `onNotification` sees what the peer sends unasked. */
export async function connectRpc(url: string, onNotification?: (message: unknown) => void): Promise<Rpc> {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1 << 28 });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const one of waiting.values()) one.reject(new Error(`${url} closed the connection`));
      waiting.clear();
      resolve();
    });
  });
  // Without a listener an error on an open socket would end the process; `close` always follows.
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString());
    const answer = Answer.safeParse(message);
    if (!answer.success) return onNotification?.(message);
    const one = waiting.get(answer.data.id);
    if (one === undefined) return;
    waiting.delete(answer.data.id);
    settle(one, answer.data);
  });
  return {
    request: (method, params = []) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) {
          reject(new Error(`${url} is not connected`));
          return;
        }
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
      }),
    close: async () => {
      socket.terminate();
      await closed;
    },
  };
}
