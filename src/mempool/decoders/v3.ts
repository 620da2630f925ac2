import { parseAbiParameters } from "viem";
import type { Router } from "../../chain/registry.ts";
import type { Address, Hex } from "../../chain/types.ts";
import type { SwapCall } from "../routerCall.ts";
import { read, strictAddress, uint } from "./calldata.ts";
import { concentratedSwap, packedPath } from "./concentrated.ts";
import { peripheryFunctions } from "./periphery.ts";
import { type CallContext, partyOf, reading, type RouterFunction, routerFunction } from "./routerFunction.ts";

type V3Router = Extract<Router, { family: "v3" }>;
export type AlgebraRouter = Extract<Router, { family: "algebra" }>;
type Exact = SwapCall["exact"];

const SINGLE = parseAbiParameters("bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32");
const PATH = parseAbiParameters([
  "Params params",
  "struct Params { bytes path; bytes32 recipient; bytes32 deadline; bytes32 amount; bytes32 limit; }",
]);
export const FEE_BITS = 24;
export const PRICE_BITS = 160;
export const ZERO_ADDRESS: Address = `0x${"00".repeat(20)}`;

/** SwapRouter and Algebra's keep the output themselves when the recipient is zero. */
export function recipientOf(word: Hex, context: CallContext): Pick<SwapCall, "recipient" | "receiver"> {
  const named = strictAddress(word);
  const recipient = named === ZERO_ADDRESS ? context.router.address : named;
  return { recipient, receiver: partyOf(recipient, context) };
}

function readSingle(args: Uint8Array, exact: Exact, context: CallContext<V3Router>) {
  const [tokenIn, tokenOut, fee, recipient, deadline, amount, limit, price] = read(SINGLE, args);
  const path = [strictAddress(tokenIn), strictAddress(tokenOut)];
  return reading(
    concentratedSwap(
      { path, feesPpm: [Number(uint(fee, FEE_BITS))] },
      {
        exact,
        amount: uint(amount),
        limit: uint(limit),
        dex: context.router.dex,
        ...recipientOf(recipient, context),
        deadline: uint(deadline),
        sqrtPriceLimitX96: uint(price, PRICE_BITS),
      },
    ),
  );
}

/** The functions over a packed path; Algebra's has no fees in it (`feeDigits` 0). */
export function readPath(
  args: Uint8Array,
  exact: Exact,
  context: CallContext<V3Router | AlgebraRouter>,
  feeDigits?: 0,
) {
  const [{ path, recipient, deadline, amount, limit }] = read(PATH, args);
  return reading(
    concentratedSwap(packedPath(path, exact, feeDigits), {
      exact,
      amount: uint(amount),
      limit: uint(limit),
      dex: context.router.dex,
      ...recipientOf(recipient, context),
      deadline: uint(deadline),
    }),
  );
}

const single = (name: string, exact: Exact): RouterFunction<V3Router> =>
  routerFunction(
    `${name}((address,address,uint24,address,uint256,uint256,uint256,uint160))`,
    (args, context) => readSingle(args, exact, context),
  );

const path = (name: string, exact: Exact): RouterFunction<V3Router> =>
  routerFunction(`${name}((bytes,address,uint256,uint256,uint256))`, (args, context) =>
    readPath(args, exact, context),
  );

/** Uniswap's SwapRouter (v3-periphery). */
export const V3_FUNCTIONS: readonly RouterFunction<V3Router>[] = [
  single("exactInputSingle", "in"),
  single("exactOutputSingle", "out"),
  path("exactInput", "in"),
  path("exactOutput", "out"),
  ...peripheryFunctions<V3Router>({ unwrap: "unwrapWETH9", refund: "refundETH" }),
];
