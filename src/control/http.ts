import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AddressInfo } from "node:net";
import { systemClock } from "../lib/clock.ts";
import { EXIT, PlainError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { createHttpGuard, type HttpAuth, type HttpGuard } from "./httpGuard.ts";
import { LineFault, parseJsonLine } from "./jsonLine.ts";
import { ERRORS, type MetricsAnswer } from "./protocol.ts";
import { RpcError, type RpcCode } from "./rpcError.ts";

export interface HttpDoorOptions {
  /** 127.0.0.1, ::1 or localhost. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly auth: HttpAuth;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpLimits {
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Milliseconds in which a request's head, and all of it, must have come. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly connections: number;
}

/** Not 8545, where nodes listen. */
export const HTTP_PORT = 8547;

const LIMITS: HttpLimits = {
  ratePerSecond: 1000,
  burst: 2000,
  headersMs: 2000,
  requestMs: 5000,
  connections: 64,
};
const BODY_BYTES = 256 * 1024;
/** A thousand routes with addresses are some 400 KiB. */
const LIST_BYTES = 1024 * 1024;
const IDLE_MS = 30_000;
const TOKEN_CHARACTERS = 16;

/** A method of the protocol with its parameters; throws or rejects with `RpcError`. */
export type Dispatch = (method: HttpMethod, params: unknown) => unknown;
export type HttpMethod = "status" | "metrics" | "processRoute" | "findArbitrage";

/** The seed's door, for clients that speak HTTP: on this machine only, and closed unless the operator opens it. */
export interface HttpDoor {
  /** Returns the port. Throws `PlainError` (69) where it cannot listen. */
  start(): Promise<number>;
  /** Cuts off who is still connected. */
  stop(): Promise<void>;
}

/** Where it may listen, by what the operator may write. */
const LOOPBACK: ReadonlyMap<string, string> = new Map([
  ["127.0.0.1", "127.0.0.1"],
  ["localhost", "127.0.0.1"],
  ["::1", "::1"],
  ["[::1]", "::1"],
]);

const METHODS_BY_PATH: ReadonlyMap<string, string> = new Map([
  ["/health", "GET"],
  ["/metrics", "GET"],
  ["/process_route", "POST"],
  ["/find_arbitrage", "POST"],
]);

/** Throws `PlainError` (78) for any place but loopback, and for a token that can be guessed. */
export function createHttpDoor(
  options: HttpDoorOptions,
  dispatch: Dispatch,
  { log }: { readonly log: Log },
): HttpDoor {
  const address = LOOPBACK.get(options.host);
  if (address === undefined)
    throw new PlainError(EXIT.config, `http: listens on 127.0.0.1 or ::1 only, not on ${options.host}`);
  if (options.auth !== "none" && options.auth.reveal().length < TOKEN_CHARACTERS)
    throw new PlainError(EXIT.config, `http: the token needs ${TOKEN_CHARACTERS} characters at least`);
  const limits = { ...LIMITS, ...options.limits };
  let server: FastifyInstance | null = null;
  return {
    start: async () => {
      server = await build(options, limits, dispatch, log);
      try {
        await server.listen({ host: address, port: options.port });
      } catch (error) {
        throw new PlainError(EXIT.unavailable, `http: cannot listen on ${address}:${options.port}`, error);
      }
      const port = portOf(server);
      log.info({ address, port, auth: options.auth === "none" ? "none" : "bearer" }, "http door open");
      return port;
    },
    stop: async () => {
      await server?.close();
      server = null;
    },
  };
}

const portOf = ({ server }: FastifyInstance): number => {
  const at: AddressInfo | string | null = server.address();
  return at === null || typeof at === "string" ? 0 : at.port;
};

/** Fastify is loaded here, so that a daemon without this door does without it. */
async function build(
  { auth }: HttpDoorOptions,
  limits: HttpLimits,
  dispatch: Dispatch,
  log: Log,
): Promise<FastifyInstance> {
  const { fastify } = await import("fastify");
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    routerOptions: { maxParamLength: 64 },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: IDLE_MS,
    connectionTimeout: IDLE_MS,
    http: {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.ceil(limits.headersMs / 4),
      maxHeaderSize: 8192,
    },
    frameworkErrors: (_, __, reply) => void refuse(reply, 404, "no such path"),
  });
  app.server.maxConnections = limits.connections;
  readJsonOnly(app);
  guard(app, () => createHttpGuard({ auth, ...limits }, portOf(app), () => systemClock.monotonic()));
  app.setNotFoundHandler((request, reply) => notFound(request, reply));
  app.setErrorHandler((error, _, reply) => failed(error, reply, log));
  addRoutes(app, dispatch);
  return app;
}

