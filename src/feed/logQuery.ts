import type { AddressTable } from "../chain/addressTable.ts";
import type { BlockHeader, ChainLog } from "../chain/types.ts";
import { RetryableError } from "../lib/errors.ts";
import { createLogAnswers } from "./frames/logAnswers.ts";
import type { LogReaderOptions } from "./frames/logReader.ts";
import type { Asking } from "./headers.ts";
import { isFields, parseAddress, parseLog } from "./parse.ts";
import type { RequestOptions } from "./rpcConnection.ts";
import { RpcError } from "./rpcError.ts";

/** Asks for the logs of a block. Answers of the usual form are read in place, all others by the general decoder. */
export interface LogQuery {
  /**
   * The logs of our pools in the order of `logIndex`; null: no usable answer, ask again. Rejects when the connection
   * is lost.
   */
  ask(node: Asking, block: BlockHeader, asked: AskedLogs): Promise<readonly ChainLog[] | null>;
  readonly stats: Readonly<DecodedFrames>;
}

/** Frames by the decoder that read them. */
export interface DecodedFrames {
  fast: number;
  general: number;
}

interface AskedLogs {
  readonly query: object;
  readonly timeoutMs: number;
}

export function createLogQuery(options: LogReaderOptions): LogQuery {
  const answers = createLogAnswers(options);
  const stats: DecodedFrames = { fast: 0, general: 0 };
  return {
    stats,
    ask: async (node, block, { query, timeoutMs }) => {
      const taken: { logs: readonly ChainLog[] | null } = { logs: null };
      const answer = await answerOf(node, query, {
        timeoutMs,
        takeAnswer: (frame, at) => (taken.logs = answers.read(frame, at, block.hash)) !== null,
      });
      if (taken.logs !== null) stats.fast++;
      else if (answer !== null) stats.general++;
      return inOrder(taken.logs ?? readAnswer(answer, block, options.pools));
    },
  };
}

async function answerOf(node: Asking, query: object, options: RequestOptions): Promise<unknown> {
  try {
    return await node.request("eth_getLogs", [query], options);
  } catch (error) {
    if (error instanceof RpcError || (error instanceof RetryableError && error.code === "timeout"))
      return null;
    throw error;
  }
}

/** Anybody may write anything under a pool's topics: only what names one of our pools, or nobody, is judged. */
function readAnswer(answer: unknown, block: BlockHeader, pools: AddressTable): readonly ChainLog[] | null {
  if (!Array.isArray(answer)) return null;
  const logs: ChainLog[] = [];
  for (const item of answer) {
    const address = parseAddress(isFields(item) ? item["address"] : null);
    if (address !== null && pools.get(address) < 0) continue;
    const noted = parseLog(item);
    if (noted === null || noted.removed || noted.log.blockHash !== block.hash) return null;
    logs.push(noted.log);
  }
  return logs;
}

/** Null when two have one index. */
function inOrder(logs: readonly ChainLog[] | null): readonly ChainLog[] | null {
  const sorted = logs?.toSorted((a, b) => a.logIndex - b.logIndex) ?? null;
  const twice = sorted?.some((log, i) => i > 0 && sorted[i - 1]?.logIndex === log.logIndex);
  return twice === true ? null : sorted;
}
