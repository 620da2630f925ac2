import { decodeEventLog, decodeFunctionResult, encodeFunctionData, parseAbi, toEventSelector } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startDevnet, type Devnet } from "../../../devnet/devnet.ts";
import { HexText, quantity, word } from "../../../devnet/hex.ts";
import type { DevPool } from "../../../devnet/pools.ts";
import type { ConcentratedState, PoolState } from "../../../src/amm/poolState.ts";
import { loadRegistry } from "../../../src/chain/registry.ts";
import type { Address, BlockHeader } from "../../../src/chain/types.ts";
import { fromDecimal } from "../../../src/chain/units.ts";
import type { DiscoveryOptions, Rejected } from "../../../src/feed/pools/discover.ts";
import { createPoolLoader } from "../../../src/feed/pools/poolLoader.ts";

const registry = loadRegistry(137);
const never = new AbortController().signal;

const POOL = parseAbi([
  "function getReserves() view returns (uint112, uint112, uint32)",
  "function slot0() view returns (uint160, int24, uint16, uint16, uint16, uint8, bool)",
  "function globalState() view returns (uint160, int24, uint16, uint16, uint8, uint8, bool)",
  "function liquidity() view returns (uint128)",
]);
// One form for Uniswap V3 and Algebra v1.1.
const MINT = parseAbi([
  "event Mint(address sender, address indexed owner, int24 indexed bottom, int24 indexed top, uint128 liquidity, uint256 amount0, uint256 amount1)",
]);
const logs = z.array(z.object({ topics: z.tuple([HexText, HexText, HexText, HexText]), data: HexText }));

let devnet: Devnet;

beforeAll(async () => {
  devnet = await startDevnet();
}, 120_000);
afterAll(async () => {
  await devnet.stop();
});

interface Narrowing extends Partial<DiscoveryOptions> {
  readonly minDepthFloat?: number;
}

/** Loads at the present head, as the daemon would with all of the registry unless narrowed. */
async function load({ minDepthFloat = 0, ...narrowed }: Narrowing = {}) {
  const rejected: Rejected[] = [];
  const tokens = [...registry.tokens.values()].filter(({ taxed }) => !taxed).map(({ address }) => address);
  const loader = createPoolLoader(
    {
      discovery: { dexes: registry.dexes, tokens, allowPools: [], denyPools: [], ...narrowed },
      multicall: {
        multicall3: registry.multicall3,
        maxAnswerBytes: 90_000,
        concurrency: 4,
        timeoutMs: 10_000,
      },
      wrappedNative: registry.native.wrapped,
      minDepthFloat,
      blockSeconds: 2,
    },
    { rpc: { request: devnet.rpc }, onRejected: (found) => rejected.push(...found) },
  );
  const block: BlockHeader = { ...devnet.head(), gasLimit: 0n, gasUsed: 0n, logsBloom: "0x" };
  const pools = await loader.load(block, never);
  return {
    loader,
    block,
    rejected,
    pools,
    states: new Map(pools.map(({ pool, state }) => [pool.address, state])),
  };
}

async function ask(pool: Address, functionName: "getReserves" | "slot0" | "globalState" | "liquidity") {
  const data = encodeFunctionData({ abi: POOL, functionName });
  const answer = HexText.parse(await devnet.rpc("eth_call", [{ to: pool, data }, "latest"]));
  const decoded: unknown = decodeFunctionResult({ abi: POOL, functionName, data: answer });
  return z.array(z.unknown()).parse(Array.isArray(decoded) ? decoded : [decoded]);
}

/** Net and gross liquidity of every tick, summed from the positions that were ever minted (none was burnt). */
async function ticksOf(pool: Address): Promise<readonly (readonly [number, bigint, bigint])[]> {
  const filter = { address: pool, fromBlock: "0x0", toBlock: "latest", topics: [toEventSelector(MINT[0])] };
  const ticks = new Map<number, { net: bigint; gross: bigint }>();
  for (const log of logs.parse(await devnet.rpc("eth_getLogs", [filter]))) {
    const { bottom, top, liquidity } = decodeEventLog({ abi: MINT, ...log }).args;
    for (const [tick, sign] of [
      [bottom, 1n],
      [top, -1n],
    ] as const) {
      const { net, gross } = ticks.get(tick) ?? { net: 0n, gross: 0n };
      ticks.set(tick, { net: net + sign * liquidity, gross: gross + liquidity });
    }
  }
  return [...ticks]
    .map(([tick, { net, gross }]) => [tick, net, gross] as const)
    .toSorted((a, b) => a[0] - b[0]);
}

const tableOf = ({ ticks }: ConcentratedState) =>
  [...(ticks?.indexes ?? [])].map((tick, i) => [tick, ticks?.liquidityNet[i], ticks?.liquidityGross?.[i]]);

/** What the chain says of the pool, in the form of our state; `ticks` as `tableOf` gives them. */
async function truthOf({ address, kind, feePpm }: DevPool) {
  if (kind === "v2") {
    const [reserve0, reserve1] = await ask(address, "getReserves");
    return { kind, feePpm, reserve0, reserve1 };
  }
  const [sqrtPriceX96, tick, fee] = await ask(address, kind === "v3" ? "slot0" : "globalState");
  const [liquidity] = await ask(address, "liquidity");
  const ticks = await ticksOf(address);
  return { kind, feePpm: kind === "v3" ? feePpm : fee, sqrtPriceX96, tick, liquidity, ticks };
}

function seenOf(state: PoolState | null | undefined) {
  if (state?.kind !== "v3" && state?.kind !== "algebra") return state;
  const { tickSpacing: _constant, ...rest } = state;
  return { ...rest, ticks: tableOf(state) };
}

