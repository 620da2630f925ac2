import { encodeFunctionData, parseAbi, zeroAddress } from "viem";
import type { Address, Hex } from "../../src/chain/types.ts";
import { callOf, everyHop, getsWrapped, isAlgebra, paysWrapped } from "./order.ts";
import type { FlowKind, FlowMarket, Order } from "./order.ts";
import { algebraPath, algebraPathBack, singleOf } from "./path.ts";

const ABI = parseAbi([
  "struct In { address tokenIn; address tokenOut; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; uint160 limitSqrtPrice; }",
  // The published router kept Uniswap's `fee` here, which it ignores.
  "struct Out { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum; uint160 limitSqrtPrice; }",
  "struct PathIn { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; }",
  "struct PathOut { bytes path; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum; }",
  "function exactInputSingle(In) payable",
  "function exactInputSingleSupportingFeeOnTransferTokens(In)",
  "function exactOutputSingle(Out) payable",
  "function exactInput(PathIn) payable",
  "function exactOutput(PathOut) payable",
  "function multicall(bytes[]) payable",
  "function unwrapWNativeToken(uint256,address) payable",
]);

const single = (
  functionName: "exactInputSingle" | "exactInputSingleSupportingFeeOnTransferTokens",
  order: Order,
  recipient: Address,
): Hex =>
  encodeFunctionData({
    abi: ABI,
    functionName,
    args: [{ ...singleOf(order), ...order, recipient, limitSqrtPrice: 0n }],
  });

const isSingle = ({ hops }: Order): boolean => hops.length === 1;
const always = (): boolean => true;

interface Facts {
  readonly weight: number;
  readonly fits?: (order: Order, market: FlowMarket) => boolean;
  readonly data: (order: Order) => Hex;
  /** Native coins sent along; default none. */
  readonly value?: (order: Order) => bigint;
}

const kind = (name: string, { weight, fits = always, data, value }: Facts): FlowKind => ({
  name: `algebra.${name}`,
  weight,
  hasDeadline: true,
  fits: (order, market) => everyHop(order, isAlgebra) && fits(order, market),
  call: (order, market) => callOf(order, market.registry.algebra.router, data(order), value?.(order)),
});

/** QuickSwap V3's router. */
export const ALGEBRA_KINDS: readonly FlowKind[] = [
  kind("exactInputSingle", {
    weight: 4,
    fits: isSingle,
    data: (order) => single("exactInputSingle", order, order.trader),
  }),
  kind("exactInputSingleNative", {
    weight: 1,
    fits: (order, market) => isSingle(order) && paysWrapped(order, market),
    data: (order) => single("exactInputSingle", order, order.trader),
    value: ({ amountIn }) => amountIn,
  }),
  kind("exactInputSingleSupportingFeeOnTransferTokens", {
    weight: 0.5,
    fits: isSingle,
    data: (order) => single("exactInputSingleSupportingFeeOnTransferTokens", order, order.trader),
  }),
  kind("exactOutputSingle", {
    weight: 1,
    fits: isSingle,
    data: (order) =>
      encodeFunctionData({
        abi: ABI,
        functionName: "exactOutputSingle",
        args: [{ ...singleOf(order), ...order, recipient: order.trader, limitSqrtPrice: 0n }],
      }),
  }),
  kind("exactInput", {
    weight: 2,
    data: (order) =>
      encodeFunctionData({
        abi: ABI,
        functionName: "exactInput",
        args: [{ ...order, path: algebraPath(order), recipient: order.trader }],
      }),
  }),
  kind("exactOutput", {
    weight: 0.7,
    data: (order) =>
      encodeFunctionData({
        abi: ABI,
        functionName: "exactOutput",
        args: [{ ...order, path: algebraPathBack(order), recipient: order.trader }],
      }),
  }),
  kind("multicallNativeOut", {
    weight: 1,
    fits: (order, market) => isSingle(order) && getsWrapped(order, market),
    data: (order) => {
      const { amountOutMinimum, trader } = order;
      const calls = [
        single("exactInputSingle", { ...order, amountOutMinimum: 0n }, zeroAddress),
        encodeFunctionData({
          abi: ABI,
          functionName: "unwrapWNativeToken",
          args: [amountOutMinimum, trader],
        }),
      ];
      return encodeFunctionData({ abi: ABI, functionName: "multicall", args: [calls] });
    },
  }),
];
