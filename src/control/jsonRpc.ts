import { z } from "zod";
import { PlainError } from "../lib/errors.ts";
import { silentLog, type Log } from "../lib/log.ts";
import { safeText } from "../lib/safeText.ts";
import { LineFault, isFields, parseJsonLine, shown } from "./jsonLine.ts";
import { ERRORS, METHODS, type MethodName, type Params, type Result } from "./protocol.ts";
import { RpcError, type RpcErrorData } from "./rpcError.ts";

/** Who asks: `owner` may ask for everything, `open` only for what is open to all. */
export interface Caller {
  readonly access: "open" | "owner";
}

/** A method's work; `params` are checked. It may answer at once or later. */
export type Handlers<C extends Caller> = {
  readonly [M in MethodName]: (params: Params<M>, caller: C) => Result<M> | Promise<Result<M>>;
};

export interface JsonRpc<C extends Caller> {
  /** The reply to one line, null for a notification. Never throws or rejects. */
  answer(line: Buffer, caller: C): string | null | Promise<string | null>;
  /** One method without the envelope. Throws or rejects with `RpcError`. */
  call(method: string, params: unknown, caller: C): unknown;
}

export interface JsonRpcParts {
  readonly log: Log;
  /** Results are checked by their schemas as well: for tests. */
  readonly checkResults?: boolean;
}

type Run<C> = (params: unknown, caller: C) => unknown;

/** JSON-RPC 2.0, one request a line, without batches: they only multiply work. */
export function createJsonRpc<C extends Caller>(handlers: Handlers<C>, parts: JsonRpcParts): JsonRpc<C> {
  const runs = new Map<string, Run<C>>(
    Object.keys(METHODS)
      .filter(isMethodName)
      .map((name) => [name, runOf(name, handlers[name], parts.checkResults === true)]),
  );
  const call = (method: string, params: unknown, caller: C): unknown => {
    const run = runs.get(method);
    if (run === undefined) throw new RpcError(ERRORS.noMethod, `no method ${safeText(method)}`);
    return run(params, caller);
  };
  return {
    call,
    answer: (line, caller) => {
      try {
        const request = readRequest(line);
        try {
          const result = call(request.method, request.params, caller);
          if (!(result instanceof Promise)) return resultReply(request, result);
          return settle(request, result, parts.log);
        } catch (error) {
          return errorReply(request, error, parts.log);
        }
      } catch (error) {
        return failure(error instanceof BadRequest ? error.id : null, error, parts.log);
      }
    },
  };
}

const isMethodName = (name: string): name is MethodName => Object.hasOwn(METHODS, name);

/** The same table, seen so that a method's schemas and its handler belong together. */
const SCHEMAS: {
  readonly [M in MethodName]: {
    readonly access: "open" | "owner";
    readonly params: z.ZodType<Params<M>>;
    readonly result?: z.ZodType;
  };
} = METHODS;

function runOf<M extends MethodName, C extends Caller>(
  name: M,
  handle: Handlers<C>[M],
  checkResult: boolean,
): Run<C> {
  const { access, params, result } = SCHEMAS[name];
  const checked = (value: unknown): unknown => (result === undefined ? value : result.parse(value));
  return (raw, caller) => {
    if (access === "owner" && caller.access !== "owner")
      throw new RpcError(ERRORS.notAllowed, `${name} is for the owner's socket`);
    const checkedParams = params.safeParse(raw === undefined ? {} : raw);
    if (!checkedParams.success) throw badParams(checkedParams.error);
    const value: unknown = handle(checkedParams.data, caller);
    if (!checkResult) return value;
    return value instanceof Promise ? value.then(checked) : checked(value);
  };
}

const MESSAGE_CHARACTERS = 200;

/** Names the first fault, the deepest one where a union was not met. */
function badParams({ issues }: z.ZodError): RpcError {
  const { path, message } = faultOf(issues, []);
  return new RpcError(ERRORS.invalidParams, message, { path });
}

