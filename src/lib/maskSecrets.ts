import { unescape } from "node:querystring";

/** Shorter parts are words of a path ("rpc", "v2"), or no secret. */
const LEAST_LENGTH = 8;

/** What of a URL may be a key, as it stands there: user, password, each part of the path, each value of the query. */
function partsOf({ username, password, pathname, search }: URL): readonly string[] {
  const values = search
    .slice(1)
    .split("&")
    .map((pair) => pair.slice(pair.indexOf("=") + 1));
  return [username, password, ...pathname.split("/"), ...values];
}

/** As it stands, and as a place reads or writes it; in a query a space may stand as `+`. */
function formsOf(part: string): readonly string[] {
  const plain = unescape(part);
  return [part, plain, unescape(part.replaceAll("+", " ")), encodeURIComponent(plain)];
}

/** User and password, as the Authorization header has them. */
const basicOf = ({ username, password }: URL): string =>
  Buffer.from(`${unescape(username)}:${unescape(password)}`, "utf8").toString("base64");

function wordsOf(address: string): readonly string[] {
  if (!URL.canParse(address)) return [];
  const url = new URL(address);
  return [...partsOf(url).flatMap(formsOf), basicOf(url)];
}

/**
 * Takes a place's secrets out of what it says: it may well repeat the key that it does not like. `headers`: what is
 * sent to it beside the address.
 */
export function maskSecrets(address: string, headers: readonly string[] = []): (text: string) => string {
  const words = [...headers, ...headers.flatMap((header) => header.split(/\s+/)), ...wordsOf(address)];
  const secrets = words.filter((word) => word.length >= LEAST_LENGTH).toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((masked, word) => masked.replaceAll(word, "[secret]"), text);
}