/** Bodies are JSON of the sockets' strict kind: a web form cannot send one. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_, body, done) => {
    try {
      done(null, parseJsonLine(Buffer.from(body)));
    } catch (error) {
      done(error instanceof Error ? error : new LineFault("not valid JSON"));
    }
  });
}

function guard(app: FastifyInstance, make: () => HttpGuard): void {
  // The port is known once it listens.
  let check: HttpGuard | null = null;
  app.addHook("onRequest", (request, reply, next) => {
    check ??= make();
    void reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    const { headers, socket, url: target = "" } = request.raw;
    const health = request.routeOptions.url === "/health" && !wantsJson(request);
    const guarded = !request.is404 && !health;
    const no = check({ target, headers, remoteAddress: socket.remoteAddress ?? "", guarded });
    if (no === null) next();
    else void refuse(reply.headers(no.headers), no.status, no.reason);
  });
}

/** The connection ends with it: what else was sent is not read. */
const refuse = (reply: FastifyReply, status: number, error: string): FastifyReply =>
  reply.code(status).header("connection", "close").send({ error });

function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ""] = request.url.split("?", 1);
  const method = METHODS_BY_PATH.get(path);
  if (method === undefined) return refuse(reply, 404, "no such path");
  return refuse(reply.header("allow", method), 405, `${method} only`);
}

const STATUS: Readonly<Partial<Record<RpcCode, number>>> = {
  [ERRORS.parse]: 400,
  [ERRORS.invalidRequest]: 400,
  [ERRORS.invalidParams]: 400,
  [ERRORS.paused]: 503,
  [ERRORS.rateLimited]: 429,
  [ERRORS.notAllowed]: 403,
};

function failed(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  if (error instanceof RpcError)
    return reply.code(STATUS[error.code] ?? 500).send({ error: error.message, ...error.data });
  if (error instanceof LineFault) return reply.code(400).send({ error: error.message });
  if (error instanceof Error && "statusCode" in error) {
    const { statusCode: status } = error;
    if (status === 413) return refuse(reply, 413, "the body is too large");
    if (status === 415) return refuse(reply, 415, "application/json only");
    if (typeof status === "number" && status >= 400 && status < 500)
      return refuse(reply, status, "not a request that can be read");
  }
  log.error({ err: error }, "http request failed");
  return reply.code(500).send({ error: "internal error, see the log" });
}

const wantsJson = ({ headers }: FastifyRequest): boolean =>
  headers.accept?.toLowerCase().includes("application/json") ?? false;

/**
 * `/find_arbitrage` answers a list with the list of ids, as the seed's `find_arbitrage` did, and an object with an
 * object that says more.
 */
function addRoutes(app: FastifyInstance, dispatch: Dispatch): void {
  app.get("/health", async (request, reply) =>
    wantsJson(request) ? dispatch("status", {}) : await reply.type("text/plain; charset=utf-8").send("OK"),
  );
  app.get("/metrics", async (_, reply) => {
    const metrics = await dispatch("metrics", {});
    return await reply.type("text/plain; version=0.0.4; charset=utf-8").send(textOf(metrics));
  });
  app.post("/process_route", async ({ body }) => dispatch("processRoute", body));
  app.post("/find_arbitrage", { bodyLimit: LIST_BYTES }, async ({ body }) => {
    const answer = await dispatch("findArbitrage", body);
    return Array.isArray(body) && isFound(answer) ? answer.bundle_ids : answer;
  });
}

const isFound = (answer: unknown): answer is { readonly bundle_ids: readonly string[] } =>
  typeof answer === "object" && answer !== null && "bundle_ids" in answer;

function textOf(metrics: unknown): MetricsAnswer["text"] {
  const isText = typeof metrics === "object" && metrics !== null && "text" in metrics;
  return isText && typeof metrics.text === "string" ? metrics.text : "";
}
