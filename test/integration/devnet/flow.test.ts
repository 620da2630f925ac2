import { encodeAbiParameters, encodePacked, getContractAddress, keccak256 } from "viem";
import type { Hex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DevReceipt } from "../../../devnet/block.ts";
import { startDevnet } from "../../../devnet/devnet.ts";
import type { Devnet } from "../../../devnet/devnet.ts";
import { flowExample } from "../../../devnet/flow/example.ts";
import { FLOW_KINDS } from "../../../devnet/flow/kinds.ts";
import { poolOf } from "../../../devnet/flow/order.ts";
import type { Bound, FlowKind } from "../../../devnet/flow/order.ts";
import { HexText } from "../../../devnet/hex.ts";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Call } from "../../../devnet/signing.ts";

const USD = 900;
const PAST = 1_600_000_000n;
const SWAPS = new Set<string>([
  // Uniswap V2, then Uniswap V3 and Algebra.
  "0xd78ad95fa46c994b6551d0da85fc275fe613ce37657fb8d5e3d130840159d822",
  "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67",
]);

let devnet: Devnet;
beforeAll(async () => {
  devnet = await startDevnet();
});
afterAll(() => devnet.stop());

async function mined(call: Call): Promise<DevReceipt> {
  const hash = await devnet.transact(devnet.accounts.alice, call);
  const block = await devnet.build();
  const receipt = block.transactions.find((one) => one.hash === hash);
  if (receipt === undefined) throw new Error(`${hash} was not mined`);
  return receipt;
}

const example = (name: string, pools: number, more: { bound?: Bound; deadline?: bigint } = {}) =>
  flowExample(devnet.market, name, { usd: USD, trader: devnet.accounts.alice.address, pools, ...more });

/** How many pools a way of this kind can have. */
const lengthsOf = ({ name }: FlowKind): readonly number[] =>
  [1, 2, 3].filter((pools) => {
    try {
      return example(name, pools).order.hops.length === pools;
    } catch {
      return false;
    }
  });

const create2 = ({ factory, initCodeHash }: { factory: Hex; initCodeHash: Hex }, salt: Hex): string =>
  getContractAddress({ opcode: "CREATE2", from: factory, salt, bytecodeHash: initCodeHash }).toLowerCase();

const words = (...values: readonly (Hex | bigint)[]): string =>
  values.map((one) => BigInt(one).toString(16).padStart(64, "0")).join("");

const balance = async (token: Hex, holder: Hex): Promise<bigint> => {
  const data: Hex = `0x70a08231${holder.slice(2).padStart(64, "0")}`;
  return BigInt(HexText.parse(await devnet.rpc("eth_call", [{ to: token, data }, "latest"])));
};

test("every kind trades at the pools of its way and leaves nothing in the router", async () => {
  for (const kind of FLOW_KINDS) {
    const lengths = lengthsOf(kind);
    expect(lengths).not.toEqual([]);
    for (const pools of lengths) {
      const { order, call } = example(kind.name, pools);
      const { ok, gasUsed, logs } = await mined(call);
      const swapped = logs.filter(({ topics }) => SWAPS.has(topics[0] ?? "")).map(({ address }) => address);
      const way = order.hops.map(({ venue }) => poolOf(devnet.market, venue));
      const router = call.to ?? "0x";
      const left = await Promise.all(order.path.map((token) => balance(token, router)));
      const native = await devnet.rpc("eth_getBalance", [router, "latest"]);
      const row = { kind: kind.name, pools, ok, missed: way.filter((pool) => !swapped.includes(pool)) };
      expect({ ...row, swaps: swapped.length, left, native }).toEqual({
        kind: kind.name,
        pools,
        ok: true,
        missed: [],
        // A split trades at a second pool of the same pair.
        swaps: kind.name === "universal.split" ? 2 : pools,
        left: order.path.map(() => 0n),
        native: "0x0",
      });
      expect(Number(gasUsed)).toBeLessThan(Number(call.gas) * 0.95);
    }
  }
});

