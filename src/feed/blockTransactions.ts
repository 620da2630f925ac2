import type { BlockRef, Hash } from "../chain/types.ts";
import type { Clock } from "../lib/clock.ts";
import { RetryableError } from "../lib/errors.ts";
import type { Asking } from "./headers.ts";
import { isFields, parseHash } from "./parse.ts";
import { RpcError } from "./rpcError.ts";
import type { Timeline } from "./timeline.ts";

/** What a block holds, asked for once the block is told: no decision waits for it. */
export interface BlockTransactions {
  ask(node: Asking, block: BlockRef): void;
}

interface BlockTransactionsParts {
  readonly clock: Clock;
  readonly timeline: Pick<Timeline, "emit">;
}

export function createBlockTransactions({ clock, timeline }: BlockTransactionsParts): BlockTransactions {
  const tell = async (node: Asking, { number, hash }: BlockRef): Promise<void> => {
    const transactions = await transactionsOf(node, hash);
    if (transactions === null) return;
    timeline.emit({ type: "mined", time: clock.now(), block: { number, hash }, transactions });
  };
  return { ask: (node, block) => void tell(node, block) };
}

/** In the block's order; null when the node does not say. */
async function transactionsOf(node: Asking, block: Hash): Promise<readonly Hash[] | null> {
  try {
    const answer = await node.request("eth_getBlockByHash", [block, false]);
    if (!isFields(answer) || parseHash(answer["hash"]) !== block) return null;
    const { transactions } = answer;
    if (!Array.isArray(transactions)) return null;
    const hashes = transactions.map(parseHash);
    return hashes.every((hash) => hash !== null) ? hashes : null;
  } catch (error) {
    if (error instanceof RetryableError || error instanceof RpcError) return null;
    throw error;
  }
}
