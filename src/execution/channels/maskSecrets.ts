import type { Endpoint } from "./httpJson.ts";

/** Shorter parts are words of a path ("rpc", "v2"), or no secret. */
const LEAST_LENGTH = 8;

/** What of a URL may be a key: user, password, and each part of path and query. */
function partsOf(url: string): readonly string[] {
  if (!URL.canParse(url)) return [];
  const { username, password, pathname, searchParams } = new URL(url);
  return [username, password, ...pathname.split("/"), ...searchParams.values()];
}

/** Takes an endpoint's secrets out of what it says: a place may well repeat the key that it does not like. */
export function maskSecrets({ url, headers }: Endpoint): (text: string) => string {
  const values = Object.values(headers).map((header) => header.reveal());
  const words = [...values, ...values.flatMap((value) => value.split(/\s+/)), ...partsOf(url.reveal())];
  const secrets = words.filter((word) => word.length >= LEAST_LENGTH).toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((masked, word) => masked.replaceAll(word, "[secret]"), text);
}
