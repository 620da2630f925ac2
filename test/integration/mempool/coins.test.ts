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

const V2 = parseAbi([
  "function swapExactTokensForETH(uint256,uint256,address[],address,uint256)",
  "function swapTokensForExactETH(uint256,uint256,address[],address,uint256)",
]);
const V3 = parseAbi([
  "struct PathIn { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; }",
  "function exactInput(PathIn) payable",
  "function multicall(bytes[]) payable",
  "function sweepToken(address,uint256,address) payable",
  "function sweepTokenWithFee(address,uint256,address,uint256,address) payable",
  "function unwrapWETH9(uint256,address) payable",
  "function unwrapWETH9WithFee(uint256,address,uint256,address) payable",
]);
const ALGEBRA = parseAbi([
  "struct PathIn { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; }",
  "function exactInput(PathIn) payable",
  "function multicall(bytes[]) payable",
  "function unwrapWNativeToken(uint256,address) payable",
]);
const UNIVERSAL = parseAbi(["function execute(bytes,bytes[],uint256) payable"]);
const V2_INPUT = parseAbiParameters("address, uint256, uint256, address[], bool");
const V3_INPUT = parseAbiParameters("address, uint256, uint256, bytes, bool");
const TO_AMOUNT = parseAbiParameters("address, uint256");
const TOKEN_TO_AMOUNT = parseAbiParameters("address, address, uint256");
const PERMIT = parseAbiParameters("((address, uint160, uint48, uint48), address, uint256), bytes");
const PLAN = parseAbiParameters("bytes, bytes[]");

const ANY = (1n << 256n) - 1n;
const COINS: Address = `0x${"0".repeat(40)}`;
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
const path = (...symbols: readonly string[]): Address[] => symbols.map(token);
const alice = (): Address => stage.devnet.accounts.alice.address;
const packed = (...parts: readonly (string | number)[]): Hex =>
  concatHex(parts.map((part) => (typeof part === "string" ? token(part) : numberToHex(part, { size: 3 }))));

const v2Router = (): Address => stage.devnet.registry.v2[0]?.router ?? COINS;
const v3Router = (): Address => stage.devnet.registry.v3.router;

/** The reason, after prediction and chain have agreed on all of it. */
const v2 = (data: Hex) => stage.check("V2", { to: v2Router(), data, gas: GAS });
const v3 = (...calls: readonly Hex[]) => {
  const data = encodeFunctionData({ abi: V3, functionName: "multicall", args: [calls] });
  return stage.check("V3", { to: v3Router(), data, gas: GAS });
};

test("a V2 router refuses the coins that it sends itself", async () => {
  const way = path("USDC.e", "WPOL");
  const give = (to: Address) =>
    encodeFunctionData({
      abi: V2,
      functionName: "swapExactTokensForETH",
      args: [worth("USDC.e", 100), 0n, way, to, FAR_DEADLINE],
    });
  const get = (to: Address) =>
    encodeFunctionData({
      abi: V2,
      functionName: "swapTokensForExactETH",
      args: [worth("WPOL", 100), ANY, way, to, FAR_DEADLINE],
    });
  for (const call of [give, get]) {
    expect(await v2(call(alice()))).toBeNull();
    expect(await v2(call(v2Router()))).toBe("TransferHelper: ETH_TRANSFER_FAILED");
  }
});

test("whether a token on its way takes coins, a V2 router's pair does not mind and we do not know", async () => {
  const [usdc, weth, pol] = path("USDC.e", "WETH", "WPOL");
  if (usdc === undefined || weth === undefined || pol === undefined) throw new Error("no such tokens");
  for (const to of [weth, pol]) {
    const args = [worth("USDC.e", 100), 0n, [usdc, weth, pol], to, FAR_DEADLINE] as const;
    const data = encodeFunctionData({ abi: V2, functionName: "swapExactTokensForETH", args });
    const predicted = stage.predict({ from: alice(), to: v2Router(), value: 0n, input: data });
    if (typeof predicted === "string") throw new Error(predicted);
    expect(predicted.reverts).toBeNull();
    expect(predicted.effects.map(({ estimate }) => estimate)).toEqual([true, true]);
    // The local chain's tokens take none.
    expect((await stage.mine({ to: v2Router(), data, gas: GAS })).ok).toBe(false);
  }
});

