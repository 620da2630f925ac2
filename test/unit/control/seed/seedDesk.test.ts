import { anything, array, assert, constantFrom, oneof, property, record } from "fast-check";
import { expect, test } from "vitest";
import type { PoolState } from "../../../../src/amm/poolState.ts";
import type { Address, Pool } from "../../../../src/chain/types.ts";
import { METHODS } from "../../../../src/control/protocol.ts";
import { createSeedDesk } from "../../../../src/control/seed/seedDesk.ts";
import type { HintEvent } from "../../../../src/engine/events.ts";
import { address, UNIT } from "../../../support/marketFixture.ts";
import { seedStage, tokenOf, type SeedStage, type StageEntry } from "../../../support/seedMarket.ts";

const WPOL = address(0x10);
const USDC = address(0x20);
const WETH = address(0x30);
const DAI = address(0x40);
const TAX = address(0x50);
const TOKENS = [
  tokenOf(WPOL, "WPOL"),
  tokenOf(USDC, "USDC"),
  tokenOf(WETH, "WETH"),
  tokenOf(DAI, "DAI"),
  tokenOf(TAX, "TAX", 18, true),
];
const DEXES = ["quickswap_v2", "sushiswap_v2", "uniswap_v3"];

function entry(n: number, dex: string, pair: readonly [Address, Address], skew = 1000n): StageEntry {
  const [token0, token1] = pair;
  const pool: Pool = { address: address(n), kind: "v2", dex, token0, token1 };
  const reserve = 100_000n * UNIT;
  const state: PoolState = {
    kind: "v2",
    feePpm: 3000,
    reserve0: reserve,
    reserve1: (reserve * skew) / 1000n,
  };
  return { pool, state };
}

/** All at one price, but for the last: four hops around it earn some six percent. */
const ENTRIES = [
  entry(1, "quickswap_v2", [WPOL, USDC]),
  entry(2, "uniswap_v3", [USDC, WETH]),
  entry(3, "sushiswap_v2", [WETH, DAI]),
  entry(4, "quickswap_v2", [WPOL, DAI], 920n),
  entry(5, "sushiswap_v2", [WPOL, USDC]),
];
const ROUTE = {
  token_in: "WPOL",
  token_out: "DAI",
  amount: "100",
  path: ["WMATIC", "USDC", "WETH", "DAI"],
  dexes: ["quickswap", "uniswap", "sushi", "quickswap"],
};

function deskOver(entries: readonly StageEntry[] = ENTRIES) {
  let time = 1000;
  const clock = { now: () => 1_700_000_000_000, monotonic: () => (time += 0.25) };
  const stage = seedStage({ tokens: TOKENS, dexes: DEXES, bases: [WPOL, USDC], usd: [USDC], entries });
  return { stage, desk: createSeedDesk(stage.ports, { clock }) };
}

const asks = ({ events }: SeedStage): readonly HintEvent[] =>
  events.flatMap((event) => (event.type === "hint" ? [event] : []));

test("a route that pays is sized, sent, and answered in the seed's fields beside the exact ones", () => {
  const { desk, stage } = deskOver();
  const answer = desk.processRoute(ROUTE);
  expect(METHODS.processRoute.result.parse(answer)).toEqual(answer);
  expect(answer).toMatchObject({ profitable: true, base: WPOL, code: "submitted", execution_time_us: 250 });
  expect(answer.bundle_id).not.toBeNull();
  const net = BigInt(answer.net_wei ?? 0);
  expect(net).toBeGreaterThan(UNIT);
  expect(BigInt(answer.profit ?? 0)).toBeGreaterThan(net);
  // A dollar sells for 0.997 of the token: what it is worth is estimated below that.
  const [whole, dollars] = [Number(net) / 1e18, Number(answer.net_profit)];
  expect(dollars).toBeGreaterThan(whole * 0.99);
  expect(dollars).toBeLessThan(whole);
  expect(asks(stage).map(({ use, routes }) => [use, routes.length])).toEqual([["ask", 1]]);
  // The amount that it suggests changes nothing, and what is under way is not sent twice.
  const again = desk.processRoute({ ...ROUTE, amount: "1" });
  expect(again).toMatchObject({ profitable: true, bundle_id: null, amount_in: answer.amount_in });
});

