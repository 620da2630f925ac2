import {
  concatHex,
  encodeAbiParameters,
  encodeFunctionData,
  numberToHex,
  parseAbi,
  parseAbiParameters,
} from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { amountWorth, tokenBySymbol } from "../../../devnet/market.ts";
import { FAR_DEADLINE } from "../../../devnet/pools.ts";
import type { Address, Hex } from "../../../src/chain/types.ts";
import { startMempoolStage } from "../../support/mempoolStage.ts";
import type { MempoolStage } from "../../support/mempoolStage.ts";

const ROUTER02 = parseAbi([
  "struct In { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }",
  "function exactInputSingle(In) payable",
  "function swapExactTokensForTokens(uint256,uint256,address[],address) payable",
  "function swapTokensForExactTokens(uint256,uint256,address[],address) payable",
  "function multicall(uint256,bytes[]) payable",
  "function wrapETH(uint256) payable",
  "function pull(address,uint256) payable",
  "function unwrapWETH9(uint256) payable",
  "function sweepToken(address,uint256) payable",
]);
const UNIVERSAL = parseAbi(["function execute(bytes,bytes[],uint256) payable"]);
const SWAP_INPUT = parseAbiParameters("address, uint256, uint256, address[], bool");
const TO_AMOUNT = parseAbiParameters("address, uint256");
const TOKEN_TO_AMOUNT = parseAbiParameters("address, address, uint256");

const ANY = (1n << 256n) - 1n;
const BALANCE = 1n << 255n;
const SENDER: Address = `0x${"1".padStart(40, "0")}`;
const ITSELF: Address = `0x${"2".padStart(40, "0")}`;
const GAS = 3_000_000n;

let stage: MempoolStage;
beforeAll(async () => {
  stage = await startMempoolStage();
});
afterAll(async () => await stage?.stop());

const token = (symbol: string): Address => tokenBySymbol(stage.devnet.tokens, symbol).address;
const worth = (symbol: string, usd: number): bigint =>
  amountWorth(tokenBySymbol(stage.devnet.tokens, symbol), usd);

/** The reason, after prediction and chain have agreed on all of it. */
const router02 = (calls: readonly Hex[], value = 0n) => {
  const data = encodeFunctionData({ abi: ROUTER02, functionName: "multicall", args: [FAR_DEADLINE, calls] });
  return stage.check("Router02", { to: stage.devnet.registry.swapRouter02, data, value, gas: GAS });
};
const universal = (commands: readonly (readonly [number, Hex])[], value = 0n) => {
  const codes = concatHex(commands.map(([code]) => numberToHex(code, { size: 1 })));
  const inputs = commands.map(([, input]) => input);
  const data = encodeFunctionData({
    abi: UNIVERSAL,
    functionName: "execute",
    args: [codes, inputs, FAR_DEADLINE],
  });
  return stage.check("Universal", { to: stage.devnet.registry.universalRouter, data, value, gas: GAS });
};

test("SwapRouter02 wraps, pulls and swaps what it holds, on Uniswap V2 and V3", async () => {
  const [pol, usdc, weth] = [token("WPOL"), token("USDC"), token("WETH")];
  const amount = worth("WPOL", 100);
  const wrap = (value: bigint) =>
    encodeFunctionData({ abi: ROUTER02, functionName: "wrapETH", args: [value] });
  const pull = encodeFunctionData({ abi: ROUTER02, functionName: "pull", args: [pol, amount] });
  const v2Swap = (given: bigint, way: Address[], to = SENDER, least = 0n) =>
    encodeFunctionData({
      abi: ROUTER02,
      functionName: "swapExactTokensForTokens",
      args: [given, least, way, to],
    });
  const v2Get = (wanted: bigint, way: Address[]) =>
    encodeFunctionData({
      abi: ROUTER02,
      functionName: "swapTokensForExactTokens",
      args: [wanted, ANY, way, SENDER],
    });
  const v3Swap = (amountIn: bigint) =>
    encodeFunctionData({
      abi: ROUTER02,
      functionName: "exactInputSingle",
      args: [
        {
          tokenIn: pol,
          tokenOut: weth,
          fee: 500,
          recipient: SENDER,
          amountIn,
          amountOutMinimum: 0n,
          sqrtPriceLimitX96: 0n,
        },
      ],
    });
  expect(await router02([wrap(amount), v2Swap(0n, [pol, usdc])], amount)).toBeNull();
  expect(await router02([wrap(amount), v2Swap(0n, [pol, usdc])], amount - 1n)).toBe("execution reverted");
  expect(await router02([pull, v3Swap(0n)])).toBeNull();
  expect(await router02([pull, v2Swap(0n, [pol, usdc, weth], ITSELF), v2Swap(0n, [weth, pol])])).toBeNull();
  expect(await router02([v3Swap(0n)])).toBe("AS");
  expect(await router02([v2Swap(0n, [pol, usdc])])).toBe("INSUFFICIENT_INPUT_AMOUNT");
  expect(await router02([v2Swap(amount, [pol, usdc], SENDER, ANY)])).toBe("Too little received");
  expect(await router02([v2Swap(amount, [pol, usdc, weth, pol, usdc])])).toBeNull();
  expect(await router02([v2Swap(amount, [pol, usdc, pol])])).toBe("INSUFFICIENT_INPUT_AMOUNT");
  // One unit of USDC is bought with what buys more coins: here the pair gives all of it.
  expect(await router02([v2Get(1n, [pol, usdc])])).toBeNull();
  expect(await router02([v2Get(1n, [usdc, pol])])).toBeNull();
  expect(await router02([v2Get(0n, [usdc, pol])])).toBe("INSUFFICIENT_OUTPUT_AMOUNT");
});

