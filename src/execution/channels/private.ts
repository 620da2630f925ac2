import type { Channel } from "./channel.ts";
import { NO_TRANSACTION, createRawTransactionChannel, type PlaceOptions } from "./rawTransaction.ts";

export interface PrivateChannelOptions extends PlaceOptions {
  /** Bor's own method, or the ordinary one of an endpoint that keeps what it gets to itself. */
  readonly method: "eth_sendRawTransactionPrivate" | "eth_sendRawTransaction";
}

/** Bor's private mempool: an ordinary pool that is not gossiped. What it takes may land late and may revert. */
export function createPrivateChannel(options: PrivateChannelOptions): Channel {
  return createRawTransactionChannel(options, {
    method: options.method,
    promises: {
      atomic: false,
      expires: false,
      private: true,
      revertProtection: false,
      carries: "transaction",
      settledOnly: false,
    },
    termsOf: (raw) => ({ params: [raw] }),
    probe: [NO_TRANSACTION],
  });
}
