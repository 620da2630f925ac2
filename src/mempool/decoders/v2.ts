import { parseAbiParameters } from "viem";
import type { Router } from "../../chain/registry.ts";
import { maskedAddress, read, reverts, uint } from "./calldata.ts";
import {
  type CallContext,
  partyOf,
  type Reading,
  reading,
  type RouterFunction,
  routerFunction,
  swapCall,
} from "./routerFunction.ts";

const TWO_AMOUNTS = parseAbiParameters("bytes32, bytes32, bytes32[], bytes32, bytes32");
const ONE_AMOUNT = parseAbiParameters("bytes32, bytes32[], bytes32, bytes32");

type V2Router = Extract<Router, { family: "v2" }>;

interface Kind {
  readonly exact: "in" | "out";
  /** Which end of the path is the native coin. */
  readonly native?: "first" | "last";
  readonly feeOnTransfer?: boolean;
}

/** Exact amount, bound on the other, path, recipient, deadline: one of the amounts may be the transaction's value. */
function readArguments(args: Uint8Array, { exact, native }: Kind, value: bigint) {
  if (native !== "first") return read(TWO_AMOUNTS, args);
  const [given, ...rest] = read(ONE_AMOUNT, args);
  const paid = `0x${value.toString(16).padStart(64, "0")}` as const;
  return exact === "in" ? ([paid, given, ...rest] as const) : ([given, paid, ...rest] as const);
}

/** UniswapV2Router02 (Solidity 0.6.6 with ABI coder 1: bits above an address are dropped). */
function readSwap(args: Uint8Array, kind: Kind, context: CallContext<V2Router>): Reading {
  const { router, value, wrappedNative } = context;
  const [amount, limit, tokens, to, deadline] = readArguments(args, kind, value);
  const path = tokens.map(maskedAddress);
  if (kind.native !== undefined && path.at(kind.native === "first" ? 0 : -1) !== wrappedNative)
    reverts(`the ${kind.native} token of its path is not the wrapped coin`);
  const recipient = maskedAddress(to);
  return reading(
    swapCall({
      exact: kind.exact,
      amount: uint(amount),
      limit: uint(limit),
      path,
      dex: router.dex,
      recipient,
      receiver: partyOf(recipient, context),
      deadline: uint(deadline),
      feeOnTransfer: kind.feeOnTransfer ?? false,
    }),
  );
}

const v2Function = (name: string, kind: Kind): RouterFunction<V2Router> => {
  const amounts = kind.native === "first" ? "uint256" : "uint256,uint256";
  return routerFunction(`${name}(${amounts},address[],address,uint256)`, (args, context) =>
    readSwap(args, kind, context),
  );
};

/** The nine swaps of UniswapV2Router02. */
export const V2_FUNCTIONS: readonly RouterFunction<V2Router>[] = [
  v2Function("swapExactTokensForTokens", { exact: "in" }),
  v2Function("swapTokensForExactTokens", { exact: "out" }),
  v2Function("swapExactETHForTokens", { exact: "in", native: "first" }),
  v2Function("swapTokensForExactETH", { exact: "out", native: "last" }),
  v2Function("swapExactTokensForETH", { exact: "in", native: "last" }),
  v2Function("swapETHForExactTokens", { exact: "out", native: "first" }),
  v2Function("swapExactTokensForTokensSupportingFeeOnTransferTokens", { exact: "in", feeOnTransfer: true }),
  v2Function("swapExactETHForTokensSupportingFeeOnTransferTokens", {
    exact: "in",
    native: "first",
    feeOnTransfer: true,
  }),
  v2Function("swapExactTokensForETHSupportingFeeOnTransferTokens", {
    exact: "in",
    native: "last",
    feeOnTransfer: true,
  }),
];