const factsOf = ({ address, kind, dex, token0, token1 }: DevPool) => ({
  address,
  kind,
  dex,
  token0,
  token1,
});
const byAddress = (a: { address: string }, b: { address: string }): number =>
  a.address < b.address ? -1 : 1;
const addresses = (pools: readonly { readonly address: Address }[]): readonly Address[] =>
  pools.map(({ address }) => address).toSorted();

test("every pool of the chain is found, and its state is the chain's, all ticks included", async () => {
  const { pools, states, rejected } = await load();
  expect(rejected).toEqual([]);
  expect(pools.map(({ pool }) => pool).toSorted(byAddress)).toEqual(
    devnet.pools.map((pool) => factsOf(pool)).toSorted(byAddress),
  );
  let ticks = 0;
  for (const pool of devnet.pools) {
    const truth = await truthOf(pool);
    ticks += truth.ticks?.length ?? 0;
    expect(seenOf(states.get(pool.address))).toEqual(truth);
  }
  // Three positions a concentrated pool.
  expect(ticks).toBeGreaterThanOrEqual(6 * devnet.pools.filter(({ kind }) => kind !== "v2").length);
});

test("a pool is read again alone; one that is not followed is left out", async () => {
  const [first, second] = devnet.pools;
  if (first === undefined || second === undefined) throw new Error("no pools");
  const { loader, block } = await load({ allowPools: [first.address] });
  const again = await loader.read([first.address, second.address], block.hash, never);
  expect(again).toHaveLength(1);
  expect(seenOf(again[0]?.state)).toEqual(await truthOf(first));
});

test("exchanges, tokens, allowed and denied pools narrow what is loaded", async () => {
  const loaded = async (narrowed: Narrowing) =>
    addresses((await load(narrowed)).pools.map(({ pool }) => pool));
  const sushi = registry.dexes.filter(({ name }) => name === "sushiswap_v2");
  expect(await loaded({ dexes: sushi })).toEqual(
    addresses(devnet.pools.filter(({ dex }) => dex === "sushiswap_v2")),
  );
  const [first, second, ...others] = addresses(devnet.pools);
  if (first === undefined || second === undefined) throw new Error("no pools");
  expect(await loaded({ allowPools: [first, second] })).toEqual([first, second]);
  expect(await loaded({ allowPools: [first, second], denyPools: [first] })).toEqual([second]);
  expect(await loaded({ denyPools: [first, second] })).toEqual(others);
  const pair = [registry.native.wrapped, ...registry.usd.slice(0, 1)];
  expect(await loaded({ tokens: pair })).toEqual(
    addresses(devnet.pools.filter(({ token0, token1 }) => pair.includes(token0) && pair.includes(token1))),
  );
});

const isDeep = ({ usd }: DevPool): boolean => usd > 155_000;

test("a minimum depth leaves out the shallow ones", async () => {
  // WPOL stands at 24 cents: 155 thousand dollars a side, between the pools of 150 and those of 160.
  const minDepthFloat = Number(fromDecimal("645833", 18));
  const { states } = await load({ minDepthFloat });
  const v2 = devnet.pools.filter(({ kind }) => kind === "v2");
  expect(addresses(v2.filter(({ address }) => states.has(address)))).toEqual(addresses(v2.filter(isDeep)));
  // A concentrated pool is deeper at its price than its money says: more of them may stay, never fewer.
  expect(devnet.pools.filter((pool) => isDeep(pool) && !states.has(pool.address))).toEqual([]);
});

test("pools that are not what their factory says are refused, with the reason", async () => {
  const find = (dex: string, symbols: string, feePpm?: number): Address => {
    const found = devnet.pools.find(
      (pool) =>
        pool.dex === dex &&
        pool.symbols.toSorted().join() === symbols &&
        (feePpm === undefined || pool.feePpm === feePpm),
    );
    if (found === undefined) throw new Error(`no ${symbols} on ${dex}`);
    return found.address;
  };
  const swapped = find("quickswap_v2", "WETH,WPOL");
  const foreign = find("sushiswap_v2", "WETH,WPOL");
  const empty = find("uniswap_v2", "WETH,WPOL");
  const otherTier = find("uniswap_v3", "WETH,WPOL", 3000);
  const slot = (pool: Address, index: number) =>
    devnet.rpc("eth_getStorageAt", [pool, quantity(index), "latest"]);
  const set = (pool: Address, index: number, content: unknown) =>
    devnet.rpc("anvil_setStorageAt", [pool, word(index), content]);
  // UniswapV2Pair keeps its factory in slot 5 and its tokens in 6 and 7.
  const [token0, token1] = [await slot(swapped, 6), await slot(swapped, 7)];
  await set(swapped, 6, token1);
  await set(swapped, 7, token0);
  await set(foreign, 5, word(1));
  await devnet.rpc("anvil_setCode", [empty, "0x"]);
  const code = await devnet.rpc("eth_getCode", [find("uniswap_v3", "WETH,WPOL", 500), "latest"]);
  await devnet.rpc("anvil_setCode", [otherTier, code]);
  await devnet.build();

  const { pools, rejected } = await load();
  const why = new Map(rejected.map((pool) => [pool.address, pool.why]));
  expect(why.size).toBe(4);
  expect(why.get(swapped)).toBe("its tokens are others, or in another order");
  expect(why.get(foreign)).toMatch(/^its factory is 0x0{39}1, not 0x/);
  expect(why.get(empty)).toMatch(/^its factory is not told, not 0x/);
  expect(why.get(otherTier)).toBe("its tick spacing is 10, not 60");
  expect(pools).toHaveLength(devnet.pools.length - 4);
  expect(pools.filter(({ pool }) => why.has(pool.address))).toEqual([]);
});