/** Commands of a plan. */
const swap = (given: bigint, way: Address[], senderPays: boolean, { to = SENDER, least = 0n } = {}) =>
  [0x08, encodeAbiParameters(SWAP_INPUT, [to, given, least, way, senderPays])] as const;
const get = (wanted: bigint, way: Address[], most = ANY) =>
  [0x09, encodeAbiParameters(SWAP_INPUT, [SENDER, wanted, most, way, true])] as const;
const wrap = (value: bigint) => [0x0b, encodeAbiParameters(TO_AMOUNT, [ITSELF, value])] as const;
const unwrap = (least: bigint) => [0x0c, encodeAbiParameters(TO_AMOUNT, [SENDER, least])] as const;
const sweep = (one: Address, least: bigint) =>
  [0x04, encodeAbiParameters(TOKEN_TO_AMOUNT, [one, SENDER, least])] as const;
const share = (one: Address, bips: bigint) =>
  [0x06, encodeAbiParameters(TOKEN_TO_AMOUNT, [one, SENDER, bips])] as const;
const pays = (one: Address, value: bigint) =>
  [0x05, encodeAbiParameters(TOKEN_TO_AMOUNT, [one, SENDER, value])] as const;

test("the Universal Router pays from what it wrapped, pulled or got, and from nothing else", async () => {
  const [pol, usdc] = [token("WPOL"), token("USDC")];
  const amount = worth("WPOL", 100);
  const pull = [0x02, encodeAbiParameters(TOKEN_TO_AMOUNT, [pol, ITSELF, amount])] as const;
  const way = [pol, usdc];
  expect(await universal([wrap(amount), swap(BALANCE, way, false)], amount)).toBeNull();
  expect(await universal([wrap(BALANCE), swap(amount, way, false)], amount)).toBeNull();
  expect(await universal([wrap(amount), swap(amount, way, false)], amount - 1n)).toBe("InsufficientETH");
  expect(await universal([wrap(BALANCE), swap(amount, way, false)], amount - 1n)).toBe("TRANSFER_FAILED");
  expect(await universal([pull, share(pol, 2_500n), swap(BALANCE, way, false)])).toBeNull();
  expect(await universal([pull, pays(pol, amount / 2n), swap(amount / 2n, way, false)])).toBeNull();
  expect(await universal([pull, pays(pol, amount / 2n), swap(amount, way, false)])).toBe("TRANSFER_FAILED");
  expect(await universal([swap(amount, way, false)])).toBe("TRANSFER_FAILED");
  expect(await universal([swap(amount, way, true, { least: ANY })])).toBe("V2TooLittleReceived");
  expect(await universal([get(worth("USDC", 50), way)])).toBeNull();
  expect(await universal([get(1n, [usdc, pol])])).toBeNull();
  expect(await universal([get(worth("USDC", 50), way, 1n)])).toBe("V2TooMuchRequested");
  expect(
    await universal([swap(worth("USDC", 50), [usdc, pol], true, { to: ITSELF }), unwrap(1n)]),
  ).toBeNull();
  expect(await universal([swap(worth("USDC", 50), [usdc, pol], true), unwrap(1n)])).toBe("InsufficientETH");
  expect(await universal([swap(amount, way, true, { to: ITSELF }), sweep(usdc, ANY >> 100n)])).toBe(
    "InsufficientToken",
  );
});
