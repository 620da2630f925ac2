import { z } from "zod";
import type { Router } from "../chain/registry.ts";
import { safeText } from "../lib/safeText.ts";
import { hintSchema, type Hint } from "./protocol.ts";

/** What a signal is measured by. */
export interface SignalRules {
  /** Ours; signals of other chains are refused. */
  readonly chainId: number;
  /** The registry's: a signal names routers, a hint names exchanges. */
  readonly routers: readonly Router[];
  /** Older signals are refused, in milliseconds. */
  readonly maxAgeMs: number;
  /** How long its hint lives, from 100 to 60,000 ms. */
  readonly ttlMs: number;
}

export type SignalReading = { readonly hint: Hint } | { readonly refused: string };

/** Longest name of a hint. */
const ID_CHARACTERS = 64;
/** Dollars of claimed profit that are worth a score of one half. */
const HALF_SCORE_USD = 10;
/** A signal from further ahead is not of this clock. */
const MOST_AHEAD_MS = 5_000;

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be an address");

/**
 * What is used of the brain's signal; it writes more. `path` holds what each step pays out, so that it ends in `token`;
 * some versions put `token` in front as well. `protocols` are the numbers of its own contract, or names of exchanges.
 */
const signalSchema = z.object({
  type: z.string().max(64).optional(),
  chainId: z.int().positive(),
  token: address,
  protocols: z.array(z.union([z.int(), z.string().min(1).max(32)])).min(2),
  routers: z.array(address).optional(),
  path: z.array(address).min(2),
  metrics: z.object({ profit_usd: z.number().optional() }).optional(),
  timestamp: z.union([z.number(), z.string().max(64)]).optional(),
});
type Signal = z.output<typeof signalSchema>;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Thrown and caught here: why a signal is refused. */
class Refusal extends Error {}

/**
 * Reads a signal of the brain as a hint. `stem`: its file's name without the ending, which becomes the hint's id;
 * `writtenAt`: when that name says that it was made; both times in milliseconds since 1970.
 */
export function readSignal(
  content: unknown,
  { stem, writtenAt, now }: { readonly stem: string; readonly writtenAt: number; readonly now: number },
  rules: SignalRules,
): SignalReading {
  const parsed = signalSchema.safeParse(content);
  if (!parsed.success) return { refused: issueText(parsed.error) };
  try {
    const signal = parsed.data;
    checkOrigin(signal, rules);
    checkAge(Math.min(writtenAt, zonedTime(signal.timestamp) ?? writtenAt), now, rules);
    const path = fullPath(signal);
    const hint = hintSchema.safeParse({
      id: safeText(stem, ID_CHARACTERS),
      path,
      dexes: path.slice(1).map((_, hop) => exchangeOf(signal, hop, rules)),
      score: scoreOf(signal),
      ttl_ms: rules.ttlMs,
    });
    return hint.success ? { hint: hint.data } : { refused: issueText(hint.error) };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.message };
    throw error;
  }
}

const issueText = ({ issues }: z.ZodError): string =>
  issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");

function checkOrigin({ chainId, type }: Signal, rules: SignalRules): void {
  if (chainId !== rules.chainId)
    throw new Refusal(`chainId: ${chainId}, and the daemon runs on ${rules.chainId}`);
  if (type !== undefined && /cross/i.test(type))
    throw new Refusal(`type: ${safeText(type)} is a trade over two chains`);
}

/** A time with a zone, or a number of seconds or milliseconds; Python's bare local time says too little. */
function zonedTime(timestamp: Signal["timestamp"]): number | null {
  if (timestamp === undefined) return null;
  if (typeof timestamp === "number") return timestamp < 1e11 ? timestamp * 1000 : timestamp;
  const time = /(?:Z|[+-]\d{2}:?\d{2})$/.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

function checkAge(writtenAt: number, now: number, { maxAgeMs }: SignalRules): void {
  const age = now - writtenAt;
  if (age > maxAgeMs) throw new Refusal(`stale: ${Math.round(age)} ms old, and ${maxAgeMs} are the most`);
  if (age < -MOST_AHEAD_MS)
    throw new Refusal(`timestamp: ${Math.round(-age)} ms ahead of the daemon's clock`);
}

/** From the token paid in through every step back to it. */
function fullPath({ token, path, protocols }: Signal): readonly string[] {
  const [first = "", last = ""] = [path[0], path.at(-1)];
  const full = path.length === protocols.length + 1 && same(first, token) ? path : [token, ...path];
  if (full.length !== protocols.length + 1)
    throw new Refusal(`path: ${path.length} tokens do not fit ${protocols.length} protocols`);
  if (!same(last, token)) throw new Refusal("path: does not lead back to token");
  return full;
}

/** The numbers that the brain's contract knows: the kind of pool that a step trades with. */
const KINDS: ReadonlyMap<number, "v2" | "v3"> = new Map([
  [0, "v2"],
  [1, "v3"],
]);

function exchangeOf({ protocols, routers }: Signal, hop: number, rules: SignalRules): string {
  const protocol = protocols[hop];
  if (typeof protocol === "string") return protocol;
  const kind = KINDS.get(protocol ?? -1);
  if (kind === undefined) throw new Refusal(`protocols.${hop}: ${protocol} is neither 0 (V2) nor 1 (V3)`);
  const given = routers?.[hop];
  if (given === undefined) throw new Refusal(`routers.${hop}: is missing`);
  const router = rules.routers.find((one) => same(one.address, given));
  if (router === undefined) throw new Refusal(`routers.${hop}: ${given} is no router of the registry`);
  const dex = exchangeBehind(router, kind);
  if (dex === null)
    throw new Refusal(`routers.${hop}: ${router.name} trades with no ${kind} exchange of the registry`);
  return dex;
}

function exchangeBehind(router: Router, kind: "v2" | "v3"): string | null {
  switch (router.family) {
    case "v2":
      return kind === "v2" ? router.dex : null;
    case "v3":
    case "algebra":
      return kind === "v3" ? router.dex : null;
    case "router02":
    case "universal":
      return kind === "v2" ? router.dexV2 : router.dexV3;
    case "opaque":
      return null;
  }
}

/** The claimed profit as an order from 0 to 1; a signal that claims none stands in the middle. */
function scoreOf({ metrics }: Signal): number {
  const claimed = metrics?.profit_usd;
  if (claimed === undefined) return 0.5;
  return claimed <= 0 ? 0 : claimed / (claimed + HALF_SCORE_USD);
}
