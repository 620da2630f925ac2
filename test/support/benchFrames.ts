import type { ChainLog } from "../../src/chain/types.ts";
import { isFields, parseLog } from "../../src/feed/parse.ts";

/** The log of an `eth_subscription` notification, read as the feed reads it. */
export function decodedFrame(frame: Buffer): ChainLog {
  const document: unknown = JSON.parse(frame.toString("utf8"));
  const params = isFields(document) ? document["params"] : null;
  const noted = parseLog(isFields(params) ? params["result"] : null);
  if (noted === null || noted.removed) throw new TypeError(`no log: ${frame.toString("utf8")}`);
  return noted.log;
}
