import { array, assert, boolean, nat, property } from "fast-check";
import { expect, test } from "vitest";
import type { PoolState } from "../../../../src/amm/poolState.ts";
import type { Address, Pool } from "../../../../src/chain/types.ts";
import { resolveRoute, type NamedRoute } from "../../../../src/control/seed/resolve.ts";
import { spotRateFloat } from "../../../../src/search/rates.ts";
import { address, UNIT } from "../../../support/marketFixture.ts";
import { mixedMarket } from "../../../support/mixedMarket.ts";
import { seeded } from "../../../support/searchMarkets.ts";
import { seedStage, tokenOf } from "../../../support/seedMarket.ts";

const WPOL = address(0x10);
const USDC = address(0x20);
const WETH = address(0x30);
const DAI = address(0x40);
const TAX = address(0x50);
const TOKENS = [
  tokenOf(WPOL, "WPOL"),
  tokenOf(USDC, "USDC", 6),
  tokenOf(WETH, "WETH"),
  tokenOf(DAI, "DAI"),
  tokenOf(TAX, "TAX", 18, true),
];
const DEXES = ["quickswap_v2", "quickswap_v3", "sushiswap_v2", "uniswap_v3"];

const pool = (n: number, dex: string, token0: Address, token1: Address): Pool => ({
  address: address(n),
  kind: "v2",
  dex,
  token0,
  token1,
});
const state = (reserve0: bigint, reserve1: bigint, feePpm = 3000): PoolState => ({
  kind: "v2",
  feePpm,
  reserve0,
  reserve1,
});

const entry = (which: Pool, reserve0 = 1000n * UNIT, reserve1 = 1000n * UNIT, feePpm = 3000) => ({
  pool: which,
  state: state(reserve0, reserve1, feePpm),
});
const ENTRIES = [
  entry(pool(1, "quickswap_v2", WPOL, USDC)),
  entry(pool(2, "sushiswap_v2", WPOL, USDC), 1000n * UNIT, 1010n * UNIT),
  // Three of one exchange: a dust pool with a wonderful price, and two tiers.
  entry(pool(3, "uniswap_v3", USDC, WETH), UNIT, 2n * UNIT),
  entry(pool(4, "uniswap_v3", USDC, WETH), 1000n * UNIT, 1000n * UNIT, 500),
  entry(pool(5, "uniswap_v3", USDC, WETH), 2000n * UNIT, 2000n * UNIT, 3000),
  entry(pool(6, "quickswap_v3", WPOL, WETH)),
  entry(pool(7, "sushiswap_v2", WETH, DAI)),
  entry(pool(8, "quickswap_v2", TAX, WPOL)),
  { pool: pool(9, "quickswap_v2", USDC, DAI), state: null },
];

const stage = (entries = ENTRIES) =>
  seedStage({ tokens: TOKENS, dexes: DEXES, bases: [WPOL, USDC], usd: [USDC], entries });
const { ports } = stage();
/** Numbers of the pools, negative where they are crossed from token1 to token0; or the code of the refusal. */
const resolved = (route: NamedRoute, at = ports) => {
  const answer = resolveRoute(route, at);
  if (!answer.ok) return answer.code;
  return answer.hops.map((hop) => Number(hop.pool) * (hop.zeroForOne ? 1 : -1));
};

test("a closed path crosses a pool of each hop's exchange, by symbols, addresses and short names", () => {
  const dexes = ["quick", "UniswapV3", "QUICKSWAP"];
  expect(resolved({ path: ["matic", "usdc", WETH.toUpperCase().replace("0X", "0x"), WPOL], dexes })).toEqual([
    1, 4, -6,
  ]);
});

test("among several pools the best rate after fees is taken, a dust pool's left out", () => {
  expect(resolved({ path: ["USDC", "WETH", "WPOL"], dexes: ["uniswap_v3", "quickswap", "sushi"] })).toEqual([
    4, -6, 2,
  ]);
  expect(resolved({ path: ["WPOL", "USDC", "WPOL"] })).toEqual([2, -1]);
});

test("an open path is closed on one of its exchanges, else by any pool", () => {
  expect(resolved({ path: ["WPOL", "USDC"], dexes: ["quickswap_v2"] })).toEqual([1, -2]);
  expect(resolved({ path: ["WPOL", "USDC"], dexes: ["quickswap", "sushiswap"] })).toEqual([1, -2]);
  expect(resolved({ path: ["WPOL", "USDC", "WETH"], dexes: ["sushi", "uniswap"] })).toEqual([2, 4, -6]);
  expect(resolved({ path: ["WPOL", "WETH"], dexes: ["quickswap"] })).toBe("not_a_cycle");
  expect(resolved({ path: ["WPOL", "USDC", "WETH", "DAI"] })).toBe("not_a_cycle");
});

test("there and back never uses one pool twice, whatever the order of the exchanges", () => {
  expect(resolved({ path: ["WPOL", "USDC", "WPOL"], dexes: ["sushi", "sushi"] })).toBe("unknown_pool");
  const both = stage([
    entry(pool(1, "quickswap_v2", WPOL, USDC), 1000n * UNIT, 1100n * UNIT),
    entry(pool(2, "quickswap_v3", WPOL, USDC)),
  ]).ports;
  expect(resolved({ path: ["WPOL", "USDC", "WPOL"], dexes: ["quickswap", "quickswap_v2"] }, both)).toEqual([
    2, -1,
  ]);
  expect(resolved({ path: ["WPOL", "USDC", "WPOL"], dexes: ["quickswap_v2", "quickswap"] }, both)).toEqual([
    1, -2,
  ]);
});

