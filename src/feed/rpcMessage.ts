import { isFields } from "./parse.ts";

/** One frame of the node, sorted; `result` is not looked into. */
export type RpcMessage =
  | { readonly type: "answer"; readonly id: number; readonly result: unknown }
  | RpcFailure
  | { readonly type: "notification"; readonly subscription: string; readonly result: unknown };

export interface RpcFailure {
  readonly type: "error";
  readonly id: number;
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
}

/** Null for whatever is not JSON-RPC 2.0 as we speak it (no batches, numeric ids). Never throws. */
export function parseRpcMessage(text: string): RpcMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFields(value)) return null;
  return value["method"] === undefined ? parseAnswer(value) : parseNotification(value);
}

function parseAnswer(value: Readonly<Record<string, unknown>>): RpcMessage | null {
  const { id, error } = value;
  if (typeof id !== "number") return null;
  if (error === undefined || error === null) {
    return "result" in value ? { type: "answer", id, result: value["result"] } : null;
  }
  if (!isFields(error)) return null;
  const code = typeof error["code"] === "number" ? error["code"] : 0;
  const message = typeof error["message"] === "string" ? error["message"] : "no message";
  return { type: "error", id, code, message, data: error["data"] };
}

function parseNotification(value: Readonly<Record<string, unknown>>): RpcMessage | null {
  const params = value["params"];
  if (value["method"] !== "eth_subscription" || !isFields(params)) return null;
  const subscription = params["subscription"];
  return typeof subscription === "string"
    ? { type: "notification", subscription, result: params["result"] }
    : null;
}
