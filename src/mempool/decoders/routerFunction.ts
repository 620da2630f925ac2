import { toFunctionSelector } from "viem";
import type { Router } from "../../chain/registry.ts";
import type { Address, Hash } from "../../chain/types.ts";
import type { Party, RouterCall, SwapCall } from "../routerCall.ts";
import { reverts } from "./calldata.ts";

/** What a function's reading depends on besides its arguments; `R`: the family of its router. */
export interface CallContext<R extends Router = Router> {
  readonly router: R;
  readonly wrappedNative: Address;
  readonly sender: Address;
  /** Native coins sent along, in wei; a router's calls to itself see the same. */
  readonly value: bigint;
  /** Reads a call of the router to itself. */
  readonly inner: (calldata: Uint8Array) => Reading;
}

/** What one call asks for, and under which conditions. */
export interface Reading {
  readonly calls: readonly RouterCall[];
  readonly deadline: bigint | null;
  readonly parentHash: Hash | null;
}

/** Gets the bytes behind the selector. */
export type ReadArguments<R extends Router = Router> = (args: Uint8Array, context: CallContext<R>) => Reading;

export interface RouterFunction<R extends Router = Router> {
  readonly name: string;
  readonly selector: number;
  readonly read: ReadArguments<R>;
}

/** A function by its canonical signature. */
export const routerFunction = <R extends Router>(
  signature: string,
  readArguments: ReadArguments<R>,
): RouterFunction<R> => ({
  name: signature.slice(0, signature.indexOf("(")),
  selector: Number(toFunctionSelector(`function ${signature}`)),
  read: readArguments,
});

export const reading = (...calls: readonly RouterCall[]): Reading => ({
  calls,
  deadline: null,
  parentHash: null,
});

/** It moves neither a pool nor a balance: permits and approvals. */
export const HARMLESS: Reading = reading();

const earliest = (a: bigint | null, b: bigint | null): bigint | null =>
  a === null ? b : b === null || a < b ? a : b;

/** One after the other; the conditions of all must hold. */
export function joined(readings: readonly Reading[]): Reading {
  const calls: RouterCall[] = [];
  let deadline: bigint | null = null;
  let parentHash: Hash | null = null;
  for (const one of readings) {
    calls.push(...one.calls);
    deadline = earliest(deadline, one.deadline);
    if (parentHash !== null && one.parentHash !== null && parentHash !== one.parentHash)
      return reverts("it waits for two different parent blocks");
    parentHash ??= one.parentHash;
  }
  return { calls, deadline, parentHash };
}

type Optional = "feesPpm" | "feeOnTransfer" | "amountIsBalance" | "payer" | "sqrtPriceLimitX96" | "deadline";

/** A swap that the sender pays, with nothing out of the ordinary unless it is said. */
export function swapCall({
  exact,
  amount,
  limit,
  path,
  dex,
  recipient,
  receiver,
  feesPpm = null,
  feeOnTransfer = false,
  amountIsBalance = false,
  payer = "sender",
  sqrtPriceLimitX96 = 0n,
  deadline = null,
}: Omit<SwapCall, "type" | Optional> & Partial<Pick<SwapCall, Optional>>): SwapCall {
  if (path.length < 2) reverts("its path has fewer than two tokens");
  return {
    type: "swap",
    exact,
    amount,
    limit,
    path,
    dex,
    feesPpm,
    recipient,
    deadline,
    feeOnTransfer,
    amountIsBalance,
    payer,
    receiver,
    sqrtPriceLimitX96,
  };
}

/** Whose balance an address is. */
export const partyOf = (
  address: Address,
  { router, sender }: Pick<CallContext, "router" | "sender">,
): Party => (address === router.address ? "router" : address === sender ? "sender" : address);
