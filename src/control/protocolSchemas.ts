import { z } from "zod";

/** What is said in methods and results, in pieces; see `protocol.ts`. Names of fields are those of the wire. */

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address")
  .describe("0x and 40 hex digits");
export const TOKEN_CHARACTERS = 42;
export const DEX_CHARACTERS = 32;
export const ID_CHARACTERS = 64;
export const [LEAST_TTL_MS, MOST_TTL_MS] = [100, 60_000];
/** What a hint has that says nothing of it. */
export const HINT_DEFAULTS = { score: 0.5, ttl_ms: 5_000, budget: 1 };
/** Symbols are compared with the registry's, in any case. */
export const token = z.string().min(1).max(TOKEN_CHARACTERS).describe("address, or symbol of the registry");
export const dex = z
  .string()
  .min(1)
  .max(DEX_CHARACTERS)
  .describe("exchange as in the registry, or its short name");
/** Never a name that every object inherits, so that a client which keeps hints by id is safe as well. */
export const id = z
  .string()
  .min(1)
  .max(ID_CHARACTERS)
  .refine((text) => !(text in Object.prototype), "not a name for a hint");
export const MOST_HOPS = 6;

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
      .default(HINT_DEFAULTS.score)
      .describe("the brain's own opinion: higher ones are priced first"),
    ttl_ms: z.int().min(LEAST_TTL_MS).max(MOST_TTL_MS).default(HINT_DEFAULTS.ttl_ms),
    budget: z
      .number()
      .min(0)
      .max(1)
      .default(HINT_DEFAULTS.budget)
      .describe("share of a plan's places that it may take"),
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

export const verdictSchema = z.strictObject({
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
  opportunity: z.string().optional(),
});
export type HintResult = z.output<typeof hintResultSchema>;

const time = z.number().describe("milliseconds since 1970");
const names = z.array(z.string());

/** What is told to subscribers, by topic; amounts are decimal strings. */
export const eventSchema = z.discriminatedUnion("topic", [
  z.strictObject({
    topic: z.literal("heads"),
    time,
    block: z.int(),
    hash: z.string(),
    timestamp: z.int().describe("the block's own, in seconds"),
    base_fee: z.string().describe("wei"),
    logs: z.int(),
    tainted: z.int().describe("pools whose logs of this block are in doubt"),
  }),
  z.strictObject({
    topic: z.literal("opportunities"),
    time,
    id: z.string(),
    code: z.string().describe("outcome as in the ledger"),
    detail: z.string(),
    base: z.string(),
    pools: names,
    amount_in: z.string().describe("raw units of base"),
    profit: z.string().describe("raw units of base before gas"),
    net: z.string().nullable().describe("wei of the native token after gas"),
    hints: names,
  }),
  z.strictObject({
    topic: z.literal("submissions"),
    time,
    intent: z.string(),
    opportunities: names,
    behind: names.describe("pending transactions that come first"),
    target_block: z.int(),
    net: z.string().describe("wei of the native token after gas"),
    hints: names,
  }),
  z.strictObject({
    topic: z.literal("fates"),
    time,
    intent: z.string(),
    fate: z.string(),
    reason: z.string(),
    block: z.int().nullable(),
    transaction: z.string().nullable(),
  }),
  hintResultSchema.extend({ topic: z.literal("hints") }),
]);
export type ControlEvent = z.output<typeof eventSchema>;

export const liveHintSchema = z.strictObject({
  id,
  source: z.string(),
  score: z.number(),
  expires_in_ms: z.int(),
  state: hintResultSchema.shape.state,
  code: z.string().nullable(),
  net: z.string().nullable().describe("the best seen, wei of the native token after gas"),
});
export type LiveHint = z.output<typeof liveHintSchema>;

export const processResultSchema = z.strictObject({
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

export const pairVerdictSchema = z.strictObject({
  token0: z.string(),
  token1: z.string(),
  dex: z.string(),
  verdict: z.enum(["known", "queued", "refused"]),
  pools: z.array(z.string()),
  reason: z.string().optional(),
});
export type PairVerdict = z.output<typeof pairVerdictSchema>;

const daemonStatusSchema = z.looseObject({
  version: z.string(),
  mode: z.enum(["observe", "dry-run", "live"]),
  chain: z.int(),
  phase: z.string(),
  block: z.int().nullable(),
  block_age_ms: z.number().nullable(),
  pools: z.int(),
  open_opportunities: z.int(),
  in_flight: z.int(),
  paused: z.string().nullable(),
  halted: z.string().nullable(),
});
/** What the daemon says of itself; more may stand beside it. */
export type DaemonStatus = z.output<typeof daemonStatusSchema>;
export const statusSchema = daemonStatusSchema.extend({ hints: z.int() });
export type StatusAnswer = z.output<typeof statusSchema>;

export const versionSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  protocol: z.int(),
  access: z.enum(["open", "owner"]).describe("what this socket may ask for"),
  methods: z.array(z.string()),
  topics: z.array(z.string()),
});

export const metricsSchema = z.strictObject({
  text: z.string().describe("Prometheus' text form"),
  processing_time_us: z.number().nullable().describe("median of the last 1,000 routes priced on demand"),
  opportunities_found: z.int(),
  bundles_dispatched: z.int(),
  mev_protection_saves_usd: z
    .number()
    .describe(
      "net of landed plans while no public channel is configured, at the prices of then: an estimate",
    ),
  speedup_ratio: z
    .number()
    .nullable()
    .describe("a measured Python figure, if configured, by processing_time_us"),
});
export type MetricsAnswer = z.output<typeof metricsSchema>;
