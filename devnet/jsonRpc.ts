import { z } from "zod";
import { RpcError } from "./rpc.ts";

const Request = z.object({
  id: z.union([z.number(), z.string(), z.null()]).default(null),
  method: z.string(),
  params: z.array(z.unknown()).default([]),
});

/** Gives the result (or a promise of it), or throws `RpcError`. */
export type Answerer = (method: string, params: readonly unknown[]) => unknown;

const failure = (id: unknown, code: number, message: string, data?: unknown): Record<string, unknown> => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, ...(data === undefined ? {} : { data }) },
});

async function answerOne(json: unknown, answer: Answerer): Promise<Record<string, unknown>> {
  const request = Request.safeParse(json);
  if (!request.success) return failure(null, -32600, "invalid request");
  const { id, method, params } = request.data;
  try {
    return { jsonrpc: "2.0", id, result: (await answer(method, params)) ?? null };
  } catch (error) {
    if (error instanceof RpcError) return failure(id, error.code, error.message, error.data);
    if (error instanceof z.ZodError) {
      return failure(id, -32602, `invalid params: ${error.issues[0]?.message ?? ""}`);
    }
    return failure(id, -32603, error instanceof Error ? error.message : String(error));
  }
}

/** Answers one JSON-RPC 2.0 message, single or batch, as text. */
export async function answerRpc(text: string, answer: Answerer): Promise<string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return JSON.stringify(failure(null, -32700, "parse error"));
  }
  return JSON.stringify(
    Array.isArray(json)
      ? await Promise.all(json.map((one) => answerOne(one, answer)))
      : await answerOne(json, answer),
  );
}
