import { encodeFunctionData, parseAbi } from "viem";
import type { Call } from "../signing.ts";
import { routerOf } from "../market.ts";
import { callOf, everyHop, getsWrapped, isV2, paysWrapped } from "./order.ts";
import type { FlowKind, FlowMarket, Order } from "./order.ts";

const ABI = parseAbi([
  "function swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
  "function swapTokensForExactTokens(uint256,uint256,address[],address,uint256)",
  "function swapExactETHForTokens(uint256,address[],address,uint256) payable",
  "function swapTokensForExactETH(uint256,uint256,address[],address,uint256)",
  "function swapExactTokensForETH(uint256,uint256,address[],address,uint256)",
  "function swapETHForExactTokens(uint256,address[],address,uint256) payable",
  "function swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)",
  "function swapExactETHForTokensSupportingFeeOnTransferTokens(uint256,address[],address,uint256) payable",
  "function swapExactTokensForETHSupportingFeeOnTransferTokens(uint256,uint256,address[],address,uint256)",
]);

/** All hops at one exchange of Uniswap V2's kind. */
const isOneExchange = (order: Order): boolean =>
  everyHop(order, (venue) => isV2(venue) && venue.dex === order.hops[0]?.venue.dex);

const toRouter = (order: Order, { registry }: FlowMarket, data: Call["data"], value = 0n): Call =>
  callOf(order, routerOf(registry, order.hops[0]?.venue.dex ?? ""), data, value);

type Names<N> = readonly (readonly [N, number])[];

const kind = (
  name: string,
  weight: number,
  fits: (order: Order, market: FlowMarket) => boolean,
  call: FlowKind["call"],
): FlowKind => ({
  name: `v2.${name}`,
  weight,
  hasDeadline: true,
  fits: (order, market) => isOneExchange(order) && fits(order, market),
  call,
});

/** Exact input, tokens paid by approval. */
const TOKENS_IN = [
  ["swapExactTokensForTokens", 6],
  ["swapExactTokensForTokensSupportingFeeOnTransferTokens", 0.8],
  ["swapExactTokensForETH", 4],
  ["swapExactTokensForETHSupportingFeeOnTransferTokens", 0.8],
] as const satisfies Names<string>;

const NATIVE_IN = [
  ["swapExactETHForTokens", 4],
  ["swapExactETHForTokensSupportingFeeOnTransferTokens", 0.8],
] as const satisfies Names<string>;

const TOKENS_FOR_EXACT = [
  ["swapTokensForExactTokens", 1.2],
  ["swapTokensForExactETH", 2.5],
] as const satisfies Names<string>;

const always = (): boolean => true;

/** The nine swapping functions of UniswapV2Router02. */
export const V2_KINDS: readonly FlowKind[] = [
  ...TOKENS_IN.map(([functionName, weight]) =>
    kind(functionName, weight, functionName.includes("ForETH") ? getsWrapped : always, (order, market) => {
      const { amountIn, amountOutMinimum, path, trader, deadline } = order;
      const args = [amountIn, amountOutMinimum, path, trader, deadline] as const;
      return toRouter(order, market, encodeFunctionData({ abi: ABI, functionName, args }));
    }),
  ),
  ...NATIVE_IN.map(([functionName, weight]) =>
    kind(functionName, weight, paysWrapped, (order, market) => {
      const { amountIn, amountOutMinimum, path, trader, deadline } = order;
      const args = [amountOutMinimum, path, trader, deadline] as const;
      return toRouter(order, market, encodeFunctionData({ abi: ABI, functionName, args }), amountIn);
    }),
  ),
  ...TOKENS_FOR_EXACT.map(([functionName, weight]) =>
    kind(functionName, weight, functionName.endsWith("ETH") ? getsWrapped : always, (order, market) => {
      const { amountOut, amountInMaximum, path, trader, deadline } = order;
      const args = [amountOut, amountInMaximum, path, trader, deadline] as const;
      return toRouter(order, market, encodeFunctionData({ abi: ABI, functionName, args }));
    }),
  ),
  kind("swapETHForExactTokens", 2.5, paysWrapped, (order, market) => {
    const { amountOut, amountInMaximum, path, trader, deadline } = order;
    const args = [amountOut, path, trader, deadline] as const;
    const data = encodeFunctionData({ abi: ABI, functionName: "swapETHForExactTokens", args });
    return toRouter(order, market, data, amountInMaximum);
  }),
];
