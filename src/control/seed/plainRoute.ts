import { DEX_CHARACTERS, MOST_HOPS, TOKEN_CHARACTERS, type SeedRoute } from "../protocolSchemas.ts";

const AMOUNT_CHARACTERS = 80;

/**
 * Whether an item is a route of the seed beyond doubt. A list has thousands, and the schema takes microseconds for each;
 * what this does not know it leaves to the schema.
 */
export function isPlainRoute(item: object): item is SeedRoute {
  if (!("token_in" in item && "token_out" in item && "amount" in item && "path" in item && "dexes" in item))
    return false;
  const { token_in: tokenIn, token_out: tokenOut, amount, path, dexes } = item;
  return (
    isText(tokenIn, 1, TOKEN_CHARACTERS) &&
    isText(tokenOut, 1, TOKEN_CHARACTERS) &&
    isText(amount, 0, AMOUNT_CHARACTERS) &&
    areTexts(path, 2, MOST_HOPS + 1, TOKEN_CHARACTERS) &&
    areTexts(dexes, 1, MOST_HOPS, DEX_CHARACTERS)
  );
}

const isText = (value: unknown, least: number, most: number): boolean =>
  typeof value === "string" && value.length >= least && value.length <= most;

function areTexts(value: unknown, least: number, most: number, characters: number): boolean {
  if (!Array.isArray(value) || value.length < least || value.length > most) return false;
  for (const text of value) if (!isText(text, 1, characters)) return false;
  return true;
}
