import type { AccessList } from "viem";
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

/** What a transaction of type 0 offers, in wei; with an access list one of type 1. */
export interface GasPrice {
  readonly gasPrice: bigint;
  readonly accessList?: AccessList;
}

const GWEI = 1_000_000_000n;
/** Enough for a base fee of up to 470 gwei. */
export const USUAL_FEES: Fees = { maxFeePerGas: 500n * GWEI, maxPriorityFeePerGas: 30n * GWEI };

/** A signed transaction: EIP-1559, or of the older types when a plain gas price is offered. */
export function sign(
  account: DevAccount,
  nonce: number,
  call: Call,
  fees: Fees | GasPrice = USUAL_FEES,
): Promise<Hex> {
  const { to, data, gas, value = 0n } = call;
  const common = { chainId: CHAIN_ID, nonce, to, data, gas, value };
  if ("maxFeePerGas" in fees) return account.signer.signTransaction({ ...common, ...fees, type: "eip1559" });
  const { gasPrice, accessList } = fees;
  return accessList === undefined
    ? account.signer.signTransaction({ ...common, gasPrice, type: "legacy" })
    : account.signer.signTransaction({ ...common, gasPrice, accessList, type: "eip2930" });
}

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
