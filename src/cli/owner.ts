import type { z } from "zod";
import { METHODS, type MethodName, type Params, type Result } from "../control/protocol.ts";
import { connectControl } from "./controlClient.ts";

/** For what waits for a file to be read and checked. */
const TIMEOUT_MS = 30_000;

interface Question<T> {
  readonly method: MethodName;
  readonly params: object;
  readonly result: z.ZodType<T>;
}

/** One question over the owner's socket; `socket` as `--socket` gives it. */
async function ask<T>({ method, params, result }: Question<T>, socket: string | undefined): Promise<T> {
  const client = await connectControl({ door: "control", socket, env: process.env, timeoutMs: TIMEOUT_MS });
  try {
    return await client.call(method, params, result);
  } finally {
    client.close();
  }
}

export const giveReason = (
  method: "pause" | "resume" | "halt",
  reason: string,
  socket?: string,
): Promise<Result<"pause">> => ask({ method, params: { reason }, result: METHODS[method].result }, socket);

export const reload = (socket?: string): Promise<Result<"reload">> =>
  ask({ method: "reload", params: {}, result: METHODS.reload.result }, socket);

export const approve = (pool: string, socket?: string): Promise<Result<"approve">> =>
  ask({ method: "approve", params: { pool }, result: METHODS.approve.result }, socket);

export const lowerLimits = (
  params: Params<"limits.lower">,
  socket?: string,
): Promise<Result<"limits.lower">> =>
  ask({ method: "limits.lower", params, result: METHODS["limits.lower"].result }, socket);