test("a route that does not pay, or means nothing, says why", () => {
  const { desk, stage } = deskOver();
  const none = { profitable: false, net_profit: "0", bundle_id: null, net_wei: null, profit: null };
  expect(
    desk.processRoute({ ...ROUTE, path: ["DAI", "WETH", "USDC", "WPOL"], dexes: ["sushi"] }),
  ).toMatchObject({
    ...none,
    code: "unknown_pool",
  });
  expect(desk.processRoute({ ...ROUTE, dexes: ["curve"] })).toMatchObject({ ...none, code: "unknown_dex" });
  expect(asks(stage)).toEqual([]);
  const loss = { ...ROUTE, path: ["WPOL", "USDC"], dexes: ["quickswap", "sushiswap"] };
  expect(desk.processRoute(loss)).toMatchObject({ ...none, code: "no_profit" });
});

test("routes by places in a list of names are those that the names spell", () => {
  const names = [...ROUTE.path, ...ROUTE.dexes];
  const places = ROUTE.path.map((_, i) => i);
  const byPlaces = [places, ROUTE.dexes.map((_, i) => places.length + i)];
  const answers = [
    { routes: [ROUTE, "x"] },
    { names, routes: [byPlaces, [[99], [0]]] },
    { routes: [byPlaces, ROUTE] },
  ].map((params) => deskOver().desk.findArbitrage(params));
  expect(answers[0]).toMatchObject({ asked: 1, profitable: 1, passed_over: 1 });
  for (const answer of answers)
    expect({ ...answer, bundle_ids: [] }).toEqual({ ...answers[0], bundle_ids: [] });
});

test("routes, pairs and hints are priced with one question, the worthiest sent", () => {
  for (const shape of [
    (items: readonly unknown[]) => [...items],
    (items: readonly unknown[]) => ({ routes: [...items] }),
    (items: readonly unknown[]) => ({ pairs: [...items] }),
  ]) {
    const { desk, stage } = deskOver();
    const answer = desk.findArbitrage(
      shape([
        ROUTE,
        { ...ROUTE, path: ["USDC", "WETH", "DAI", "WPOL"], dexes: ["uniswap", "sushi", "quick", "quick"] },
        { token0: "WPOL", token1: "USDC", dex: "quickswap", liquidity_usd: 5, fee_bps: 30 },
        { pools: [1, 5].map(address), ttl_ms: 1000 },
        { token0: "WPOL", token1: "WETH", dex: "quickswap" },
        { ...ROUTE, path: ["WPOL", "TAX"] },
        null,
        "WPOL",
        { path: ["WPOL", "USDC"], gas: 1 },
      ]),
    );
    expect(METHODS.findArbitrage.result.parse(answer)).toEqual(answer);
    // The second is the first from elsewhere.
    expect(answer).toMatchObject({ asked: 2, profitable: 1, passed_over: 5 });
    expect(answer.bundle_ids).toHaveLength(1);
    expect(asks(stage).map(({ routes }) => routes.length)).toEqual([1]);
  }
});

test("a pair stands for its pool against the others, and for cycles over a third token", () => {
  const { desk } = deskOver([...ENTRIES, entry(6, "uniswap_v3", [WPOL, USDC], 1100n)]);
  const pair = (dex: string) => desk.findArbitrage([{ token0: "usdc", token1: "wpol", dex }]);
  // Against 1 and against 5; the quickswap pool only against the one that is off.
  expect(pair("uniswap").asked).toBe(2);
  expect(pair("quickswap").asked).toBe(1);
  const triangle = deskOver([
    ENTRIES[0] ?? entry(1, "", [WPOL, USDC]),
    entry(7, "sushiswap_v2", [USDC, WETH]),
    entry(8, "sushiswap_v2", [WPOL, WETH], 900n),
  ]).desk;
  expect(triangle.findArbitrage([{ token0: "WPOL", token1: "USDC", dex: "quickswap" }])).toMatchObject({
    asked: 1,
    profitable: 1,
    passed_over: 0,
  });
  expect(triangle.findArbitrage([])).toEqual({ bundle_ids: [], asked: 0, profitable: 0, passed_over: 0 });
});

