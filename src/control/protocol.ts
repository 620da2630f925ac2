import { z } from "zod";

/**
 * What may be said over the sockets: one schema a method, and the only place where it is written down. The server checks
 * by it, the types follow from it, the table in the docs and the JSON Schema for clients are made from it.
 */

/** Version of the protocol; a change that breaks a client raises it. */
export const PROTOCOL = 1;

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address")
  .describe("0x and 40 hex digits");
/** Symbols are compared with the registry's, in any case. */
const token = z.string().min(1).max(42).describe("address, or symbol of the registry");
const dex = z.string().min(1).max(32).describe("exchange as in the registry, or its short name");
const id = z.string().min(1).max(64);
const MOST_HOPS = 6;

const hops = {
  path: z
    .array(token)
    .min(2)
    .max(MOST_HOPS + 1)
    .optional()
    .describe("tokens in order; the last one is the first where the route is a cycle"),
  dexes: z.array(dex).min(1).max(MOST_HOPS).optional().describe("an exchange a hop, or one for all"),
  pools: z.array(address).min(2).max(MOST_HOPS).optional().describe("in place of path and dexes"),
  start: token.optional().describe("token paid into the first of `pools`"),
};

/** A route that is worth a look; it can never set gas, recipient, limits or a pool that is not verified. */
export const hintSchema = z
  .strictObject({
    id: id.optional().describe("names it in verdicts and results; a second one of that name replaces it"),
    ...hops,
    score: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe("the brain's own opinion: higher ones are priced first"),
    ttl_ms: z.int().min(100).max(60_000).default(5_000),
    budget: z.number().min(0).max(1).default(1).describe("share of a plan's places that it may take"),
  })
  .refine(({ path, pools }) => (path === undefined) !== (pools === undefined), "names either path or pools");
export type Hint = z.output<typeof hintSchema>;

/** The seed's route, field for field. */
export const seedRouteSchema = z.looseObject({
  token_in: token,
  token_out: token,
  amount: z
    .union([z.string().max(80), z.number()])
    .describe("whole tokens as a decimal, or raw units where it has no point and is longer than 15 digits"),
  path: z
    .array(token)
    .min(2)
    .max(MOST_HOPS + 1),
  dexes: z.array(dex).min(1).max(MOST_HOPS),
});
export type SeedRoute = z.output<typeof seedRouteSchema>;

/** The seed's pair, field for field. */
export const seedPairSchema = z.looseObject({
  token0: token,
  token1: token,
  dex,
  liquidity_usd: z.number().min(0).optional(),
  fee_bps: z.number().min(0).max(10_000).optional(),
});
export type SeedPair = z.output<typeof seedPairSchema>;

const verdictSchema = z.strictObject({
  id,
  verdict: z.enum(["accepted", "refused"]),
  code: z.string().optional(),
  reason: z.string().optional(),
});
export type HintVerdict = z.output<typeof verdictSchema>;

/** What becomes of a hint, as notifications tell it. */
export const hintResultSchema = z.strictObject({
  id,
  source: z.string(),
  state: z.enum([
    "accepted",
    "refused",
    "scanned",
    "profitable",
    "submitted",
    "landed",
    "missed",
    "expired",
    "cancelled",
  ]),
  time: z.number(),
  block: z.int().optional(),
  net: z.string().optional().describe("wei of the native token after gas"),
  code: z.string().optional(),
  intent: z.string().optional(),
});
export type HintResult = z.output<typeof hintResultSchema>;

const processResultSchema = z.strictObject({
  profitable: z.boolean(),
  net_profit: z.string().describe("US dollars after gas, an estimate; exact figures stand beside it"),
  bundle_id: z.string().nullable().describe("the intent that was sent, if one was"),
  execution_time_us: z.int(),
  net_wei: z.string().nullable(),
  base: z.string().nullable(),
  profit: z.string().nullable().describe("raw units of base before gas"),
  amount_in: z.string().nullable(),
  code: z.string().describe("outcome as in the ledger, or why the route was refused"),
});
export type ProcessResult = z.output<typeof processResultSchema>;

const pairVerdictSchema = z.strictObject({
  token0: z.string(),
  token1: z.string(),
  dex: z.string(),
  verdict: z.enum(["known", "queued", "refused"]),
  pools: z.array(z.string()),
  reason: z.string().optional(),
});
export type PairVerdict = z.output<typeof pairVerdictSchema>;

export const TOPICS = ["heads", "opportunities", "submissions", "fates", "hints"] as const;
const reason = z.string().min(1).max(200);
const none = z.strictObject({});

const statusSchema = z.looseObject({
  version: z.string(),
  mode: z.enum(["observe", "dry-run", "live"]),
  chain: z.int(),
  phase: z.string(),
  block: z.int().nullable(),
  block_age_ms: z.number().nullable(),
  pools: z.int(),
  open_opportunities: z.int(),
  in_flight: z.int(),
  hints: z.int(),
  paused: z.string().nullable(),
  halted: z.string().nullable(),
});
export type StatusAnswer = z.output<typeof statusSchema>;

/** `open` methods are for the brain and for the owner; `owner` ones only for the owner's socket. */
export const METHODS = {
  version: { access: "open", about: "name, version, protocol and what is offered", params: none },
  status: { access: "open", about: "how the daemon stands", params: none, result: statusSchema },
  metrics: {
    access: "open",
    about: "all metrics in Prometheus' text form, and the seed's figures",
    params: none,
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
  },
  "hint.results": {
    access: "open",
    about: "notifications `hint.result` for every hint of any source",
    params: none,
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
      z.looseObject({ routes: z.array(z.unknown()).max(5000) }),
    ]),
    result: z.strictObject({ bundle_ids: z.array(z.string()) }),
  },
  pause: {
    access: "owner",
    about: "nothing new is sent until `resume`; not kept over a restart",
    params: z.strictObject({ reason }),
  },
  resume: { access: "owner", about: "ends a pause or a halt", params: z.strictObject({ reason }) },
  halt: {
    access: "owner",
    about: "nothing is sent, over restarts too, until `resume`",
    params: z.strictObject({ reason }),
  },
  reload: {
    access: "owner",
    about: "reads the configuration again; takes what may change while running",
    params: none,
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
  },
  approve: {
    access: "owner",
    about: "a pair that was queued: its pool is verified and traded through from the next load on",
    params: z.strictObject({ pool: address }),
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