test("pools are crossed from their start, or without one the way that pays more", () => {
  const pools = [1, 2].map(address);
  expect(resolved({ pools, start: "WPOL" })).toEqual([1, -2]);
  expect(resolved({ pools, start: "USDC" })).toEqual([-1, 2]);
  expect(resolved({ pools })).toEqual([-1, 2]);
  expect(resolved({ pools: [5, 6, 1].map(address) })).toEqual([5, -6, 1]);
  expect(resolved({ pools: [5, 6, 1].map(address), start: "WETH" })).toBe("not_a_cycle");
  expect(resolved({ pools: [5, 6, 7].map(address) })).toBe("not_a_cycle");
  expect(resolved({ pools: [1, 1].map(address) })).toBe("repeated");
  expect(resolved({ pools: [1, 77].map(address) })).toBe("unknown_pool");
  expect(resolved({ pools: [1].map(address) })).toBe("too_short");
  expect(resolved({ pools: [1, 8].map(address) })).toBe("unknown_pool");
});

test("what cannot be meant is refused with a code", () => {
  expect(resolved({ path: ["WPOL", "DOGE"] })).toBe("unknown_token");
  expect(resolved({ path: ["WPOL", address(0x99)] })).toBe("unknown_token");
  expect(resolved({ path: ["WPOL", "TAX"] })).toBe("taxed_token");
  expect(resolved({ path: ["WPOL", "USDC"], dexes: ["curve"] })).toBe("unknown_dex");
  expect(resolved({ path: ["WPOL", "USDC", "WETH", "WPOL"], dexes: ["sushi", "sushi"] })).toBe("bad_dexes");
  expect(resolved({ path: ["WPOL", "WPOL"] })).toBe("too_short");
  expect(resolved({})).toBe("too_short");
  expect(resolved({ path: ["WPOL", "USDC", "WPOL", "WETH"] })).toBe("repeated");
  expect(resolved({ path: Array.from({ length: 8 }, () => "WPOL") })).toBe("too_long");
  expect(resolved({ path: ["WPOL", "USDC", "DAI", "WETH", "WPOL"], dexes: ["sushi"] })).toBe("unknown_pool");
});

test("pools that come and go with a load are seen with the next route", () => {
  const { ports: live, load } = stage(ENTRIES.slice(1));
  expect(resolved({ path: ["WPOL", "USDC", "WPOL"] }, live)).toBe("unknown_pool");
  load([...ENTRIES.slice(0, 1), ...ENTRIES.slice(2)]);
  expect(resolved({ path: ["WPOL", "USDC", "WPOL"] }, live)).toBe("unknown_pool");
  expect(resolved({ path: ["WPOL", "USDC", "WETH"], dexes: ["quickswap", "uniswap"] }, live)).toEqual([
    1, 4, -6,
  ]);
  load(ENTRIES);
  expect(resolved({ path: ["WPOL", "USDC", "WPOL"] }, live)).toEqual([2, -1]);
});

test("any route of known pools resolves to a simple cycle through its tokens, each pool once", () => {
  const market = mixedMarket(seeded(5), { tokens: 12, pools: 90, bases: 3, spread: 0.01 });
  const tokens = Array.from({ length: 12 }, (_, i) => tokenOf(address(0xa0 + i), `T${i}`));
  const { ports: mixed } = seedStage({
    tokens,
    dexes: ["quickswap_v2"],
    bases: market.bases,
    usd: [],
    entries: market.pools.map((one) => ({ pool: one, state: market.view.stateOf(one.address) })),
  });
  const pathOf = array(nat(11), { minLength: 1, maxLength: 8 });
  let cycles = 0;
  assert(
    property(pathOf, boolean(), (numbers, closed) => {
      const path = [...numbers, ...(closed ? numbers.slice(0, 1) : [])].map((n) => `t${n}`);
      const answer = resolveRoute({ path, dexes: ["quickswap"] }, mixed);
      if (!answer.ok) return;
      cycles++;
      const hops = answer.hops.map(({ pool: at, zeroForOne }) => {
        const found = mixed.market.pools.get(at);
        const [from, to] = [found?.token0, found?.token1];
        return zeroForOne ? { at, from, to } : { at, from: to, to: from };
      });
      expect(new Set(hops.map(({ at }) => at)).size).toBe(hops.length);
      expect(hops.map(({ from }) => from)).toEqual(
        path.slice(0, hops.length).map((name) => address(0xa0 + Number(name.slice(1)))),
      );
      expect(hops.map(({ to }) => to)).toEqual(
        [...hops.slice(1), ...hops.slice(0, 1)].map(({ from }) => from),
      );
    }),
    { numRuns: 2000 },
  );
  expect(cycles).toBeGreaterThan(300);
});

test("the way that is taken without a start is the better one", () => {
  for (const pools of [
    [1, 2],
    [2, 1],
    [4, 5],
  ]) {
    const answer = resolveRoute({ pools: pools.map(address) }, ports);
    const rate = (turned: boolean) =>
      (answer.ok ? answer.hops : []).reduce(
        (product, hop) => product * spotRateFloat(ports.market.stateOf(hop.pool), hop.zeroForOne !== turned),
        1,
      );
    expect(rate(false)).toBeGreaterThanOrEqual(rate(true));
  }
});