test("whatever comes, nothing throws, and only pools of the market are asked for", () => {
  const { desk, stage } = deskOver([...ENTRIES, entry(6, "uniswap_v3", [WPOL, USDC], 1100n)]);
  const name = constantFrom(
    "WPOL",
    "usdc",
    "WETH",
    "DAI",
    "TAX",
    "x",
    WPOL,
    address(1),
    address(99),
    "__proto__",
  );
  const dex = constantFrom("quick", "sushi", "uniswap", "curve", "constructor");
  const some = { maxLength: 8 };
  const item = oneof(
    anything(),
    record({
      token_in: name,
      token_out: name,
      amount: name,
      path: array(name, some),
      dexes: array(dex, some),
    }),
    record({ path: array(name, some), dexes: array(dex, some) }),
    record({ pools: array(name, some), start: name }),
    record({ token0: name, token1: name, dex }),
  );
  assert(
    property(array(item, { maxLength: 20 }), (items) => {
      expect(desk.findArbitrage(items).passed_over).toBeLessThanOrEqual(items.length);
    }),
    { numRuns: 1000 },
  );
  const pools = new Set(
    asks(stage).flatMap(({ routes }) => routes.flatMap(({ hops }) => hops.map(({ pool }) => pool))),
  );
  expect(pools.size).toBeGreaterThan(2);
  for (const pool of pools) expect(stage.ports.market.pools.has(pool)).toBe(true);
  const ids = asks(stage).flatMap(({ routes }) => routes.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

const pools = (...numbers: number[]) => numbers.map((n) => address(n));

const rubbish = (count: number) => Array.from({ length: count }, () => ({ token_in: 1 }));

test("of a list full of rubbish no more is read than of a small one", () => {
  const { desk } = deskOver();
  expect(desk.findArbitrage([...rubbish(499), ROUTE])).toMatchObject({ asked: 1, passed_over: 499 });
  expect(desk.findArbitrage([...rubbish(4000), ROUTE])).toMatchObject({ asked: 0, passed_over: 4001 });
});

test("before the first block nothing is asked for", () => {
  const { stage } = deskOver();
  const market = { ...stage.ports.market, head: null, pools: new Map() };
  const desk = createSeedDesk({ ...stage.ports, market }, { clock: { now: () => 0, monotonic: () => 0 } });
  expect(desk.processRoute(ROUTE)).toMatchObject({ profitable: false, code: "not_ready" });
  expect(asks(stage)).toEqual([]);
});

test("pairs are known with their pools, wait once for the owner, or are refused with the reason", () => {
  const { desk, stage } = deskOver();
  const judge = (token0: string, token1: string, dex: string) =>
    desk.injectPairs([{ token0, token1, dex, liquidity_usd: 1e6, fee_bps: 30 }]).pairs[0];
  expect(judge("usdc", WPOL, "quickswap")).toEqual({
    token0: "usdc",
    token1: WPOL,
    dex: "quickswap",
    verdict: "known",
    pools: pools(1),
  });
  expect(judge("WETH", "WPOL", "sushi")).toMatchObject({ verdict: "queued", pools: [] });
  expect(judge("wpol", "ETH", "SUSHISWAP_V2")).toMatchObject({ verdict: "queued" });
  expect(desk.queued()).toMatchObject([{ token0: TOKENS[2], token1: TOKENS[0], dexes: ["sushiswap_v2"] }]);
  expect(judge("WPOL", "DOGE", "sushi")).toMatchObject({ verdict: "refused", reason: /^unknown_token/ });
  expect(judge("WPOL", address(0x99), "sushi")).toMatchObject({
    verdict: "refused",
    reason: /^unknown_token/,
  });
  expect(judge("WPOL", "TAX", "sushi")).toMatchObject({ verdict: "refused", reason: /^taxed_token/ });
  expect(judge("WPOL", "matic", "sushi")).toMatchObject({ verdict: "refused", reason: /^repeated/ });
  expect(judge("WPOL", "USDC", "curve")).toMatchObject({ verdict: "refused", reason: /^unknown_dex/ });
  // Approved, verified and loaded: it waits no longer.
  stage.load([...ENTRIES, entry(9, "sushiswap_v2", [WPOL, WETH])]);
  expect(judge("WETH", "WPOL", "sushi")).toMatchObject({ verdict: "known", pools: pools(9) });
  expect(desk.queued()).toEqual([]);
});

test("a thousand pairs wait, and no more", () => {
  const many = Array.from({ length: 50 }, (_, i) => tokenOf(address(0x1000 + i), `T${i}`));
  const stage = seedStage({ tokens: many, dexes: DEXES, bases: [WPOL], usd: [], entries: ENTRIES });
  const desk = createSeedDesk(stage.ports, { clock: { now: () => 0, monotonic: () => 0 } });
  const pairs = many.flatMap((one, i) =>
    many.slice(i + 1).map((other) => ({ token0: one.symbol, token1: other.symbol, dex: "sushi" })),
  );
  const verdicts = desk.injectPairs({ pairs }).pairs.map(({ verdict }) => verdict);
  expect(verdicts.filter((verdict) => verdict === "queued")).toHaveLength(1000);
  expect(verdicts.slice(1000)).toEqual(pairs.slice(1000).map(() => "refused"));
  expect(desk.queued()).toHaveLength(1000);
});
