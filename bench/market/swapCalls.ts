import {
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  parseAbi,
  parseAbiParameters,
  toHex,
} from "viem";
import type { Router } from "../../src/chain/registry.ts";
import type { Address, Hex } from "../../src/chain/types.ts";
import type { Random } from "./random.ts";

/** A swap that a wallet asks for; amounts in raw units. */
export interface SwapOrder {
  readonly path: readonly Address[];
  /** Of each hop's pool; a V2 or Algebra router does not look at them. */
  readonly feesPpm: readonly number[];
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  /** What the sender is ready to lose of `amountOut`, in parts per million. */
  readonly slippagePpm: number;
  readonly sender: Address;
  readonly deadline: bigint;
  /** Whether the first hop is one of a V2 pool: Universal Routers have a command for either kind. */
  readonly v2: boolean;
}

export interface SwapCalldata {
  readonly input: Hex;
  readonly value: bigint;
}

export const V2_ABI = parseAbi([
  "function swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
  "function swapTokensForExactTokens(uint256,uint256,address[],address,uint256)",
  "function swapExactETHForTokens(uint256,address[],address,uint256)",
  "function swapExactTokensForETH(uint256,uint256,address[],address,uint256)",
]);
export const V3_ABI = parseAbi([
  "struct Single { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountIn; uint256 least; uint160 limit; }",
  "struct Path { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 least; }",
  "function exactInputSingle(Single)",
  "function exactInput(Path)",
  "function multicall(bytes[])",
  "function unwrapWETH9(uint256,address)",
]);
export const ROUTER02_ABI = parseAbi([
  "struct Single { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 amountIn; uint256 least; uint160 limit; }",
  "struct Path { bytes path; address recipient; uint256 amountIn; uint256 least; }",
  "function exactInputSingle(Single)",
  "function exactInput(Path)",
  "function multicall(uint256,bytes[])",
]);
export const ALGEBRA_ABI = parseAbi([
  "struct Single { address tokenIn; address tokenOut; address recipient; uint256 deadline; uint256 amountIn; uint256 least; uint160 limit; }",
  "struct Path { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 least; }",
  "function exactInputSingle(Single)",
  "function exactInput(Path)",
]);
export const UNIVERSAL_ABI = parseAbi(["function execute(bytes,bytes[],uint256)"]);
export const UNIVERSAL_V3 = parseAbiParameters("address, uint256, uint256, bytes, bool");
export const UNIVERSAL_V2 = parseAbiParameters("address, uint256, uint256, address[], bool");
const WRAP = parseAbiParameters("address, uint256");
const PERMIT = parseAbiParameters([
  "Permit permit, bytes signature",
  "struct Details { address token; uint160 amount; uint48 expiration; uint48 nonce; }",
  "struct Permit { Details details; address spender; uint256 deadline; }",
]);

export const COMMAND = { v3ExactIn: 0x00, v2ExactIn: 0x08, permit: 0x0a, wrap: 0x0b } as const;
/** ActionConstants of the Universal Router. */
const [MSG_SENDER, ADDRESS_THIS] = [`0x${"00".repeat(19)}01`, `0x${"00".repeat(19)}02`] as const;
const ZERO: Address = `0x${"00".repeat(20)}`;

const leastOf = ({ amountOut, slippagePpm }: SwapOrder): bigint =>
  amountOut - (amountOut * BigInt(slippagePpm)) / 1_000_000n;

/** tokens and fees in turn, 20 and 3 bytes. */
const packed = ({ path, feesPpm }: SwapOrder): Hex =>
  concatHex(
    path.flatMap((token, i) => (i === 0 ? [token] : [toHex(feesPpm[i - 1] ?? 0, { size: 3 }), token])),
  );
const packedPlain = ({ path }: SwapOrder): Hex => concatHex(path.map((token) => token));

/** The call of a wallet or web front-end for this order; which of the router's functions it takes is drawn. */
export function swapCall(router: Router, order: SwapOrder, native: Address, random: Random): SwapCalldata {
  switch (router.family) {
    case "v2":
      return v2Call(order, native, random);
    case "v3":
      return { input: v3Call(order, native, random), value: 0n };
    case "router02":
      return { input: router02Call(order), value: 0n };
    case "algebra":
      return { input: algebraCall(order), value: 0n };
    case "universal":
      return universalCall(router.address, order, native, random);
    case "opaque":
      throw new RangeError(`${router.name} has no functions that we know`);
  }
}

/** Share of V2 swaps that name their output. */
const EXACT_OUT = 0.1;

