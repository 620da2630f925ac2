import type { Channel } from "./channel.ts";
import { NO_TRANSACTION, createRawTransactionChannel, type PlaceOptions } from "./rawTransaction.ts";

/** A public node: everybody sees the transaction before it is mined, and nothing is promised. */
export function createPublicChannel(options: PlaceOptions): Channel {
  return createRawTransactionChannel(options, {
    method: "eth_sendRawTransaction",
    promises: {
      atomic: false,
      expires: false,
      private: false,
      revertProtection: false,
      carries: "transaction",
      settledOnly: false,
    },
    termsOf: (raw) => ({ params: [raw] }),
    probe: [NO_TRANSACTION],
  });
}
