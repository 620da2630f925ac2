import { z } from "zod";
import {
  address,
  token,
  id,
  MOST_HOPS,
  TOKEN_CHARACTERS,
  verdictSchema,
  liveHintSchema,
  processResultSchema,
  pairVerdictSchema,
  statusSchema,
  versionSchema,
  metricsSchema,
  seedRouteSchema,
  seedPairSchema,
} from "./protocolSchemas.ts";

/**
 * What may be said over the sockets: one schema a method, and the only place where it is written down. The server checks
 * by it, the types follow from it, the table in the docs and the JSON Schema for clients are made from it.
 */

/** Version of the protocol; a change that breaks a client raises it. */
export const PROTOCOL = 1;

export {
  eventSchema,
  hintResultSchema,
  hintSchema,
  seedPairSchema,
  seedRouteSchema,
  type ControlEvent,
  type Hint,
  type SeedRoute,
  type SeedPair,
  type HintVerdict,
  type HintResult,
  type LiveHint,
  type ProcessResult,
  type PairVerdict,
  type DaemonStatus,
  type StatusAnswer,
  type MetricsAnswer,
} from "./protocolSchemas.ts";

export const TOPICS = ["heads", "opportunities", "submissions", "fates", "hints"] as const;
const reason = z.string().min(1).max(200);
const none = z.strictObject({});
const done = z.strictObject({ done: z.literal(true) });

/** `open` methods are for the brain and for the owner; `owner` ones only for the owner's socket. */
export const METHODS = {
  version: {
    access: "open",
    about: "name, version, protocol and what is offered",
    params: none,
    result: versionSchema,
  },
  status: { access: "open", about: "how the daemon stands", params: none, result: statusSchema },
  metrics: {
    access: "open",
    about: "all metrics in Prometheus' text form, and the seed's figures",
    params: none,
    result: metricsSchema,
  },
  why: {
    access: "open",
    about: "one opportunity, intent or transaction through every gate",
    params: z.strictObject({ id: z.string().min(1).max(200) }),
  },
  subscribe: {
    access: "open",
    about: "notifications `event` on these topics",
    params: z.strictObject({ topics: z.array(z.enum(TOPICS)).min(1).max(TOPICS.length) }),
    result: z.strictObject({ topics: z.array(z.enum(TOPICS)) }),
  },
  "hint.push": {
    access: "open",
    about: "routes worth a look; a verdict each",
    params: z.strictObject({
      hints: z.array(z.unknown()).min(1).max(200).describe("each checked on its own"),
      source: z.string().min(1).max(64).default("brain"),
    }),
    result: z.strictObject({ verdicts: z.array(verdictSchema) }),
  },
  "hint.cancel": {
    access: "open",
    about: "takes hints back",
    params: z.strictObject({ ids: z.array(id).min(1).max(200) }),
    result: z.strictObject({ cancelled: z.int() }),
  },
  "hint.list": {
    access: "open",
    about: "live hints, best score first",
    params: z.strictObject({ limit: z.int().min(1).max(1000).default(100) }),
    result: z.strictObject({ hints: z.array(liveHintSchema) }),
  },
  "hint.results": {
    access: "open",
    about: "notifications `hint.result` for every hint of any source",
    params: none,
    result: done,
  },
  injectPairs: {
    access: "open",
    about: "token pairs: known pools, or queued for verification with the reason",
    params: z.union([
      z.array(seedPairSchema).max(1000),
      z.strictObject({ pairs: z.array(seedPairSchema).max(1000) }),
    ]),
    result: z.strictObject({ pairs: z.array(pairVerdictSchema) }),
  },
  getPaths: {
    access: "open",
    about: "ways between two tokens over known pools, fewest hops first, then most liquidity",
    params: z.strictObject({
      start: token,
      end: token,
      max_hops: z.int().min(1).max(MOST_HOPS).default(3),
      limit: z.int().min(1).max(1000).default(100),
    }),
    result: z.strictObject({ paths: z.array(z.array(z.string())) }),
  },
  processRoute: {
    access: "open",
    about: "prices a route at once; it is sent like any other opportunity if it passes the gates",
    params: seedRouteSchema,
    result: processResultSchema,
  },
  findArbitrage: {
    access: "open",
    about: "prices pairs or routes at once; ids of what was sent",
    params: z.union([
      z.array(z.unknown()).max(5000),
      z.looseObject({
        routes: z.array(z.unknown()).max(5000).optional(),
        pairs: z.array(z.unknown()).max(5000).optional(),
        names: z
          .array(z.string().min(1).max(TOKEN_CHARACTERS))
          .max(4096)
          .optional()
          .describe(
            "tokens and exchanges, each once: a route may then be [path, dexes] by places in this list",
          ),
      }),
    ]),
    result: z.strictObject({
      bundle_ids: z.array(z.string()).describe("worthiest first; at most one plan is sent a block"),
      asked: z.int().describe("cycles that were priced"),
      profitable: z.int(),
      passed_over: z.int().describe("items that cannot be read, or name what is not known"),
    }),
  },
  pause: {
    access: "owner",
    about: "nothing new is sent until `resume`; not kept over a restart",
    params: z.strictObject({ reason }),
    result: done,
  },
  resume: {
    access: "owner",
    about: "ends a pause or a halt",
    params: z.strictObject({ reason }),
    result: done,
  },
  halt: {
    access: "owner",
    about: "no plan is sent, over restarts too, until `resume`; one that lingers is still cancelled",
    params: z.strictObject({ reason }),
    result: done,
  },
  reload: {
    access: "owner",
    about: "reads the configuration again; takes what may change while running",
    params: none,
    result: z.strictObject({ taken: z.array(z.string()), needs_restart: z.array(z.string()) }),
  },
  "limits.lower": {
    access: "owner",
    about: "stricter limits until the next start; never looser ones",
    params: z.strictObject({
      min_net_native: z
        .string()
        .regex(/^\d{1,30}(\.\d{1,18})?$/)
        .optional(),
      max_tx_fee_native: z
        .string()
        .regex(/^\d{1,30}(\.\d{1,18})?$/)
        .optional(),
      max_cycles_per_plan: z.int().min(1).max(8).optional(),
    }),
    result: done,
  },
  queued: {
    access: "owner",
    about: "pairs that `injectPairs` told of and that have no pool here, oldest first",
    params: none,
    result: z.strictObject({
      pairs: z.array(
        z.strictObject({
          token0: z.string(),
          token1: z.string(),
          dexes: z.array(z.string()),
          reason: z.string(),
        }),
      ),
    }),
  },
  approve: {
    access: "owner",
    about: "a pair that was queued: its pool is verified and traded through from the next load on",
    params: z.strictObject({ pool: address }),
    result: done,
  },
} as const satisfies Record<string, Method>;

export interface Method {
  readonly access: "open" | "owner";
  readonly about: string;
  readonly params: z.ZodType;
  readonly result?: z.ZodType;
}
export type MethodName = keyof typeof METHODS;
export type Params<M extends MethodName> = z.output<(typeof METHODS)[M]["params"]>;
export type Result<M extends MethodName> = (typeof METHODS)[M] extends {
  readonly result: infer R extends z.ZodType;
}
  ? z.output<R>
  : unknown;

/** JSON-RPC 2.0's codes, and ours. */
export const ERRORS = {
  parse: -32700,
  invalidRequest: -32600,
  noMethod: -32601,
  invalidParams: -32602,
  internal: -32603,
  paused: -32001,
  unknownPool: -32002,
  stale: -32003,
  rateLimited: -32005,
  notAllowed: -32006,
} as const;
