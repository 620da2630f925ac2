import { encodeFunctionData, parseAbi } from "viem";
import type { Router } from "../../src/chain/registry.ts";
import type { Address, Hex, PendingTransaction } from "../../src/chain/types.ts";
import { address, hash } from "./marketFixture.ts";

/** Pending transactions to one V2 router, for tests of the pure rooms. */

export const ROUTER: Router = {
  address: address(0xa1),
  name: "router",
  family: "v2",
  dex: "dex1",
};
export const OPAQUE_ROUTER: Router = { address: address(0xa2), name: "aggregator", family: "opaque" };

const ABI = parseAbi([
  "function swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
  "function swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)",
  "function approve(address,uint256)",
]);
const GWEI = 1_000_000_000n;
const FAR = 4_000_000_000n;

/** A transaction of trader 1 with this nonce; its hash follows from sender and nonce. */
export function pendingTransaction(
  nonce: number,
  changes: Partial<PendingTransaction> = {},
): PendingTransaction {
  const from = changes.from ?? address(0xf1);
  return {
    hash: hash(Number(BigInt(from)) * 1000 + nonce),
    from,
    to: ROUTER.address,
    nonce,
    value: 0n,
    gas: 300_000n,
    input: "0x",
    type: 2,
    gasPrice: null,
    maxFeePerGas: 500n * GWEI,
    maxPriorityFeePerGas: 40n * GWEI,
    signed: { chainId: 137, accessList: [], authorizationList: [], yParity: 0, r: 1n, s: 1n },
    ...changes,
  };
}

export interface SwapWish {
  readonly path: readonly Address[];
  readonly amountIn: bigint;
  readonly least?: bigint;
  readonly feeOnTransfer?: boolean;
}

export const swapInput = ({ path, amountIn, least = 0n, feeOnTransfer = false }: SwapWish): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: feeOnTransfer
      ? "swapExactTokensForTokensSupportingFeeOnTransferTokens"
      : "swapExactTokensForTokens",
    args: [amountIn, least, [...path], address(0xf1), FAR],
  });

export const approveInput: Hex = encodeFunctionData({
  abi: ABI,
  functionName: "approve",
  args: [ROUTER.address, 1n],
});
