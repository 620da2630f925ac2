import { encodeFunctionData, parseAbi } from "viem";
import type { Address, Hex } from "../../src/chain/types.ts";

/** QuickSwap's V2 router on Polygon, which the shipped registry knows. */
export const ROUTER = "0xa5e0829caced8ffdd4de3c43696c57f7d7a678ff";
const abi = parseAbi([
  "function swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline)",
]);

interface Swap {
  readonly path: readonly Address[];
  readonly amountIn: bigint;
  readonly least?: bigint;
  /** Seconds. */
  readonly deadline?: bigint;
}

const RECIPIENT: Address = `0x${"42".repeat(20)}`;

export const swapInput = ({ path, amountIn, least = 0n, deadline = 9_999_999_999n }: Swap): Hex =>
  encodeFunctionData({
    abi,
    functionName: "swapExactTokensForTokens",
    args: [amountIn, least, [...path], RECIPIENT, deadline],
  });

export const txHash = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

/** A swap over QuickSwap's V2 pools as a line for `decode`; `more` adds or changes fields. */
export const swapLine = (swap: Swap, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ hash: txHash(1), to: ROUTER, value: "0", input: swapInput(swap), ...more });
