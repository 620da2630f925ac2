import { z } from "zod";
import type { Address } from "../chain/types.ts";
import { HTTP_PORT } from "../control/http.ts";
import { controlSchema } from "../control/options.ts";

/** Config is data: defaults, then the file. A secret is a reference (`env:NAME`), never a value. */

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address: 0x and 40 hex digits")
  .transform((text): Address => `0x${text.slice(2).toLowerCase()}`);
const decimal = z.string().regex(/^\d{1,30}(\.\d{1,18})?$/, 'must be a decimal in quotes, like "0.05"');
const share = z.string().regex(/^(0\.\d{1,6}|1)$/, 'must be a share in quotes, from "0.000001" to "1"');
const url = (schemes: readonly string[]) =>
  z.string().refine(
    (text) => {
      return URL.canParse(text) && schemes.includes(new URL(text).protocol);
    },
    `must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(" or ")}`,
  );
const secretReference = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+|credential:[\w.-]+)$/,
    'must name a secret: "env:NAME", "file:/path" or "credential:NAME"',
  );
const milliseconds = z.int().min(1).max(3_600_000);

const httpUrl = url(["http:", "https:"]);
/** Sent as the Authorization header. */
const authorization = secretReference.optional();
const channel = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("flashbots"),
    name: z.string().default("flashbots"),
    url: httpUrl,
    /** Signs the relay's header, not transactions; default: a key made at start. */
    auth_key: secretReference.optional(),
  }),
  z.strictObject({
    type: z.literal("private"),
    name: z.string().default("private"),
    url: httpUrl,
    method: z
      .enum(["eth_sendRawTransactionPrivate", "eth_sendRawTransaction"])
      .default("eth_sendRawTransactionPrivate"),
    authorization,
  }),
  z.strictObject({
    type: z.literal("bloxroute"),
    name: z.string().default("bloxroute"),
    url: httpUrl.default("https://api.blxrbdn.com"),
    authorization: secretReference,
  }),
  z.strictObject({
    type: z.literal("conditional"),
    name: z.string().default("conditional"),
    url: httpUrl,
    authorization,
  }),
  z.strictObject({
    type: z.literal("public"),
    name: z.string().default("public"),
    url: httpUrl,
    authorization,
  }),
]);

export const configSchema = z.strictObject({
  chain: z.int().positive().default(137),
  mode: z.enum(["observe", "dry-run", "live"]).default("observe"),
  /** Whether the process never sleeps. */
  busy_poll: z.boolean().default(false),
  node: z.strictObject({
    ws: url(["ws:", "wss:"]),
    request_timeout_ms: milliseconds.default(5000),
    stale_after_ms: milliseconds.default(6000),
    pending: z.enum(["full", "hash", "alchemy", "off"]).default("full"),
  }),
  market: z
    .strictObject({
      /** Names of the registry; empty: all of them. */
      dexes: z.array(z.string()).default([]),
      /** Symbols or addresses; empty: the registry's. */
      bases: z.array(z.string()).default([]),
      tokens_allow: z.array(z.string()).default([]),
      tokens_deny: z.array(z.string()).default([]),
      pools_allow: z.array(address).default([]),
      pools_deny: z.array(address).default([]),
      min_depth_native: decimal.default("0"),
      max_hops: z.int().min(2).max(4).default(4),
    })
    .prefault({}),
  profit: z
    .strictObject({
      min_net_native: decimal.default("0.01"),
      max_cycles_per_plan: z.int().min(1).max(8).default(4),
      quarantine_blocks: z.int().min(1).max(100_000).default(40),
    })
    .prefault({}),
  landing: z
    .strictObject({
      grace_blocks: z.int().min(0).max(16).default(0),
      least_profit_share: share.default("1"),
      confirmations: z.int().min(0).max(256).default(8),
    })
    .prefault({}),
  fees: z
    .strictObject({
      tip_gwei: decimal.default("30"),
      max_tx_fee_native: decimal.default("1"),
    })
    .prefault({}),
  backrun: z
    .strictObject({
      enabled: z.boolean().default(true),
      tail: z.boolean().default(true),
      /** Least share of a kind of prediction that has to come true. */
      min_confidence: share.default("0.75"),
      /** When the node simulates what goes out in bundles that cost nothing where they fail. */
      simulate: z.enum(["beside", "before"]).default("beside"),
    })
    .prefault({}),
  race: z
    .strictObject({
      enabled: z.boolean().default(false),
      share: share.default("0.3"),
      percentile: z.int().min(1).max(100).default(90),
      max_tip_gwei: decimal.default("500"),
      decay: share.default("0.5"),
    })
    .prefault({}),
  control: controlSchema.prefault({}),
  http: z
    .strictObject({
      enabled: z.boolean().default(false),
      host: z.string().default("127.0.0.1"),
      port: z.int().min(0).max(65_535).default(HTTP_PORT),
      /** A secret that clients send as their bearer token, or "none" in so many words. */
      auth: z.union([z.literal("none"), secretReference]).optional(),
    })
    .prefault({}),
  signals: z
    .strictObject({
      /** Folder of the brain's signal files; empty: none is watched. */
      path: z.string().default(""),
      max_age_ms: milliseconds.default(60_000),
      ttl_ms: z.int().min(100).max(60_000).default(10_000),
    })
    .prefault({}),
  hints: z
    .strictObject({
      /** Share of blocks in which hints are ignored, so that their worth is measured. */
      control_share: z
        .string()
        .regex(/^(0|0\.\d{1,6})$/, 'must be a share in quotes, from "0" to below "1"')
        .default("0.1"),
    })
    .prefault({}),
  executor: z
    .strictObject({
      address,
      /** Where profits are to go: an executor that pays another is refused at the start. */
      treasury: address.optional(),
    })
    .optional(),
  signer: z.strictObject({ key: secretReference }).optional(),
  /** What the operator has to say in words before a channel of type `public` is taken. */
  submission: z.strictObject({ public: z.boolean().default(false) }).prefault({}),
  channels: z.array(channel).default([]),
  ledger: z.strictObject({ path: z.string().min(1).default("data/run/turbo-mev.sqlite") }).prefault({}),
  recorder: z.strictObject({ path: z.string().default("") }).prefault({}),
  metrics: z.strictObject({ file: z.string().default("") }).prefault({}),
  log: z
    .strictObject({
      level: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type ChannelConfig = Config["channels"][number];
