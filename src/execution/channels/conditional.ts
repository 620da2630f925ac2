import type { Bundle } from "../bundle.ts";
import type { Rpc } from "../chainAnswers.ts";
import type { Channel, SendOptions } from "./channel.ts";
import { readKnownAccounts } from "./poolSlots.ts";
import {
  NO_TRANSACTION,
  createRawTransactionChannel,
  type PlaceOptions,
  type Terms,
} from "./rawTransaction.ts";
import { shortText } from "./rpcAnswer.ts";

/**
 * The conditions of a plan. Numbers, not quantities: Bor reads them as Go's integers. The range begins with the
 * parent, since it is held against the head when the transaction comes and against the new block when that is built.
 */
async function conditionsOf(
  { targetBlocks, transactions }: Bundle,
  { pools, parent, deadlineMs }: SendOptions,
  rpc: Rpc,
): Promise<{ readonly conditions: object } | { readonly refused: string }> {
  if (pools?.length === 0) return { conditions: {} };
  if (pools === undefined || parent === undefined) return { refused: "no pools to hold it to" };
  if (transactions.length > 1) return { refused: "a trigger changes the state that it would be held to" };
  try {
    // What is left of the deadline is for the place.
    const knownAccounts = await readKnownAccounts(rpc, pools, parent, deadlineMs / 2);
    const range = { blockNumberMin: parent.number, blockNumberMax: targetBlocks.at(-1) };
    return { conditions: { ...range, knownAccounts } };
  } catch (error) {
    return { refused: shortText(`no conditions: ${error instanceof Error ? error.message : "failed"}`) };
  }
}

/**
 * A block producer's `bor_sendRawTransactionConditional` (PIP-15): not gossiped, and left out of the block when a pool
 * of the plan has moved since its parent, or its last block has passed. `rpc` is the node whose state it was priced on.
 * https://github.com/maticnetwork/Polygon-Improvement-Proposals/blob/main/PIPs/PIP-15.md
 */
export function createConditionalChannel(options: PlaceOptions, rpc: Rpc): Channel {
  return createRawTransactionChannel(options, {
    method: "bor_sendRawTransactionConditional",
    promises: {
      // Until the producer's pool has dropped it, its nonce has to be bid for.
      atomic: false,
      expires: true,
      private: true,
      revertProtection: true,
      carries: "transaction",
      settledOnly: true,
    },
    termsOf: async (raw, bundle, sendOptions): Promise<Terms> => {
      const terms = await conditionsOf(bundle, sendOptions, rpc);
      return "refused" in terms ? terms : { params: [raw, terms.conditions] };
    },
    probe: [NO_TRANSACTION, {}],
  });
}