test("SwapRouter and Algebra's refuse them too, and a fee to itself stays where it is", async () => {
  const kept = encodeFunctionData({
    abi: V3,
    functionName: "exactInput",
    args: [
      {
        path: packed("USDC", 500, "WPOL"),
        recipient: COINS,
        deadline: FAR_DEADLINE,
        amountIn: worth("USDC", 100),
        amountOutMinimum: 0n,
      },
    ],
  });
  const unwrap = (to: Address, least = 1n) =>
    encodeFunctionData({ abi: V3, functionName: "unwrapWETH9", args: [least, to] });
  const unwrapWithFee = (feeTo: Address, least = 1n) =>
    encodeFunctionData({ abi: V3, functionName: "unwrapWETH9WithFee", args: [least, alice(), 50n, feeTo] });
  const sweepWithFee = (feeTo: Address) =>
    encodeFunctionData({
      abi: V3,
      functionName: "sweepTokenWithFee",
      args: [token("WPOL"), 1n, alice(), 50n, feeTo],
    });
  const sweep = encodeFunctionData({
    abi: V3,
    functionName: "sweepToken",
    args: [token("WPOL"), 1n, alice()],
  });
  expect(await v3(kept, unwrap(alice()))).toBeNull();
  expect(await v3(kept, unwrap(v3Router()))).toBe("STE");
  expect(await v3(kept, unwrapWithFee(SENDER))).toBeNull();
  expect(await v3(kept, unwrapWithFee(v3Router()))).toBe("STE");
  expect(await v3(kept, unwrapWithFee(SENDER, ANY))).toBe("Insufficient WETH9");
  expect(await v3(kept, sweepWithFee(v3Router()), sweep)).toBeNull();
  expect(await v3(kept, sweepWithFee(SENDER), sweep)).toBe("Insufficient token");

  const { router } = stage.devnet.registry.algebra;
  const args = {
    path: concatHex(path("USDC", "WPOL")),
    recipient: COINS,
    deadline: FAR_DEADLINE,
    amountIn: worth("USDC", 100),
    amountOutMinimum: 0n,
  };
  const swap = encodeFunctionData({ abi: ALGEBRA, functionName: "exactInput", args: [args] });
  const back = encodeFunctionData({ abi: ALGEBRA, functionName: "unwrapWNativeToken", args: [1n, router] });
  const data = encodeFunctionData({ abi: ALGEBRA, functionName: "multicall", args: [[swap, back]] });
  expect(await stage.check("Algebra", { to: router, data, gas: GAS })).toBe("STE");
});

type Command = readonly [code: number, input: Hex];
const codesOf = (commands: readonly Command[]): Hex =>
  concatHex(commands.map(([code]) => numberToHex(code, { size: 1 })));
const callOf = (commands: readonly Command[], value = 0n) => ({
  to: stage.devnet.registry.universalRouter,
  value,
  gas: GAS,
  data: encodeFunctionData({
    abi: UNIVERSAL,
    functionName: "execute",
    args: [codesOf(commands), commands.map(([, input]) => input), FAR_DEADLINE],
  }),
});
const universal = (commands: readonly Command[], value = 0n) =>
  stage.check("Universal", callOf(commands, value));
const optional = (...commands: readonly Command[]): Command => [
  0xa1,
  encodeAbiParameters(PLAN, [codesOf(commands), commands.map(([, input]) => input)]),
];

const v2In = (given: bigint, way: Address[], { to = SENDER, least = 0n, user = true } = {}): Command => [
  0x08,
  encodeAbiParameters(V2_INPUT, [to, given, least, way, user]),
];
const v2Out = (wanted: bigint, way: Address[]): Command => [
  0x09,
  encodeAbiParameters(V2_INPUT, [SENDER, wanted, ANY, way, true]),
];
const v3In = (given: bigint, way: Hex, { to = SENDER, user = true } = {}): Command => [
  0x00,
  encodeAbiParameters(V3_INPUT, [to, given, 0n, way, user]),
];
const three = (code: number, one: Address, to: Address, amount: bigint): Command => [
  code,
  encodeAbiParameters(TOKEN_TO_AMOUNT, [one, to, amount]),
];
const two = (code: number, to: Address, amount: bigint): Command => [
  code,
  encodeAbiParameters(TO_AMOUNT, [to, amount]),
];

test("Universal Router refuses them, but for what it unwraps to keep it", async () => {
  const value = worth("WPOL", 10);
  const swap = v2In(worth("USDC", 50), path("USDC", "WPOL"));
  expect(await universal([three(0x04, COINS, ITSELF, 0n), swap], value)).toBe("ETH_TRANSFER_FAILED");
  expect(await universal([three(0x04, COINS, ITSELF, 0n), swap])).toBeNull();
  expect(await universal([three(0x05, COINS, ITSELF, value / 2n), swap], value)).toBe("ETH_TRANSFER_FAILED");
  expect(await universal([three(0x05, COINS, ITSELF, 0n), swap])).toBe("ETH_TRANSFER_FAILED");
  expect(await universal([three(0x06, COINS, ITSELF, 25n), swap], value)).toBe("ETH_TRANSFER_FAILED");
  const kept = v2In(worth("USDC", 50), path("USDC", "WPOL"), { to: ITSELF });
  expect(
    await universal([kept, two(0x0c, ITSELF, 1n), three(0x04, COINS, SENDER, worth("WPOL", 40))]),
  ).toBeNull();
});

