import type { Channel } from "./channel.ts";
import { createRawTransactionChannel, type PlaceOptions } from "./rawTransaction.ts";

/**
 * bloXroute's private transaction on Polygon; the endpoint's `authorization` header is the account's. What it takes may
 * land late and may revert. Each attempt is charged, so it is not probed.
 * https://docs.bloxroute.com (polygon_private_tx)
 */
export function createBloxrouteChannel(options: PlaceOptions): Channel {
  return createRawTransactionChannel(options, {
    method: "polygon_private_tx",
    promises: {
      atomic: false,
      expires: false,
      private: true,
      revertProtection: false,
      carries: "transaction",
      settledOnly: false,
    },
    termsOf: (raw) => ({ params: { transaction: raw.slice(2) } }),
    probe: null,
  });
}
