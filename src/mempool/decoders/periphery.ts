import { parseAbiParameters } from "viem";
import type { Router } from "../../chain/registry.ts";
import type { Address, Hex } from "../../chain/types.ts";
import type { Party } from "../routerCall.ts";
import { byteStrings, read, reverts, strictAddress, uint } from "./calldata.ts";
import {
  type CallContext,
  HARMLESS,
  joined,
  partyOf,
  type Reading,
  reading,
  type RouterFunction,
  routerFunction,
} from "./routerFunction.ts";

// What SwapRouter, SwapRouter02 and Algebra's router share: Multicall, PeripheryPaymentsWithFee and SelfPermit of
// Uniswap's v3-periphery (Solidity 0.7.6 with ABI coder 2).

const ONE = parseAbiParameters("bytes32");
export const TWO = parseAbiParameters("bytes32, bytes32");
export const THREE = parseAbiParameters("bytes32, bytes32, bytes32");
export const FOUR = parseAbiParameters("bytes32, bytes32, bytes32, bytes32");
const FIVE = parseAbiParameters("bytes32, bytes32, bytes32, bytes32, bytes32");
const SIX = parseAbiParameters("bytes32, bytes32, bytes32, bytes32, bytes32, bytes32");

/** All calls of the `bytes[]` whose offset stands at `head`. */
export const callsAt = (args: Uint8Array, head: number, { inner }: Pick<CallContext, "inner">) =>
  joined(byteStrings(args, head).map(inner));

const MOST_FEE_BIPS = 100n;

/** PeripheryPaymentsWithFee: a router's whole balance of a token, less a fee. */
export function split(
  { token, unwraps }: { readonly token: Address; readonly unwraps: boolean },
  { minimum, bips, receiver, feeReceiver }: SplitTerms,
): Reading {
  const feeBips = uint(bips);
  if (feeBips === 0n || feeBips > MOST_FEE_BIPS) return reverts("its fee is none or above one percent");
  return reading({ type: "split", token, unwraps, minimum: uint(minimum), feeBips, feeReceiver, receiver });
}

interface SplitTerms {
  readonly minimum: Hex;
  readonly bips: Hex;
  readonly receiver: Party;
  readonly feeReceiver: Party;
}

const selfPermit = (name: string): RouterFunction =>
  routerFunction(`${name}(address,uint256,uint256,uint8,bytes32,bytes32)`, (args) => {
    const [token, , , v] = read(SIX, args);
    strictAddress(token);
    uint(v, 8);
    return HARMLESS;
  });

/** The payments under the names that a router gives to the native coin. */
export function peripheryFunctions<R extends Router>(names: {
  readonly unwrap: string;
  readonly refund: string;
}): readonly RouterFunction<R>[] {
  return [
    routerFunction("multicall(bytes[])", (args, context) => callsAt(args, 0, context)),
    routerFunction(`${names.unwrap}(uint256,address)`, (args, context) => {
      const [minimum, to] = read(TWO, args);
      const receiver = partyOf(strictAddress(to), context);
      return reading({ type: "unwrap", minimum: uint(minimum), receiver });
    }),
    routerFunction(`${names.unwrap}WithFee(uint256,address,uint256,address)`, (args, context) => {
      const [minimum, to, bips, feeTo] = read(FOUR, args);
      const receiver = partyOf(strictAddress(to), context);
      const feeReceiver = partyOf(strictAddress(feeTo), context);
      const token = context.wrappedNative;
      return split({ token, unwraps: true }, { minimum, bips, receiver, feeReceiver });
    }),
    routerFunction("sweepToken(address,uint256,address)", (args, context) => {
      const [token, minimum, to] = read(THREE, args);
      const receiver = partyOf(strictAddress(to), context);
      return reading({ type: "sweep", token: strictAddress(token), minimum: uint(minimum), receiver });
    }),
    routerFunction("sweepTokenWithFee(address,uint256,address,uint256,address)", (args, context) => {
      const [word, minimum, to, bips, feeTo] = read(FIVE, args);
      const token = strictAddress(word);
      const receiver = partyOf(strictAddress(to), context);
      const feeReceiver = partyOf(strictAddress(feeTo), context);
      return split({ token, unwraps: false }, { minimum, bips, receiver, feeReceiver });
    }),
    routerFunction(`${names.refund}()`, () =>
      reading({ type: "sweep", token: null, minimum: 0n, receiver: "sender" }),
    ),
    selfPermit("selfPermit"),
    selfPermit("selfPermitIfNecessary"),
    selfPermit("selfPermitAllowed"),
    selfPermit("selfPermitAllowedIfNecessary"),
  ];
}

/** A function with one argument. */
export const readWord = (args: Uint8Array) => read(ONE, args)[0];
