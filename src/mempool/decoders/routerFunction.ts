import { toFunctionSelector } from "viem";
import type { Router } from "../../chain/registry.ts";
import type { Address, Hash } from "../../chain/types.ts";
import type { Party, RouterCall, SwapCall } from "../routerCall.ts";
import { reverts } from "./calldata.ts";

/** What a function's reading depends on besides its arguments. */
export interface CallContext {
  readonly router: Router;
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
  readonly reverts: string | null;
}

export type ReadArguments = (args: Uint8Array, context: CallContext) => Reading;

export interface RouterFunction {
  readonly name: string;
  readonly selector: number;
  readonly payable: boolean;
  readonly read: ReadArguments;
}

/** A function by its canonical signature; `read` gets the bytes behind the selector. */
export const routerFunction = (signature: string, read: ReadArguments, payable = true): RouterFunction => ({
  name: signature.slice(0, signature.indexOf("(")),
  selector: Number(toFunctionSelector(`function ${signature}`)),
  payable,
  read,
});

const UNCONDITIONAL = { deadline: null, parentHash: null, reverts: null } as const;

export const reading = (...calls: readonly RouterCall[]): Reading => ({ calls, ...UNCONDITIONAL });

/** It moves neither a pool nor a balance: permits and approvals. */
export const HARMLESS: Reading = reading();

const earliest = (a: bigint | null, b: bigint | null): bigint | null =>
  a === null ? b : b === null || a < b ? a : b;

/** One after the other; all conditions must hold. */
export const joined = (readings: readonly Reading[]): Reading =>
  readings.reduce(
    (all, next) => ({
      calls: [...all.calls, ...next.calls],
      deadline: earliest(all.deadline, next.deadline),
      parentHash:
        all.parentHash !== null && next.parentHash !== null && all.parentHash !== next.parentHash
          ? reverts("it waits for two parent blocks")
          : (all.parentHash ?? next.parentHash),
      reverts: all.reverts ?? next.reverts,
    }),
    HARMLESS,
  );

type Optional = "feesPpm" | "feeOnTransfer" | "amountIsBalance" | "payer" | "sqrtPriceLimitX96" | "deadline";

/** A swap that the sender pays, with nothing out of the ordinary unless it is said. */
export function swapCall(
  fields: Omit<SwapCall, "type" | Optional> & Partial<Pick<SwapCall, Optional>>,
): SwapCall {
  const { path } = fields;
  if (path.length < 2) reverts("its path has fewer than two tokens");
  if (path.some((token, i) => token === path[i - 1])) reverts("its path leads from a token to itself");
  return {
    type: "swap",
    feesPpm: null,
    feeOnTransfer: false,
    amountIsBalance: false,
    payer: "sender",
    sqrtPriceLimitX96: 0n,
    deadline: null,
    ...fields,
  };
}

/** Whose balance an address is. */
export const partyOf = (address: Address, { router, sender }: CallContext): Party =>
  address === router.address ? "router" : address === sender ? "sender" : address;
