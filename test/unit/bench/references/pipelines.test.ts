import { decodeFunctionData, parseTransaction } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { expect, test } from "vitest";
import { generateMarket } from "../../../../bench/market/generate.ts";
import type { BenchBlock, LivingMarket } from "../../../../bench/market/types.ts";
import { createJsonDecoder } from "../../../../bench/references/decodePeers.ts";
import { createNaiveRescan } from "../../../../bench/references/naiveRescan.ts";
import { createStock3 } from "../../../../bench/references/stock3.ts";
import { createStrong3 } from "../../../../bench/references/strong3.ts";
import type {
  PeerBest,
  PeerWallet,
  ThreeHopPipeline,
} from "../../../../bench/references/threeHopPipeline.ts";
import { executorAbi } from "../../../../src/chain/executorAbi.ts";
import type { Hex } from "../../../../src/chain/types.ts";
import { loadFlashbots } from "../../../../bench/references/flashbotsLibrary.ts";
import { createSearch } from "../../../../src/search/search.ts";
import type { Opportunity } from "../../../../src/search/opportunity.ts";
import { addressOf, hashOf } from "../../../support/marketBlocks.ts";

const KEY: Hex = `0x${"42".repeat(32)}`;
const WALLET: PeerWallet = {
  privateKey: KEY,
  executor: addressOf(0xeeee),
  transaction: {
    chainId: 137,
    nonce: 9,
    gas: 600_000n,
    maxFeePerGas: 90_000_000_000n,
    maxPriorityFeePerGas: 30_000_000_000n,
  },
  maxBlock: 70_000_002n,
  parentHash: hashOf("parent"),
};

const { ethers } = loadFlashbots();

const textOf = (_: string, item: unknown) => (typeof item === "bigint" ? `${item}` : item);

const marketOf = (seed: number) => generateMarket({ seed, v2: 110, v3: 30, algebra: 10 });

/** The product's own search over the same market: its best cycle of three hops through a block's pools. */
function createOracle(market: LivingMarket): (block: BenchBlock) => Opportunity | undefined {
  const { bases, pools } = market;
  const search = createSearch({ bases, maxHops: 3, wrappedNative: bases[0] ?? "0x", isTaxed: () => false });
  search.addPools(pools);
  const ids = new Map(pools.map(({ address }, i) => [address, i]));
  const view = { stateOf: (pool: Hex) => market.stateOf(ids.get(pool) ?? -1) };
  return (block) => {
    const changed = block.changes.map(({ pool }) => pools[pool]?.address ?? "0x");
    const { opportunities } = search.run({ view, changed, atRest: false });
    return opportunities.find(({ hops }) => hops.length === 3);
  };
}

const poolsOf = (market: LivingMarket, { edges }: PeerBest) =>
  edges.map((edge) => market.pools[edge >> 1]?.address);

/** Below this (wei) one unit of a coarse token on the way may decide. */
const WORTH = 1e15;

/** Runs blocks through both: what the peer's best is worth, as a share of the search's, wherever that is worth it. */
function sharesOf(market: LivingMarket, peer: ThreeHopPipeline): readonly number[] {
  const bestThreeHops = createOracle(market);
  const shares: number[] = [];
  for (let i = 0; i < 25; i++) {
    const block = market.nextBlock(12);
    const expected = bestThreeHops(block);
    // Prices have to be those after the block, as the search's are.
    for (const { pool, state } of block.changes) peer.state.states[pool] = state;
    peer.state.refreshPrices();
    const { best } = peer.search(block.changes.map(({ frame }) => frame));
    for (const { pool, state } of block.changes) expect(peer.state.states[pool]).toEqual(state);
    if (expected === undefined || expected.profitNativeFloat < WORTH) continue;
    shares.push((best?.valueFloat ?? 0) / expected.profitNativeFloat);
    expect(best && poolsOf(market, best)).toEqual(expected.hops.map(({ pool }) => pool));
  }
  return shares;
}

test("STOCK3 finds the best cycle of three hops", () => {
  const market = marketOf(1);
  const shares = sharesOf(market, createStock3(market, WALLET));
  expect(shares.length).toBeGreaterThan(10);
  expect(Math.min(...shares)).toBeGreaterThan(0.999);
  expect(Math.max(...shares)).toBeLessThan(1 + 1e-9);
});

test.each(["each", "best"] as const)("STRONG3 (exact check of %s) finds it too", (exactCheck) => {
  const market = marketOf(1);
  const decode = createJsonDecoder(market.pools);
  const shares = sharesOf(market, createStrong3(market, { wallet: WALLET, decode, exactCheck }));
  expect(shares.length).toBeGreaterThan(10);
  expect(Math.min(...shares)).toBeGreaterThan(0.99);
  expect(Math.max(...shares)).toBeLessThan(1 + 1e-9);
});

test("frames in, a signed transaction of the best cycle out, or none below the least profit", async () => {
  const market = marketOf(2);
  const stock = createStock3(market, WALLET);
  const proud = createStock3({ ...market, minProfit: 10n ** 30n }, WALLET, stock.list);
  let signed = 0;
  for (let i = 0; i < 8; i++) {
    const { changes } = market.nextBlock(20);
    const frames = changes.map(({ frame }) => frame);
    const { raw, best, touched, survivors } = await stock.run(frames);
    expect(await proud.run(frames)).toEqual({ raw: null, best, touched, survivors });
    expect(raw !== null).toBe(best !== null && best.valueFloat >= Number(market.minProfit));
    const moved = new Set(changes.map(({ pool }) => pool));
    const through = stock.list.edges.map((edge, at) => (moved.has(edge >> 1) ? Math.floor(at / 3) : -1));
    expect(touched).toBe(new Set(through.filter((cycle) => cycle >= 0)).size);
    expect(touched).toBeGreaterThanOrEqual(survivors);
    if (raw === null || best === null) continue;
    signed++;
    const { data = "0x", to, nonce, chainId } = parseTransaction(raw);
    expect({ to, nonce, chainId }).toEqual({ to: WALLET.executor, nonce: 9, chainId: 137 });
    expect(ethers.Transaction.from(raw).from).toBe(privateKeyToAddress(KEY));
    expect(
      JSON.stringify(decodeFunctionData({ abi: executorAbi, data }).args, textOf).toLowerCase(),
    ).toContain(`"amountin":"${best.amountIn}","minprofit":"${best.profit}"`);
    for (const pool of poolsOf(market, best)) expect(data).toContain(pool?.slice(2));
  }
  expect(signed).toBeGreaterThan(0);
});

test("the naive rescan finds the best of the whole market; a sample looks at its share", () => {
  const market = generateMarket({ seed: 4, v2: 40, v3: 4, algebra: 2, tokens: 12 });
  const naive = createNaiveRescan(market);
  const block = market.nextBlock(46);
  for (const { frame } of block.changes) {
    const update = createJsonDecoder(market.pools)(frame);
    if (update !== null) naive.apply(update);
  }
  naive.state.refreshPrices();
  const { sized, best } = naive.all();
  expect(sized).toBe(naive.list.count);
  const expected = createOracle(market)(block);
  expect(expected).toBeDefined();
  expect(Number(best?.size.profit) / Number(expected?.profit)).toBeGreaterThan(0.996);
  expect(naive.sample(10).sized).toBe(10);
  expect(naive.sample(1e9).sized).toBe(sized);
});
