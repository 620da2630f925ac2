import { areTexts, isText } from "./plainText.ts";
import {
  DEX_CHARACTERS,
  HINT_DEFAULTS,
  ID_CHARACTERS,
  LEAST_TTL_MS,
  MOST_HOPS,
  MOST_TTL_MS,
  TOKEN_CHARACTERS,
  type Hint,
} from "./protocolSchemas.ts";

/**
 * A hint beyond doubt, as the schema would give it: one with a name and a path. A brain pushes thousands, and the schema
 * takes microseconds for each; what this does not know, it leaves to the schema: null.
 */
export function plainHint(raw: unknown): (Hint & { readonly id: string }) | null {
  if (typeof raw !== "object" || raw === null || !("id" in raw && "path" in raw)) return null;
  const { id, path } = raw;
  if (!isText(id, 1, ID_CHARACTERS) || id in Object.prototype) return null;
  if (!areTexts(path, 2, MOST_HOPS + 1, TOKEN_CHARACTERS)) return null;
  const hint = { id, path, dexes: NONE, ...HINT_DEFAULTS };
  let read = 2;
  if ("dexes" in raw) {
    if (!areTexts(raw.dexes, 1, MOST_HOPS, DEX_CHARACTERS)) return null;
    hint.dexes = raw.dexes;
    read++;
  }
  if ("score" in raw) {
    if (!isShare(raw.score)) return null;
    hint.score = raw.score;
    read++;
  }
  if ("ttl_ms" in raw) {
    const { ttl_ms: ttlMs } = raw;
    if (typeof ttlMs !== "number" || !Number.isInteger(ttlMs)) return null;
    if (ttlMs < LEAST_TTL_MS || ttlMs > MOST_TTL_MS) return null;
    hint.ttl_ms = ttlMs;
    read++;
  }
  if ("budget" in raw) {
    if (!isShare(raw.budget)) return null;
    hint.budget = raw.budget;
    read++;
  }
  for (const _ in raw) read--;
  return read === 0 ? hint : null;
}

const NONE: string[] = [];

const isShare = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1;
