import { areTexts, isText } from "../plainText.ts";
import { DEX_CHARACTERS, MOST_HOPS, TOKEN_CHARACTERS, type SeedRoute } from "../protocolSchemas.ts";
import type { NamedRoute } from "./resolve.ts";

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

/**
 * A route as `[path, dexes]` by places in a list of names: a thousand routes of a few hundred tokens fit in one line. Null
 * for anything else.
 */
export function routeByPlaces(item: unknown, names: readonly string[]): NamedRoute | null {
  if (!Array.isArray(item) || item.length !== 2) return null;
  const path = namesAt(item[0], names, 2, MOST_HOPS + 1);
  const dexes = namesAt(item[1], names, 1, MOST_HOPS);
  return path === null || dexes === null ? null : { path, dexes };
}

function namesAt(
  places: unknown,
  names: readonly string[],
  least: number,
  most: number,
): readonly string[] | null {
  if (!Array.isArray(places) || places.length < least || places.length > most) return null;
  const found: string[] = [];
  for (const place of places) {
    const name = typeof place === "number" ? names[place] : undefined;
    if (name === undefined) return null;
    found.push(name);
  }
  return found;
}
