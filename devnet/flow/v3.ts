import { encodeFunctionData, parseAbi, zeroAddress } from "viem";
import type { Address, Hex } from "../../src/chain/types.ts";
import { callOf, everyHop, getsWrapped, isUniswapV3, paysWrapped } from "./order.ts";
import type { FlowKind, FlowMarket, Order } from "./order.ts";
import { packedPath, packedPathBack, singleOf } from "./path.ts";

const ABI = parseAbi([
  "struct In { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }",
  "struct Out { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum; uint160 sqrtPriceLimitX96; }",
  "struct PathIn { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; }",
  "struct PathOut { bytes path; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum; }",
  "function exactInputSingle(In) payable",
  "function exactOutputSingle(Out) payable",
  "function exactInput(PathIn) payable",
  "function exactOutput(PathOut) payable",
  "function multicall(bytes[]) payable",
  "function unwrapWETH9(uint256,address) payable",
  "function refundETH() payable",
]);

const exactInputSingle = (order: Order, recipient: Address): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: "exactInputSingle",
    args: [{ ...singleOf(order), ...order, recipient, sqrtPriceLimitX96: 0n }],
  });

const exactOutputSingle = (order: Order): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: "exactOutputSingle",
    args: [{ ...singleOf(order), ...order, recipient: order.trader, sqrtPriceLimitX96: 0n }],
  });

const exactInput = (order: Order, recipient: Address): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName: "exactInput",
    args: [{ ...order, path: packedPath(order), recipient }],
  });

const multicall = (calls: readonly Hex[]): Hex =>
  encodeFunctionData({ abi: ABI, functionName: "multicall", args: [calls] });

const isSingle = ({ hops }: Order): boolean => hops.length === 1;
const always = (): boolean => true;

interface Facts {
  readonly weight: number;
  readonly fits?: (order: Order, market: FlowMarket) => boolean;
  readonly data: (order: Order, market: FlowMarket) => Hex;
  /** Native coins sent along; default none. */
  readonly value?: (order: Order) => bigint;
}

const kind = (name: string, { weight, fits = always, data, value }: Facts): FlowKind => ({
  name: `v3.${name}`,
  weight,
  hasDeadline: true,
  fits: (order, market) => everyHop(order, isUniswapV3) && fits(order, market),
  call: (order, market) => callOf(order, market.registry.v3.router, data(order, market), value?.(order)),
});

/** Uniswap's first SwapRouter. */
export const V3_KINDS: readonly FlowKind[] = [
  kind("exactInputSingle", {
    weight: 5,
    fits: isSingle,
    data: (order) => exactInputSingle(order, order.trader),
  }),
  kind("exactOutputSingle", { weight: 1.5, fits: isSingle, data: exactOutputSingle }),
  kind("exactInput", { weight: 2, data: (order) => exactInput(order, order.trader) }),
  kind("exactOutput", {
    weight: 1,
    data: (order) =>
      encodeFunctionData({
        abi: ABI,
        functionName: "exactOutput",
        args: [{ ...order, path: packedPathBack(order), recipient: order.trader }],
      }),
  }),
  kind("exactInputSingleNative", {
    weight: 2,
    fits: (order, market) => isSingle(order) && paysWrapped(order, market),
    data: (order) => exactInputSingle(order, order.trader),
    value: ({ amountIn }) => amountIn,
  }),
  kind("multicallNativeOut", {
    weight: 5,
    fits: getsWrapped,
    // Recipient zero is the router itself; the bound stands in the unwrapping, as Uniswap's interface sets it.
    data: (order) => {
      const { amountOutMinimum, trader } = order;
      const free = { ...order, amountOutMinimum: 0n };
      return multicall([
        isSingle(order) ? exactInputSingle(free, zeroAddress) : exactInput(free, zeroAddress),
        encodeFunctionData({ abi: ABI, functionName: "unwrapWETH9", args: [amountOutMinimum, trader] }),
      ]);
    },
  }),
  kind("multicallNativeExactOut", {
    weight: 3,
    fits: (order, market) => isSingle(order) && paysWrapped(order, market),
    data: (order) =>
      multicall([exactOutputSingle(order), encodeFunctionData({ abi: ABI, functionName: "refundETH" })]),
    value: ({ amountInMaximum }) => amountInMaximum,
  }),
];