/** Kinds whose transaction was mined without a revert, or left a log behind. */
async function survivors(
  kinds: readonly FlowKind[],
  more: { bound?: Bound; deadline?: bigint },
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const kind of kinds) {
    const [pools = 1] = lengthsOf(kind);
    const { ok, logs } = await mined(example(kind.name, pools, more).call);
    if (ok || logs.length > 0) names.push(kind.name);
  }
  return names;
}

test("every kind reverts on a bound that the market cannot meet", async () => {
  expect(await survivors(FLOW_KINDS, { bound: "impossible" })).toEqual([]);
});

test("every kind with a deadline reverts after it", async () => {
  const kinds = FLOW_KINDS.filter(({ hasDeadline }) => hasDeadline);
  expect(await survivors(kinds, { deadline: PAST })).toEqual([]);
});

test("the Universal Router, Permit2 and the aggregator stand at their places", async () => {
  const { universalRouter, permit2, aggregator } = devnet.registry;
  expect([universalRouter, permit2, aggregator]).toEqual([
    "0x1095692a6237d83c6a72f3f5efedb9a670c49223",
    "0x000000000022d473030f116ddee9f6b43ac78ba3",
    "0x111111125421ca6dc452d289314280a0f8842a65",
  ]);
  const codes = [universalRouter, permit2, aggregator].map((at) => devnet.rpc("eth_getCode", [at, "latest"]));
  const lengths = (await Promise.all(codes)).map((code) => HexText.parse(code).length);
  expect(Math.min(...lengths)).toBeGreaterThan(1000);
});

test("the product's registry says of the planted routers what they are", () => {
  const { routers } = loadRegistry(137);
  const { universalRouter, swapRouter02, aggregator, uniswapV2, v3 } = devnet.registry;
  const at = (address: Hex) => routers.find((router) => router.address === address);
  const pools = { dexV2: uniswapV2.name, dexV3: v3.name };
  expect(at(universalRouter)).toMatchObject({ family: "universal", hopPrices: false, ...pools });
  expect(at(swapRouter02)).toMatchObject({ family: "router02", ...pools });
  expect(at(aggregator)).toMatchObject({ family: "opaque" });
});

test("pools of Uniswap V2 and V3 are where the registry's init-code hashes put them", () => {
  const { uniswapV2, v3 } = devnet.registry;
  const types = [{ type: "address" }, { type: "address" }, { type: "uint24" }] as const;
  const pools = devnet.pools.filter(({ dex }) => dex === uniswapV2.name || dex === v3.name);
  const computed = pools.map(({ dex, token0, token1, feePpm }) =>
    dex === uniswapV2.name
      ? create2(uniswapV2, keccak256(encodePacked(["address", "address"], [token0, token1])))
      : create2(v3, keccak256(encodeAbiParameters(types, [token0, token1, feePpm ?? 0]))),
  );
  expect(computed).toEqual(pools.map(({ address }) => address));
  expect(pools.length).toBe(19);
});

test("Permit2 holds to its allowances: amount and expiry", async () => {
  const { alice, bob } = devnet.accounts;
  const { permit2, wrapped } = devnet.registry;
  // approve(token, spender, amount, expiration), then transferFrom(from, to, amount, token) by the spender.
  const approve = async (amount: bigint, expiration: bigint): Promise<void> => {
    const data: Hex = `0x87517c45${words(wrapped, bob.address, amount, expiration)}`;
    await devnet.transact(alice, { to: permit2, data, gas: 100_000n });
    await devnet.build();
  };
  const take = async (amount: bigint): Promise<boolean> => {
    const data: Hex = `0x36c78516${words(alice.address, bob.address, amount, wrapped)}`;
    await devnet.transact(bob, { to: permit2, data, gas: 150_000n });
    return (await devnet.build()).transactions[0]?.ok === true;
  };
  expect(await take(1n)).toBe(false);
  await approve(10n, PAST);
  expect(await take(1n)).toBe(false);
  await approve(10n, 2n ** 48n - 1n);
  expect([await take(6n), await take(6n), await take(4n)]).toEqual([true, false, true]);
});
