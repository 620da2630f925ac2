import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { Hex } from "viem";
import type { Devnet } from "../../devnet/devnet.ts";
import type { DevAccount } from "../../devnet/accounts.ts";
import { HexText } from "../../devnet/hex.ts";
import { amountWorth, tokenBySymbol } from "../../devnet/market.ts";
import { FAR_DEADLINE } from "../../devnet/pools.ts";
import type { Call } from "../../devnet/signing.ts";

const ROUTER = parseAbi([
  "function swapExactTokensForTokens(uint256,uint256,address[],address,uint256) returns (uint256[])",
  "function getAmountsOut(uint256,address[]) view returns (uint256[] amounts)",
]);

/** A swap on QuickSwap V2 worth that many dollars, through the real router. */
export interface DevSwap {
  readonly from: string;
  readonly to: string;
  readonly usd: number;
}

const parts = (devnet: Devnet, { from, to, usd }: DevSwap) => {
  const [tokenIn, tokenOut] = [tokenBySymbol(devnet.tokens, from), tokenBySymbol(devnet.tokens, to)];
  const router = devnet.registry.v2[0]?.router;
  if (router === undefined) throw new Error("no QuickSwap V2 in the registry");
  return { router, amountIn: amountWorth(tokenIn, usd), path: [tokenIn.address, tokenOut.address] as const };
};

/** The swap's output in the settled state, raw units. */
export async function quoteSwap(devnet: Devnet, swap: DevSwap): Promise<bigint> {
  const { router, amountIn, path } = parts(devnet, swap);
  const data = encodeFunctionData({ abi: ROUTER, functionName: "getAmountsOut", args: [amountIn, path] });
  const answer: Hex = HexText.parse(await devnet.rpc("eth_call", [{ to: router, data }, "latest"]));
  const amounts = decodeFunctionResult({ abi: ROUTER, functionName: "getAmountsOut", data: answer });
  return amounts[1] ?? 0n;
}

/** The call to sign; it reverts when it gives less than `least` (raw units). */
export function swapCall(devnet: Devnet, account: DevAccount, swap: DevSwap, least = 0n): Call {
  const { router, amountIn, path } = parts(devnet, swap);
  const args = [amountIn, least, path, account.address, FAR_DEADLINE] as const;
  const data = encodeFunctionData({ abi: ROUTER, functionName: "swapExactTokensForTokens", args });
  return { to: router, data, gas: 300_000n };
}
