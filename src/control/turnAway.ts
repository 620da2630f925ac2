import type { TokenBucket } from "../lib/tokenBucket.ts";
import { errorLine } from "./jsonRpc.ts";
import { tooMany } from "./tooMany.ts";

/** The head of a push as clients write it: fields in the usual order, without blanks. */
const PUSH_HEAD = /^\{"jsonrpc":"2\.0","id":(\d{1,15}|"[\w.:-]{1,64}"),"method":"hint\.push",/;
const HEAD_BYTES = 128;
const BETWEEN_HINTS = "},{";

/**
 * The refusal of a push that its connection has no room for, told before the line is read: whoever floods costs no
 * parsing, and none of the garbage that stalls a scan. Null: the line is to be read, where what does not look like this
 * is refused as well.
 */
export function turnAway(line: Buffer, hints: Pick<TokenBucket, "missingMs">): string | null {
  const [, id] = PUSH_HEAD.exec(line.toString("latin1", 0, HEAD_BYTES)) ?? [];
  if (id === undefined) return null;
  const retryMs = hints.missingMs(leastHints(line));
  return retryMs === 0 ? null : errorLine(tooMany("hints", retryMs), JSON.parse(id));
}

/** Hints have no objects within them. */
function leastHints(line: Buffer): number {
  let count = 1;
  for (let at = line.indexOf(BETWEEN_HINTS); at >= 0; at = line.indexOf(BETWEEN_HINTS, at + 1)) count++;
  return count;
}
