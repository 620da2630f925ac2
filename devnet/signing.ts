import { z } from "zod";
import type { Address, Hex } from "../src/chain/types.ts";
import type { DevAccount } from "./accounts.ts";
import { Quantity } from "./hex.ts";
import type { Rpc } from "./rpc.ts";

export const CHAIN_ID = 137;

export interface Call {
  readonly to: Address | null;
  readonly data: Hex;
  readonly gas: bigint;
  readonly value?: bigint;
}

export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

const GWEI = 1_000_000_000n;
/** Enough for a base fee of up to 470 gwei. */
export const USUAL_FEES: Fees = { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 30n * GWEI };

/** A signed EIP-1559 transaction. */
export const sign = (account: DevAccount, nonce: number, call: Call, fees: Fees = USUAL_FEES): Promise<Hex> =>
  account.signer.signTransaction({
    type: "eip1559",
    chainId: CHAIN_ID,
    nonce,
    to: call.to,
    data: call.data,
    gas: call.gas,
    value: call.value ?? 0n,
    ...fees,
  });

export async function nonceOf(rpc: Rpc, address: Address, tag = "latest"): Promise<number> {
  const answer = z
    .string()
    .pipe(Quantity)
    .parse(await rpc.request("eth_getTransactionCount", [address, tag]));
  return Number(answer);
}

/** Signs the calls with consecutive nonces from the account's next one. */
export async function signAll(
  rpc: Rpc,
  account: DevAccount,
  calls: readonly Call[],
): Promise<readonly Hex[]> {
  const first = await nonceOf(rpc, account.address);
  return Promise.all(calls.map((call, i) => sign(account, first + i, call)));
}
