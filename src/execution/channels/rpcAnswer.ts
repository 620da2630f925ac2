import { z } from "zod";
import { safeText } from "../../lib/safeText.ts";

const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number().optional(), message: z.string() }).nullish(),
});

export type RpcAnswer =
  | { readonly type: "result"; readonly result: unknown }
  | { readonly type: "error"; readonly code: number | null; readonly message: string }
  | { readonly type: "garbage" };

const MAX_MESSAGE = 200;

/** Foreign text, made safe for one line of a log and of the ledger. */
export const shortText = (text: string): string => safeText(text, MAX_MESSAGE);

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Reads a JSON-RPC answer; whatever is not one is `garbage`. `mask` takes out of a message what is not to be told. */
export function parseRpcAnswer(text: string, mask = (message: string): string => message): RpcAnswer {
  const answer = answerSchema.safeParse(parsed(text));
  if (!answer.success) return { type: "garbage" };
  const { result, error } = answer.data;
  if (error !== undefined && error !== null)
    return { type: "error", code: error.code ?? null, message: shortText(mask(error.message)) };
  return result === undefined ? { type: "garbage" } : { type: "result", result };
}
