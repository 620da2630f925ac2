import { parseAbiParameters } from "viem";
import type { SwapCall } from "../routerCall.ts";
import { read, strictAddress, uint } from "./calldata.ts";
import { concentratedSwap } from "./concentrated.ts";
import { peripheryFunctions } from "./periphery.ts";
import { type CallContext, reading, type RouterFunction, routerFunction } from "./routerFunction.ts";
import { type AlgebraRouter, PRICE_BITS, readPath, recipientOf } from "./v3.ts";

type Exact = SwapCall["exact"];

const INPUT_SINGLE = parseAbiParameters("bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32");
const OUTPUT_SINGLE = parseAbiParameters(
  "bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32",
);

/** One pool a pair: the fee of `exactOutputSingle` is a word that the router never looks at. */
function readSingle(
  args: Uint8Array,
  exact: Exact,
  context: CallContext<AlgebraRouter>,
  feeOnTransfer = false,
) {
  const [tokenIn, tokenOut, ...rest] =
    exact === "in" ? read(INPUT_SINGLE, args) : withoutFee(read(OUTPUT_SINGLE, args));
  const [recipient, deadline, amount, limit, price] = rest;
  return reading(
    concentratedSwap(
      { path: [strictAddress(tokenIn), strictAddress(tokenOut)], feesPpm: null },
      {
        exact,
        amount: uint(amount),
        limit: uint(limit),
        dex: context.router.dex,
        ...recipientOf(recipient, context),
        deadline: uint(deadline),
        sqrtPriceLimitX96: uint(price, PRICE_BITS),
        feeOnTransfer,
      },
    ),
  );
}

const withoutFee = <W>([tokenIn, tokenOut, , recipient, deadline, amount, limit, price]: readonly [
  W,
  W,
  W,
  W,
  W,
  W,
  W,
  W,
]) => [tokenIn, tokenOut, recipient, deadline, amount, limit, price] as const;

const INPUT = "(address,address,address,uint256,uint256,uint256,uint160)";
const OUTPUT = "(address,address,uint24,address,uint256,uint256,uint256,uint160)";

/** QuickSwap V3's SwapRouter (Algebra's periphery 1.0). */
export const ALGEBRA_FUNCTIONS: readonly RouterFunction<AlgebraRouter>[] = [
  routerFunction(`exactInputSingle(${INPUT})`, (args, context) => readSingle(args, "in", context)),
  routerFunction(`exactInputSingleSupportingFeeOnTransferTokens(${INPUT})`, (args, context) =>
    readSingle(args, "in", context, true),
  ),
  routerFunction(`exactOutputSingle(${OUTPUT})`, (args, context) => readSingle(args, "out", context)),
  routerFunction("exactInput((bytes,address,uint256,uint256,uint256))", (args, context) =>
    readPath(args, "in", context, 0),
  ),
  routerFunction("exactOutput((bytes,address,uint256,uint256,uint256))", (args, context) =>
    readPath(args, "out", context, 0),
  ),
  ...peripheryFunctions<AlgebraRouter>({ unwrap: "unwrapWNativeToken", refund: "refundNativeToken" }),
];
