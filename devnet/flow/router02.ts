import { encodeFunctionData, parseAbi } from "viem";
import type { Address, Hex } from "../../src/chain/types.ts";
import { callOf, everyHop, getsWrapped, isUniswapV2, isUniswapV3, paysWrapped } from "./order.ts";
import type { FlowKind, FlowMarket, Order } from "./order.ts";
import { packedPath, packedPathBack, singleOf } from "./path.ts";

const ABI = parseAbi([
  "struct In { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }",
  "struct Out { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 amountOut; uint256 amountInMaximum; uint160 sqrtPriceLimitX96; }",
  "struct PathIn { bytes path; address recipient; uint256 amountIn; uint256 amountOutMinimum; }",
  "struct PathOut { bytes path; address recipient; uint256 amountOut; uint256 amountInMaximum; }",
  "function exactInputSingle(In) payable",
  "function exactOutputSingle(Out) payable",
  "function exactInput(PathIn) payable",
  "function exactOutput(PathOut) payable",
  "function swapExactTokensForTokens(uint256,uint256,address[],address) payable",
  "function swapTokensForExactTokens(uint256,uint256,address[],address) payable",
  "function multicall(uint256,bytes[]) payable",
  "function unwrapWETH9(uint256) payable",
  "function refundETH() payable",
]);

/** SwapRouter02's `Constants`: the sender, the router itself; the amount that means the router's balance. */
const SENDER: Address = "0x0000000000000000000000000000000000000001";
const ROUTER: Address = "0x0000000000000000000000000000000000000002";
const BALANCE = 0n;

const exactInputSingle = (order: Order, recipient: Address): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: "exactInputSingle",
    args: [{ ...singleOf(order), ...order, recipient, sqrtPriceLimitX96: 0n }],
  });

const exactOutputSingle = (order: Order, recipient: Address): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: "exactOutputSingle",
    args: [{ ...singleOf(order), ...order, recipient, sqrtPriceLimitX96: 0n }],
  });

const exactInput = (order: Order, recipient: Address): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: "exactInput",
    args: [{ ...order, path: packedPath(order), recipient }],
  });

const v2ExactIn = ({ amountIn, amountOutMinimum, path }: Order, recipient: Address): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: "swapExactTokensForTokens",
    args: [amountIn, amountOutMinimum, path, recipient],
  });

/** The exact-input swap of an order whose hops are all of one family. */
const exactIn = (order: Order, recipient: Address): Hex => {
  if (everyHop(order, isUniswapV2)) return v2ExactIn(order, recipient);
  return order.hops.length === 1 ? exactInputSingle(order, recipient) : exactInput(order, recipient);
};

/** One swap a hop, each with what the one before left in the router. */
const chained = (order: Order, last: Address): readonly Hex[] =>
  order.hops.map((hop, i) => {
    const isLast = i === order.hops.length - 1;
    const step: Order = {
      ...order,
      hops: [hop],
      path: order.path.slice(i, i + 2),
      amountIn: i === 0 ? order.amountIn : BALANCE,
      amountOutMinimum: isLast ? order.amountOutMinimum : 0n,
    };
    return exactIn(step, isLast ? last : ROUTER);
  });

const multicall = ({ deadline }: Order, calls: readonly Hex[]): Hex =>
  encodeFunctionData({ abi: ABI, functionName: "multicall", args: [deadline, calls] });

const isSingle = ({ hops }: Order): boolean => hops.length === 1;
const isV2Path = (order: Order): boolean => everyHop(order, isUniswapV2);
const isV3Path = (order: Order): boolean => everyHop(order, isUniswapV3);

interface Facts {
  readonly weight: number;
  readonly hasDeadline?: boolean;
  readonly fits: (order: Order, market: FlowMarket) => boolean;
  readonly data: (order: Order) => Hex;
  /** Native coins sent along; default none. */
  readonly value?: (order: Order) => bigint;
}

const kind = (name: string, { weight, hasDeadline = false, fits, data, value }: Facts): FlowKind => ({
  name: `router02.${name}`,
  weight,
  hasDeadline,
  fits,
  call: (order, market) => callOf(order, market.registry.swapRouter02, data(order), value?.(order)),
});

/** SwapRouter02: Uniswap V2 and V3 by one router, most often inside a multicall with a deadline. */
export const ROUTER02_KINDS: readonly FlowKind[] = [
  kind("exactInputSingle", {
    weight: 2,
    fits: (order) => isSingle(order) && isV3Path(order),
    data: (order) => exactInputSingle(order, order.trader),
  }),
  kind("exactOutputSingle", {
    weight: 0.7,
    fits: (order) => isSingle(order) && isV3Path(order),
    data: (order) => exactOutputSingle(order, SENDER),
  }),
  kind("exactInput", { weight: 1, fits: isV3Path, data: (order) => exactInput(order, SENDER) }),
  kind("exactOutput", {
    weight: 0.7,
    fits: isV3Path,
    data: (order) =>
      encodeFunctionData({
        abi: ABI,
        functionName: "exactOutput",
        args: [{ ...order, path: packedPathBack(order), recipient: order.trader }],
      }),
  }),
  kind("swapExactTokensForTokens", {
    weight: 4,
    fits: isV2Path,
    data: (order) => v2ExactIn(order, order.trader),
  }),
  kind("swapTokensForExactTokens", {
    weight: 1,
    fits: isV2Path,
    data: ({ amountOut, amountInMaximum, path }) =>
      encodeFunctionData({
        abi: ABI,
        functionName: "swapTokensForExactTokens",
        args: [amountOut, amountInMaximum, path, SENDER],
      }),
  }),
  kind("multicall", {
    weight: 2,
    hasDeadline: true,
    fits: (order) => everyHop(order, (venue) => isUniswapV2(venue) || isUniswapV3(venue)),
    data: (order) => multicall(order, chained(order, SENDER)),
  }),
  kind("multicallNativeOut", {
    weight: 4,
    hasDeadline: true,
    fits: (order, market) => (isV2Path(order) || isV3Path(order)) && getsWrapped(order, market),
    data: (order) =>
      multicall(order, [
        exactIn({ ...order, amountOutMinimum: 0n }, ROUTER),
        encodeFunctionData({ abi: ABI, functionName: "unwrapWETH9", args: [order.amountOutMinimum] }),
      ]),
  }),
  kind("multicallNativeExactOut", {
    weight: 3,
    hasDeadline: true,
    fits: (order, market) => isSingle(order) && isV3Path(order) && paysWrapped(order, market),
    data: (order) =>
      multicall(order, [
        exactOutputSingle(order, SENDER),
        encodeFunctionData({ abi: ABI, functionName: "refundETH" }),
      ]),
    value: ({ amountInMaximum }) => amountInMaximum,
  }),
];
