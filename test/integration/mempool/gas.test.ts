import { concatHex, encodeFunctionData, numberToHex, parseAbi } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { flowExample } from "../../../devnet/flow/example.ts";
import { FLOW_KINDS } from "../../../devnet/flow/kinds.ts";
import { amountWorth, tokenBySymbol } from "../../../devnet/market.ts";
import { FAR_DEADLINE } from "../../../devnet/pools.ts";
import type { Call } from "../../../devnet/signing.ts";
import type { Hex } from "../../../src/chain/types.ts";
import type { Effects } from "../../../src/mempool/effects.ts";
import { startMempoolStage } from "../../support/mempoolStage.ts";
import type { MempoolStage } from "../../support/mempoolStage.ts";

let stage: MempoolStage;
beforeAll(async () => {
  stage = await startMempoolStage();
});
afterAll(async () => await stage?.stop());

const KINDS = FLOW_KINDS.filter(({ name }) => !name.startsWith("aggregator."));
const GAS = 3_000_000n;

function example(name: string, usd: number, pools: number, gas: bigint): Call | null {
  try {
    const trader = stage.devnet.accounts.alice.address;
    return { ...flowExample(stage.devnet.market, name, { trader, usd, pools }).call, gas };
  } catch {
    return null;
  }
}

function predicted({ to, data, value = 0n }: Call, gas: bigint): Effects {
  const from = stage.devnet.accounts.alice.address;
  const told = stage.predict({ from, to, value, input: data, gas });
  if (typeof told === "string") throw new Error(told);
  return told;
}

/** With the least gas that it goes through with it is not called off; and the bound is worth having. */
async function compare(name: string, call: Call): Promise<void> {
  await stage.refreshFees();
  const least = await stage.leastGas(call);
  if (least === null) throw new Error(`${name} does not go through`);
  expect([name, predicted(call, least).reverts]).toEqual([name, null]);
  expect([name, predicted(call, least / 8n).reverts]).toEqual([name, "out of gas"]);
}

test.each(KINDS)("$name is not called off for want of gas that suffices", async ({ name }) => {
  let compared = 0;
  for (const pools of [1, 2, 3]) {
    const call = example(name, 100, pools, GAS);
    if (call === null) continue;
    await compare(`${name}, untouched`, call);
    // What a pool writes for the first time costs more: now it has.
    for (let i = 0; i < 2; i++) await stage.check(name, call);
    await compare(`${name}, used`, call);
    compared++;
  }
  expect(compared).toBeGreaterThan(0);
});

const V3 = parseAbi([
  "struct PathIn { bytes path; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; }",
  "function exactInput(PathIn) payable",
  "function multicall(bytes[]) payable",
]);

test("nor is one that gives nothing, or that finds its pools and tokens touched", async () => {
  const { registry, tokens, accounts } = stage.devnet;
  const swap = (usd: number, ...hops: readonly string[]) => {
    const parts = hops.flatMap((symbol, i): Hex[] => [
      ...(i === 0 ? [] : [numberToHex(500, { size: 3 })]),
      tokenBySymbol(tokens, symbol).address,
    ]);
    const first = tokenBySymbol(tokens, hops[0] ?? "");
    const amountIn = usd === 0 ? 1n : amountWorth(first, usd);
    const recipient = accounts.alice.address;
    const args = [
      { path: concatHex(parts), recipient, deadline: FAR_DEADLINE, amountIn, amountOutMinimum: 0n },
    ] as const;
    return encodeFunctionData({ abi: V3, functionName: "exactInput", args });
  };
  const there = swap(100, "WETH", "USDC.e");
  const cases: readonly (readonly [string, readonly Hex[]])[] = [
    ["nothing out", [swap(0, "WETH", "USDC.e")]],
    ["there and back", [swap(100, "WETH", "USDC.e", "WETH", "USDC.e", "WETH")]],
    ["a circle", [swap(100, "WETH", "WPOL", "USDC", "WETH")]],
    ["twice", [there, there]],
    ["six times", [there, there, there, there, there, there]],
    ["far and back", [swap(30_000, "WETH", "USDC.e", "WETH", "USDC.e")]],
  ];
  for (const [name, calls] of cases) {
    const data = encodeFunctionData({ abi: V3, functionName: "multicall", args: [calls] });
    const call: Call = { to: registry.v3.router, data, gas: GAS };
    await compare(`${name}, untouched`, call);
    expect(await stage.check(name, call)).toBeNull();
    await compare(`${name}, used`, call);
  }
});

test("nor is one that goes over many ticks, or through what they have left", async () => {
  for (const name of ["v3.exactInputSingle", "algebra.exactInputSingle"])
    for (const usd of [20_000, 100_000, 1_000_000]) {
      const call = example(name, usd, 1, 15_000_000n);
      if (call === null) throw new Error(`no way suits ${name}`);
      await compare(`${name} ${usd}`, call);
      expect(await stage.check(name, call)).toBeNull();
    }
});

test("a swap with too little gas reverts, and where that is not sure it is an estimate", async () => {
  for (const [gas, told] of [
    [60_000n, { reverts: "out of gas", marks: [] }],
    [90_000n, { reverts: null, marks: [true] }],
  ] as const) {
    const call = example("v2.swapExactTokensForTokens", 100, 1, gas);
    if (call === null) throw new Error("no way suits it");
    const { reverts, effects } = predicted(call, gas);
    expect({ reverts, marks: effects.map(({ estimate }) => estimate) }).toEqual(told);
    expect((await stage.mine(call)).ok).toBe(false);
  }
});
