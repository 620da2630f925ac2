import { parseAbiParameters } from "viem";
import type { Router } from "../../chain/registry.ts";
import type { Hex } from "../../chain/types.ts";
import type { SwapCall } from "../routerCall.ts";
import { read, strictAddress, uint, unread } from "./calldata.ts";
import { concentratedSwap, packedPath } from "./concentrated.ts";
import { mapped } from "./constants.ts";
import { callsAt, FOUR, peripheryFunctions, readWord, split, THREE, TWO } from "./periphery.ts";
import {
  type CallContext,
  HARMLESS,
  joined,
  partyOf,
  reading,
  type RouterFunction,
  routerFunction,
  swapCall,
} from "./routerFunction.ts";
import { FEE_BITS, PRICE_BITS } from "./v3.ts";

type Router02 = Extract<Router, { family: "router02" }>;
type Context = CallContext<Router02>;
type Exact = SwapCall["exact"];

const SINGLE = parseAbiParameters("bytes32, bytes32, bytes32, bytes32, bytes32, bytes32, bytes32");
const PATH = parseAbiParameters([
  "Params params",
  "struct Params { bytes path; bytes32 recipient; bytes32 amount; bytes32 limit; }",
]);
const V2_SWAP = parseAbiParameters("bytes32, bytes32, bytes32[], bytes32");

/** An exact input of 0 stands for all that the router has of the first token (Constants.CONTRACT_BALANCE). */
function amountOf(word: Hex, exact: Exact): Pick<SwapCall, "amount" | "amountIsBalance" | "payer"> {
  const amount = uint(word);
  const amountIsBalance = exact === "in" && amount === 0n;
  return { amount, amountIsBalance, payer: amountIsBalance ? "router" : "sender" };
}

const single = (name: string, exact: Exact): RouterFunction<Router02> =>
  routerFunction(`${name}((address,address,uint24,address,uint256,uint256,uint160))`, (args, context) => {
    const [tokenIn, tokenOut, fee, recipient, amount, limit, price] = read(SINGLE, args);
    return reading(
      concentratedSwap(
        {
          path: [strictAddress(tokenIn), strictAddress(tokenOut)],
          feesPpm: [Number(uint(fee, FEE_BITS))],
        },
        {
          exact,
          ...amountOf(amount, exact),
          limit: uint(limit),
          dex: context.router.dexV3,
          ...mapped(recipient, context),
          sqrtPriceLimitX96: uint(price, PRICE_BITS),
        },
      ),
    );
  });

const path = (name: string, exact: Exact): RouterFunction<Router02> =>
  routerFunction(`${name}((bytes,address,uint256,uint256))`, (args, context) => {
    const [params] = read(PATH, args);
    return reading(
      concentratedSwap(packedPath(params.path, exact), {
        exact,
        ...amountOf(params.amount, exact),
        limit: uint(params.limit),
        dex: context.router.dexV3,
        ...mapped(params.recipient, context),
      }),
    );
  });

const v2 = (name: string, exact: Exact): RouterFunction<Router02> =>
  routerFunction(`${name}(uint256,uint256,address[],address)`, (args, context) => {
    const [amount, limit, tokens, to] = read(V2_SWAP, args);
    return reading(
      swapCall({
        exact,
        ...amountOf(amount, exact),
        limit: uint(limit),
        path: tokens.map(strictAddress),
        dex: context.router.dexV2 ?? unread(`${context.router.name} has no V2 exchange`),
        ...mapped(to, context),
      }),
    );
  });

/** Approves the position manager for what the router holds of a token. */
const approve = (name: string): RouterFunction =>
  routerFunction(`${name}(address)`, (args) => {
    strictAddress(readWord(args));
    return HARMLESS;
  });

/** PeripheryPaymentsExtended: as in SwapRouter, with the sender as receiver. */
const PAYMENTS: readonly RouterFunction<Router02>[] = [
  routerFunction("unwrapWETH9(uint256)", (args) =>
    reading({ type: "unwrap", minimum: uint(readWord(args)), receiver: "sender" }),
  ),
  routerFunction("unwrapWETH9WithFee(uint256,uint256,address)", (args, context: Context) => {
    const [minimum, bips, feeTo] = read(THREE, args);
    const feeReceiver = partyOf(strictAddress(feeTo), context);
    const token = context.wrappedNative;
    return split({ token, unwraps: true }, { minimum, bips, receiver: "sender", feeReceiver });
  }),
  routerFunction("sweepToken(address,uint256)", (args) => {
    const [token, minimum] = read(TWO, args);
    return reading({
      type: "sweep",
      token: strictAddress(token),
      minimum: uint(minimum),
      receiver: "sender",
    });
  }),
  routerFunction("sweepTokenWithFee(address,uint256,uint256,address)", (args, context: Context) => {
    const [word, minimum, bips, feeTo] = read(FOUR, args);
    const token = strictAddress(word);
    const feeReceiver = partyOf(strictAddress(feeTo), context);
    return split({ token, unwraps: false }, { minimum, bips, receiver: "sender", feeReceiver });
  }),
  routerFunction("wrapETH(uint256)", (args) =>
    reading({ type: "wrap", amount: uint(readWord(args)), receiver: "router" }),
  ),
  routerFunction("pull(address,uint256)", (args) => {
    const [token, amount] = read(TWO, args);
    return reading({ type: "pull", token: strictAddress(token), amount: uint(amount), receiver: "router" });
  }),
];

/** Uniswap's SwapRouter02 (swap-router-contracts, Solidity 0.7.6 with ABI coder 2). */
export const ROUTER02_FUNCTIONS: readonly RouterFunction<Router02>[] = [
  single("exactInputSingle", "in"),
  single("exactOutputSingle", "out"),
  path("exactInput", "in"),
  path("exactOutput", "out"),
  v2("swapExactTokensForTokens", "in"),
  v2("swapTokensForExactTokens", "out"),
  routerFunction("multicall(uint256,bytes[])", (args, context) => {
    const deadline = uint(readWord(args));
    return joined([{ ...HARMLESS, deadline }, callsAt(args, 32, context)]);
  }),
  routerFunction("multicall(bytes32,bytes[])", (args, context) =>
    joined([{ ...HARMLESS, parentHash: readWord(args) }, callsAt(args, 32, context)]),
  ),
  ...peripheryFunctions<Router02>({ unwrap: "unwrapWETH9", refund: "refundETH" }),
  ...PAYMENTS,
  approve("approveMax"),
  approve("approveMaxMinusOne"),
  approve("approveZeroThenMax"),
  approve("approveZeroThenMaxMinusOne"),
];
