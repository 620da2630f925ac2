import type { Address } from "../chain/types.ts";
import { toQuantity } from "../chain/quantity.ts";
import { parseCount, parseSent, type Rpc, type SentTransaction } from "./chainAnswers.ts";

/** What spent a nonce of an account. */
interface Spent {
  readonly sender: Address;
  readonly nonce: number;
}

/**
 * The transaction that spent the nonce, at or below block `head`, where it is spent. Null: the block does not hold it as
 * one would expect. Rejects where the node does not tell, as one that keeps no states so old. The block is looked for
 * from `head` down in doubling steps, then halved.
 */
export async function findSpender(
  rpc: Rpc,
  { sender, nonce }: Spent,
  head: number,
  timeout: { readonly timeoutMs: number },
): Promise<SentTransaction | null> {
  const isSpentAt = async (block: number): Promise<boolean> =>
    parseCount(await rpc.request("eth_getTransactionCount", [sender, toQuantity(block)], timeout)) > nonce;
  let spent = head;
  let unspent = head - 1;
  for (let step = 2; unspent >= 0 && (await isSpentAt(unspent)); step *= 2) {
    spent = unspent;
    unspent = Math.max(-1, head - step);
  }
  while (spent - unspent > 1) {
    const middle = (spent + unspent) >> 1;
    if (await isSpentAt(middle)) spent = middle;
    else unspent = middle;
  }
  const block = await rpc.request("eth_getBlockByNumber", [toQuantity(spent), true], timeout);
  return parseSent(block).find((each) => each.from === sender && each.nonce === nonce) ?? null;
}

/** As our cancellations are: it sends nothing, and to its own sender. */
export const isBare = ({ from, to, value, input }: SentTransaction): boolean =>
  to === from && value === 0n && input === "0x";