function v2Call(order: SwapOrder, native: Address, random: Random): SwapCalldata {
  const { path, amountIn, amountOut, sender, deadline } = order;
  const least = leastOf(order);
  const route = [...path];
  if (path[0] === native) {
    const args = [least, route, sender, deadline] as const;
    return {
      input: encodeFunctionData({ abi: V2_ABI, functionName: "swapExactETHForTokens", args }),
      value: amountIn,
    };
  }
  if (path.at(-1) !== native && random.next() < EXACT_OUT) {
    const most = amountIn + (amountIn * BigInt(order.slippagePpm)) / 1_000_000n;
    const args = [amountOut, most, route, sender, deadline] as const;
    return {
      input: encodeFunctionData({ abi: V2_ABI, functionName: "swapTokensForExactTokens", args }),
      value: 0n,
    };
  }
  const functionName = path.at(-1) === native ? "swapExactTokensForETH" : "swapExactTokensForTokens";
  const args = [amountIn, least, route, sender, deadline] as const;
  return { input: encodeFunctionData({ abi: V2_ABI, functionName, args }), value: 0n };
}

/** Share of V3 swaps into the wrapped coin that unwrap it. */
const UNWRAPPED = 0.5;

function v3Call(order: SwapOrder, native: Address, random: Random): Hex {
  const { path, feesPpm, amountIn, sender, deadline } = order;
  const least = leastOf(order);
  const [tokenIn = ZERO, tokenOut = ZERO] = path;
  if (path.length > 2) {
    const args = [{ path: packed(order), recipient: sender, deadline, amountIn, least }] as const;
    return encodeFunctionData({ abi: V3_ABI, functionName: "exactInput", args });
  }
  const unwraps = tokenOut === native && random.next() < UNWRAPPED;
  const fee = feesPpm[0] ?? 0;
  const single = { tokenIn, tokenOut, fee, deadline, amountIn, least, limit: 0n };
  const recipient = unwraps ? ZERO : sender;
  const args = [{ ...single, recipient }] as const;
  const swap = encodeFunctionData({ abi: V3_ABI, functionName: "exactInputSingle", args });
  if (!unwraps) return swap;
  const unwrap = encodeFunctionData({ abi: V3_ABI, functionName: "unwrapWETH9", args: [least, sender] });
  return encodeFunctionData({ abi: V3_ABI, functionName: "multicall", args: [[swap, unwrap]] });
}

function router02Call(order: SwapOrder): Hex {
  const { path, feesPpm, amountIn, sender: recipient, deadline } = order;
  const least = leastOf(order);
  const [tokenIn = ZERO, tokenOut = ZERO] = path;
  const fee = feesPpm[0] ?? 0;
  const single = { tokenIn, tokenOut, fee, recipient, amountIn, least, limit: 0n };
  const swap =
    path.length > 2
      ? encodeFunctionData({
          abi: ROUTER02_ABI,
          functionName: "exactInput",
          args: [{ path: packed(order), recipient, amountIn, least }],
        })
      : encodeFunctionData({ abi: ROUTER02_ABI, functionName: "exactInputSingle", args: [single] });
  return encodeFunctionData({ abi: ROUTER02_ABI, functionName: "multicall", args: [deadline, [swap]] });
}

function algebraCall(order: SwapOrder): Hex {
  const { path, amountIn, sender: recipient, deadline } = order;
  const least = leastOf(order);
  const [tokenIn = ZERO, tokenOut = ZERO] = path;
  if (path.length > 2) {
    const args = [{ path: packedPlain(order), recipient, deadline, amountIn, least }] as const;
    return encodeFunctionData({ abi: ALGEBRA_ABI, functionName: "exactInput", args });
  }
  const args = [{ tokenIn, tokenOut, recipient, deadline, amountIn, least, limit: 0n }] as const;
  return encodeFunctionData({ abi: ALGEBRA_ABI, functionName: "exactInputSingle", args });
}

/** Share of Universal Router plans that begin with a Permit2 permit. */
const PERMITTED = 0.3;
const SIGNATURE_BYTES = 65;

function universalCall(spender: Address, order: SwapOrder, native: Address, random: Random): SwapCalldata {
  const { path, amountIn, deadline } = order;
  const [token = ZERO] = path;
  const paysNative = token === native;
  const commands: number[] = [];
  const inputs: Hex[] = [];
  if (paysNative) {
    commands.push(COMMAND.wrap);
    inputs.push(encodeAbiParameters(WRAP, [ADDRESS_THIS, amountIn]));
  } else if (random.next() < PERMITTED) {
    const details = { token, amount: 2n ** 160n - 1n, expiration: Number(deadline), nonce: random.below(9) };
    const signature: Hex = `0x${random.hex(SIGNATURE_BYTES)}`;
    commands.push(COMMAND.permit);
    inputs.push(encodeAbiParameters(PERMIT, [{ details, spender, deadline }, signature]));
  }
  const least = leastOf(order);
  commands.push(order.v2 ? COMMAND.v2ExactIn : COMMAND.v3ExactIn);
  inputs.push(
    order.v2
      ? encodeAbiParameters(UNIVERSAL_V2, [MSG_SENDER, amountIn, least, [...path], !paysNative])
      : encodeAbiParameters(UNIVERSAL_V3, [MSG_SENDER, amountIn, least, packed(order), !paysNative]),
  );
  const args = [toHex(Uint8Array.from(commands)), inputs, deadline] as const;
  const input = encodeFunctionData({ abi: UNIVERSAL_ABI, functionName: "execute", args });
  return { input, value: paysNative ? amountIn : 0n };
}
