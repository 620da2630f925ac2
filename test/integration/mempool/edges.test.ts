import { concatHex, encodeFunctionData, numberToHex, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { amountWorth, tokenBySymbol } from "../../../devnet/market.ts";
import { FAR_DEADLINE } from "../../../devnet/pools.ts";
import { sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { startMempoolStage } from "../../support/mempoolStage.ts";
import type { MempoolStage } from "../../support/mempoolStage.ts";

const V2 = parseAbi([
  "function swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
  "function swapTokensForExactTokens(uint256,uint256,address[],address,uint256)",
  "function swapExactETHForTokens(uint256,address[],address,uint256) payable",
  "function swapETHForExactTokens(uint256,address[],address,uint256) payable",
]);
const V3 = parseAbi([
  "struct In { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }",
  "struct Out { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum; uint160 sqrtPriceLimitX96; }",
  "struct PathIn { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; }",
  "struct PathOut { bytes path; address recipient; uint256 deadline; uint256 amountOut; uint256 amountInMaximum; }",
  "function exactInputSingle(In) payable",
  "function exactOutputSingle(Out) payable",
  "function exactInput(PathIn) payable",
  "function exactOutput(PathOut) payable",
  "function multicall(bytes[]) payable",
  "function sweepToken(address,uint256,address) payable",
  "function sweepTokenWithFee(address,uint256,address,uint256,address) payable",
  "function unwrapWETH9(uint256,address) payable",
  "function refundETH() payable",
]);
const ANY = (1n << 256n) - 1n;
const ZERO: Address = `0x${"0".repeat(40)}`;
const SENDER: Address = `0x${"1".padStart(40, "0")}`;
const GAS = 3_000_000n;

let stage: MempoolStage;
beforeAll(async () => {
  stage = await startMempoolStage();
});
afterAll(async () => await stage?.stop());

const token = (symbol: string): Address => tokenBySymbol(stage.devnet.tokens, symbol).address;
const worth = (symbol: string, usd: number): bigint =>
  amountWorth(tokenBySymbol(stage.devnet.tokens, symbol), usd);
const path = (...symbols: readonly string[]): Address[] => symbols.map(token);
const alice = (): Address => stage.devnet.accounts.alice.address;
/** `USDC 100 WETH …` as a packed path. */
const packed = (...parts: readonly (string | number)[]): Hex =>
  concatHex(parts.map((part) => (typeof part === "string" ? token(part) : numberToHex(part, { size: 3 }))));

/** The reason, after prediction and chain have agreed on all of it. */
const v2 = (data: Hex, value = 0n) =>
  stage.check("V2", { to: stage.devnet.registry.v2[0]?.router ?? ZERO, data, value, gas: GAS });
const v3 = (data: Hex, value = 0n) =>
  stage.check("V3", { to: stage.devnet.registry.v3.router, data, value, gas: GAS });
const v2In = (amount: bigint, way: Address[], { least = 0n, to = alice() } = {}): Hex =>
  encodeFunctionData({
    abi: V2,
    functionName: "swapExactTokensForTokens",
    args: [amount, least, way, to, FAR_DEADLINE],
  });
const v2Out = (amount: bigint, way: Address[], most = ANY): Hex =>
  encodeFunctionData({
    abi: V2,
    functionName: "swapTokensForExactTokens",
    args: [amount, most, way, alice(), FAR_DEADLINE],
  });

test("a V2 router refuses in its own and its pairs' words", async () => {
  const [pol, usdc, weth] = [token("WPOL"), token("USDC.e"), token("WETH")];
  const one = worth("WPOL", 100);
  expect(await v2(v2In(0n, [pol, usdc]))).toBe("UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT");
  expect(await v2(v2In(1n, [pol, usdc]))).toBe("UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT");
  expect(await v2(v2In(1n, [pol, usdc, weth]))).toBe("UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT");
  expect(await v2(v2In(one, [pol, pol]))).toBe("UniswapV2Library: IDENTICAL_ADDRESSES");
  expect(await v2(v2In(one, [pol, usdc, pol]))).toBe("UniswapV2: INSUFFICIENT_INPUT_AMOUNT");
  expect(await v2(v2In(one, [pol, usdc, weth, pol, usdc]))).toBe("UniswapV2: K");
  expect(await v2(v2In(one, [pol, usdc, weth, pol]))).toBeNull();
  expect(await v2(v2In(one, [pol, usdc], { to: usdc }))).toBe("UniswapV2: INVALID_TO");
  expect(await v2(v2In(ANY, [pol, usdc]))).toBe("ds-math-mul-overflow");
  expect(await v2(v2In(one, [pol, usdc]), 1n)).toBe("execution reverted");
  expect(await v2(v2Out(0n, [pol, usdc]))).toBe("UniswapV2Library: INSUFFICIENT_OUTPUT_AMOUNT");
  expect(await v2(v2Out(1n << 111n, [pol, usdc]))).toBe("ds-math-sub-underflow");
  expect(await v2(v2Out(1n, [pol, usdc]))).toBeNull();
  expect(await v2(v2Out(1n, [usdc, pol]))).toBeNull();
});

test("a V2 router's native functions pay with the value and give the rest back", async () => {
  const way = path("WPOL", "USDC.e");
  const [get, pay] = [worth("USDC.e", 100), worth("WPOL", 200)];
  const to = alice();
  const exactOut = encodeFunctionData({
    abi: V2,
    functionName: "swapETHForExactTokens",
    args: [get, way, to, FAR_DEADLINE],
  });
  expect(await v2(exactOut, pay)).toBeNull();
  expect(await v2(exactOut, pay / 4n)).toBe("UniswapV2Router: EXCESSIVE_INPUT_AMOUNT");
  const exactIn = encodeFunctionData({
    abi: V2,
    functionName: "swapExactETHForTokens",
    args: [get, way, to, FAR_DEADLINE],
  });
  expect(await v2(exactIn, pay)).toBeNull();
  expect(await v2(exactIn, pay / 4n)).toBe("UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT");
  expect(await v2(exactIn, 0n)).toBe("UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT");
});

/** Where the pool stands, moved by so many ticks in the direction of a trade of that token. */
function priceBeyond(tokenIn: Address, tokenOut: Address, ticks: number): bigint {
  const pool = [...stage.pools.values()].find(
    ({ kind, address, token0, token1 }) =>
      kind === "v3" &&
      stage.states.get(address)?.feePpm === 500 &&
      [token0, token1].every((one) => one === tokenIn || one === tokenOut),
  );
  const state = pool && stage.states.get(pool.address);
  if (state === undefined || state.kind === "v2") throw new Error("no such pool");
  return sqrtRatioAtTick(state.tick + (tokenIn < tokenOut ? -ticks : ticks));
}

test("limits of price leave a part undone, or stop at once", async () => {
  const [tokenIn, tokenOut] = [token("WETH"), token("USDC.e")];
  const common = { tokenIn, tokenOut, fee: 500, recipient: alice(), deadline: FAR_DEADLINE };
  const give = (amountIn: bigint, ticks: number, amountOutMinimum = 0n) => {
    const sqrtPriceLimitX96 = priceBeyond(tokenIn, tokenOut, ticks);
    const args = [{ ...common, amountIn, amountOutMinimum, sqrtPriceLimitX96 }] as const;
    return v3(encodeFunctionData({ abi: V3, functionName: "exactInputSingle", args }));
  };
  const take = (amountOut: bigint, ticks: number, amountInMaximum = ANY) => {
    const sqrtPriceLimitX96 = priceBeyond(tokenIn, tokenOut, ticks);
    const args = [{ ...common, amountOut, amountInMaximum, sqrtPriceLimitX96 }] as const;
    return v3(encodeFunctionData({ abi: V3, functionName: "exactOutputSingle", args }));
  };
  expect(await give(worth("WETH", 200_000), 40)).toBeNull();
  expect(await give(worth("WETH", 10), 400)).toBeNull();
  expect(await give(worth("WETH", 10), -400)).toBe("SPL");
  expect(await give(0n, 400)).toBe("AS");
  expect(await give(worth("WETH", 10), 400, ANY)).toBe("Too little received");
  expect(await take(worth("USDC.e", 200_000), 40)).toBeNull();
  expect(await take(worth("USDC.e", 10), 400)).toBeNull();
  expect(await take(worth("USDC.e", 10), -400)).toBe("SPL");
  expect(await take(worth("USDC.e", 10), 400, 1n)).toBe("Too much requested");
});

const v3Path = (way: Hex, amountIn: bigint, recipient = alice()): Hex =>
  encodeFunctionData({
    abi: V3,
    functionName: "exactInput",
    args: [{ path: way, recipient, deadline: FAR_DEADLINE, amountIn, amountOutMinimum: 0n }],
  });

test("a pool may stand twice on the path of an exact input, and not on that of an exact output", async () => {
  const way = ["WETH", 500, "USDC.e", 500, "WETH"] as const;
  expect(await v3(v3Path(packed(...way), worth("WETH", 500)))).toBeNull();
  const args = [
    {
      path: packed(...way),
      recipient: alice(),
      deadline: FAR_DEADLINE,
      amountOut: worth("WETH", 500),
      amountInMaximum: ANY,
    },
  ] as const;
  expect(await v3(encodeFunctionData({ abi: V3, functionName: "exactOutput", args }))).toBe("LOK");
  const same = {
    path: packed("WETH", 500, "WETH"),
    recipient: alice(),
    deadline: FAR_DEADLINE,
    amountOut: 5n,
    amountInMaximum: ANY,
  };
  expect(await v3(encodeFunctionData({ abi: V3, functionName: "exactOutput", args: [same] }))).toBe(
    "execution reverted",
  );
});

test("native coins pay for wrapped ones wherever they suffice, in the middle of a path too", async () => {
  const amount = worth("USDC", 100);
  const rest = encodeFunctionData({ abi: V3, functionName: "refundETH" });
  const way = v3Path(packed("USDC", 500, "WPOL", 500, "WETH"), amount);
  const left = (least: bigint) =>
    encodeFunctionData({ abi: V3, functionName: "unwrapWETH9", args: [least, alice()] });
  const all = (...calls: Hex[]) => encodeFunctionData({ abi: V3, functionName: "multicall", args: [calls] });
  // The second hop is paid with the value, so what the first one gave stays in the router.
  expect(await v3(all(way, left(1n), rest), worth("WPOL", 300))).toBeNull();
  expect(await v3(all(way, left(1n), rest))).toBe("Insufficient WETH9");
  const twice = v3Path(packed("WPOL", 500, "WETH"), worth("WPOL", 100));
  expect(await v3(all(twice, twice, rest), worth("WPOL", 200))).toBeNull();
});

test("what a router keeps is swept with a fee, or there is too little", async () => {
  const kept = v3Path(packed("USDC", 500, "WETH"), worth("USDC", 100), ZERO);
  const least = worth("WETH", 90);
  const sweep = (amount: bigint) =>
    encodeFunctionData({ abi: V3, functionName: "sweepToken", args: [token("WETH"), amount, alice()] });
  const withFee = encodeFunctionData({
    abi: V3,
    functionName: "sweepTokenWithFee",
    args: [token("WETH"), least, alice(), 50n, SENDER],
  });
  const all = (...calls: Hex[]) => encodeFunctionData({ abi: V3, functionName: "multicall", args: [calls] });
  expect(await v3(all(kept, withFee))).toBeNull();
  expect(await v3(all(kept, withFee, sweep(1n)))).toBe("Insufficient token");
  expect(await v3(all(kept, sweep(least * 2n)))).toBe("Insufficient token");
});
