import { keccak256 } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Hex } from "../../src/chain/types.ts";
import { createBundle, ourTransaction, triggerTransaction } from "../../src/execution/bundle.ts";
import type { Endpoint } from "../../src/execution/channels/httpJson.ts";
import { secret } from "../../src/lib/secret.ts";
import type { Place, PlaceAnswer } from "./executionPlace.ts";
import { TEST_KEY, addressOf } from "./executionPlan.ts";

const signed = (nonce: number): Promise<Hex> =>
  privateKeyToAccount(TEST_KEY).signTransaction({
    type: "eip1559",
    chainId: 137,
    nonce,
    to: addressOf(1),
    gas: 21_000n,
    maxFeePerGas: 60n,
    maxPriorityFeePerGas: 30n,
  });

/** Our transaction's bytes, and those of the trigger before it. */
export const raw = await signed(4);
export const theirs = await signed(9);
export const ours = ourTransaction(raw);
export const settled = createBundle(137, [ours], [101]);
export const backrun = createBundle(137, [triggerTransaction(theirs, keccak256(theirs)), ours], [101]);

/** Stands in the place's path and header; no answer of a channel may hold it. */
export const TOKEN = "canary-token-5f1d";

export const endpointOf = (place: Place): Endpoint => ({
  url: secret(`${place.url}/key/${TOKEN}`),
  headers: { authorization: secret(`Bearer ${TOKEN}`) },
});

export const rpcError = (message: string, code = -32000, status = 200): PlaceAnswer => ({
  text: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code, message } }),
  status,
});

/** Where the place answers: more than a loaded machine needs. */
export const DEADLINE = { deadlineMs: 20_000 };
/** Where it does not. */
export const SHORT = { deadlineMs: 400 };
