import { parseAbiParameters } from "viem";
import type { Router } from "../../chain/registry.ts";
import type { Address } from "../../chain/types.ts";
import type { Party, PaymentCall } from "../routerCall.ts";
import { byteStrings, read, reverts, strictAddress, uint } from "./calldata.ts";
import {
  type CallContext,
  HARMLESS,
  joined,
  partyOf,
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

/** Takes a fee off the router's whole balance of a token; the rest remains. The sweep to itself only looks whether there is enough. */
export function feeTaken(
  token: Address,
  minimum: bigint,
  feeBips: bigint,
  receiver: Party,
): readonly PaymentCall[] {
  if (feeBips === 0n || feeBips > MOST_FEE_BIPS) return reverts("its fee is none or above one percent");
  return [
    { type: "sweep", token, minimum, receiver: "router" },
    { type: "pay", token, amount: feeBips, unit: "bips", receiver },
  ];
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
      return reading(...feeTaken(context.wrappedNative, uint(minimum), uint(bips), feeReceiver), {
        type: "unwrap",
        minimum: 0n,
        receiver,
      });
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
      return reading(...feeTaken(token, uint(minimum), uint(bips), feeReceiver), {
        type: "sweep",
        token,
        minimum: 0n,
        receiver,
      });
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