/** The first fault of foreign data in words, and its place. */
export function faultOf(
  issues: readonly z.core.$ZodIssue[],
  above: readonly PropertyKey[],
): { readonly path: string; readonly message: string } {
  const [issue] = issues;
  const place = [...above, ...(issue?.path ?? [])];
  if (issue?.code === "invalid_union" && issue.errors.length > 0) {
    const branches = issue.errors.map((branch) => faultOf(branch, place));
    return branches.reduce((deepest, one) => (one.path.length > deepest.path.length ? one : deepest));
  }
  if (issue?.code === "unrecognized_keys") place.push(issue.keys[0] ?? "");
  return {
    path: safeText(shown(place), MESSAGE_CHARACTERS),
    message: safeText(issue?.message ?? "not as expected", MESSAGE_CHARACTERS),
  };
}

type Id = string | number | null;

interface Request {
  /** Undefined: a notification. */
  readonly id?: Id | undefined;
  readonly method: string;
  readonly params?: unknown;
}

/** Not a request; its id is told back where it can be read. */
class BadRequest extends RpcError {
  readonly id: Id;

  constructor(id: Id, message: string, data: RpcErrorData | null = null) {
    super(ERRORS.invalidRequest, message, data);
    this.id = id;
  }
}

/** A number that comes back as it was sent. */
const idSchema = z.union([z.string().max(128), z.int(), z.null()]);
const requestSchema = z.strictObject({
  jsonrpc: z.literal("2.0"),
  id: idSchema.optional(),
  method: z.string().max(64),
  params: z.unknown().optional(),
});

function readRequest(line: Buffer): Request {
  const value = read(line);
  if (Array.isArray(value)) throw new BadRequest(null, "no batches: one request a line");
  const request = requestSchema.safeParse(value);
  if (request.success) return request.data;
  const id = idSchema.safeParse(isFields(value) ? value["id"] : null);
  const { path, message } = faultOf(request.error.issues, []);
  throw new BadRequest(id.data ?? null, message, { path });
}

function read(line: Buffer): unknown {
  try {
    return parseJsonLine(line);
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    const path = safeText(error.path, MESSAGE_CHARACTERS);
    throw new RpcError(ERRORS.parse, error.message, path === "" ? null : { path });
  }
}

async function settle(request: Request, result: Promise<unknown>, log: Log): Promise<string | null> {
  try {
    return resultReply(request, await result);
  } catch (error) {
    return errorReply(request, error, log);
  }
}

function resultReply({ id }: Request, result: unknown): string | null {
  return id === undefined ? null : `${head(id)}"result":${jsonText(result)}}`;
}

function errorReply({ id, method }: Request, error: unknown, log: Log): string | null {
  const reply = failure(id ?? null, error, log, method);
  return id === undefined ? null : reply;
}

function failure(id: Id, error: unknown, log: Log, method?: string): string {
  const { code, message, data } = rpcErrorOf(error, log, method);
  const rest = data === null ? "" : `,"data":${JSON.stringify(data)}`;
  return `${head(id)}"error":{"code":${code},"message":${JSON.stringify(message)}${rest}}}`;
}

const head = (id: Id): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},`;

/** What a caller gets to read of an error: of ours everything, of others that there was one. */
export function rpcErrorOf(error: unknown, log: Log, method?: string): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof PlainError) return new RpcError(ERRORS.invalidParams, error.message);
  log.error({ err: error, method }, "control method failed");
  return new RpcError(ERRORS.internal, "internal error, see the log");
}

/** An error as a reply; without an id it answers no request. */
export const errorLine = (error: RpcError, id: string | number | null = null): string =>
  failure(id, error, silentLog);

/** JSON in one line; bigints as decimal strings, nothing as null. */
export function jsonText(value: unknown): string {
  if (value === undefined) return "null";
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, (_, field: unknown) =>
      typeof field === "bigint" ? field.toString() : field,
    );
  }
}