test("Universal Router pays an exact output with what it has just received", async () => {
  const out = [
    0x01,
    encodeAbiParameters(V3_INPUT, [
      ITSELF,
      worth("WETH", 100),
      ANY,
      // Reversed, as exact outputs are.
      packed("WETH", 500, "WPOL", 500, "USDC", 500, "WETH"),
      false,
    ]),
  ] as const;
  const pull = three(0x02, token("WETH"), ITSELF, worth("WETH", 5));
  expect(await universal([pull, out, three(0x04, token("WETH"), SENDER, 0n)])).toBeNull();
  expect(await universal([out, three(0x04, token("WETH"), SENDER, 0n)])).toBe("TRANSFER_FAILED");
});

test("Universal Router's V2 library sells nothing for one unit", async () => {
  expect(await universal([v2Out(0n, path("USDC", "WPOL"))])).toBeNull();
  expect(await universal([v2Out(0n, path("USDC", "WETH", "WPOL"))])).toBeNull();
});

const permit = (one: Address, amount: bigint, { deadline = FAR_DEADLINE, expiration = 2 ** 40 } = {}): Hex =>
  encodeAbiParameters(PERMIT, [
    [[one, amount, expiration, 0], stage.devnet.registry.universalRouter, deadline],
    "0x1234",
  ]);
const PAST = 1_600_000_000n;
const WITHOUT_END = (1n << 160n) - 1n;

test("a permit that is too late, too short or too small fails where Permit2 finds out", async () => {
  const usdc = token("USDC");
  const amount = worth("USDC", 50);
  const swap = v2In(amount, path("USDC", "WPOL"));
  expect(await universal([[0x0a, permit(usdc, amount, { deadline: PAST })], swap])).toBe("SignatureExpired");
  expect(await universal([[0x0a, permit(usdc, amount, { expiration: Number(PAST) })], swap])).toBe(
    "AllowanceExpired",
  );
  expect(await universal([[0x0a, permit(usdc, amount - 1n)], swap])).toBe("InsufficientAllowance");
  expect(await universal([[0x0a, permit(usdc, amount)], swap, swap])).toBe("InsufficientAllowance");
  expect(
    await universal([
      [0x0a, permit(usdc, amount)],
      three(0x02, usdc, SENDER, 1n),
      v3In(amount, packed("USDC", 500, "WPOL")),
    ]),
  ).toBe("InsufficientAllowance");
  expect(
    await universal([
      optional([0x0a, permit(usdc, 1n)], swap),
      v2In(worth("WETH", 50), path("WETH", "WPOL")),
    ]),
  ).toBeNull();
  expect(await universal([[0x0a, permit(usdc, WITHOUT_END)], swap, swap])).toBeNull();
});

/** As the registry and the chain know it. */
const pairOf = (a: Address, b: Address): Address => {
  const pair = [...stage.pools.values()].find(
    ({ dex, token0, token1 }) =>
      dex === "uniswap_v2" && [token0, token1].every((one) => [a, b].includes(one)),
  );
  if (pair === undefined) throw new Error("no such pair");
  return pair.address;
};

test("an optional plan that may succeed after all leaves nothing exact behind it", async () => {
  const [usdc, pol] = path("USDC", "WPOL");
  if (usdc === undefined || pol === undefined) throw new Error("no such tokens");
  const pair = pairOf(usdc, pol);
  const call = callOf([
    optional(
      three(0x02, usdc, pair, worth("USDC", 2_000)),
      v2In(worth("USDC", 1_000), [usdc, pol], { least: worth("WPOL", 1_050) }),
    ),
    v3In(worth("WETH", 100), packed("WETH", 500, "USDC")),
  ]);
  const predicted = stage.predict({ from: alice(), input: call.data, ...call });
  const moved = stage.follow(await stage.mine(call)).map(({ pool }) => pool);
  if (typeof predicted === "string") throw new Error(predicted);
  expect(moved).toContain(pair);
  expect(predicted.effects.map(({ pool }) => pool.address)).not.toContain(pair);
  expect(predicted.effects.map(({ estimate }) => estimate)).toEqual([true]);
  expect(predicted.complete).toBe(false);
});
