import { beforeEach, expect, test } from "vitest";
import { openReader } from "../../../src/ledger/reader.ts";
import { hash, TIME, USDC, WETH } from "../../support/ledgerRecords.ts";
import { query, writeScene } from "../../support/ledgerScene.ts";

let path = "";
beforeEach(() => {
  path = writeScene();
});

const intentsOf = (trades: readonly { readonly intentId: string }[]): string[] =>
  trades.map(({ intentId }) => intentId);

const ROUTE = "USDC>WETH>USDC";

test("v_trades has one row a trade on the chain", () => {
  expect(
    query(
      path,
      `SELECT time, intent_id, fate, block, route, base, predicted_f, realised_f, equal, gas_cost_f,
         round(net_f, 9) AS net_f FROM v_trades ORDER BY intent_id`,
    ),
  ).toEqual([
    {
      time: "2026-01-02 03:04:07",
      intent_id: "i1",
      fate: "included",
      block: 101,
      route: ROUTE,
      base: "USDC",
      predicted_f: 1.5,
      realised_f: 1.5,
      equal: 1,
      gas_cost_f: 0.01,
      net_f: 2.99,
    },
    {
      time: "2026-01-03 03:04:05",
      intent_id: "i2",
      fate: "included",
      block: 101,
      route: `${ROUTE} + USDC>WETH>WETH`,
      base: "USDC+WETH",
      predicted_f: null,
      realised_f: null,
      equal: 0,
      gas_cost_f: 0.01,
      net_f: 7.99,
    },
    {
      time: "2026-01-03 03:04:06",
      intent_id: "i3",
      fate: "reverted",
      block: 101,
      route: ROUTE,
      base: "USDC",
      predicted_f: 1.5,
      realised_f: 0,
      equal: 0,
      gas_cost_f: 0.01,
      net_f: -0.01,
    },
  ]);
});

test("v_trade_profits has the exact numbers of each base", () => {
  expect(
    query(
      path,
      `SELECT base, symbol, predicted, realised, equal, predicted_f, native_per_unit_f
       FROM v_trade_profits WHERE intent_id = 'i2' ORDER BY position`,
    ),
  ).toEqual([
    {
      base: USDC,
      symbol: "USDC",
      predicted: "1500000",
      realised: "1500000",
      equal: 1,
      predicted_f: 1.5,
      native_per_unit_f: 2e12,
    },
    {
      base: WETH,
      symbol: "WETH",
      predicted: "1000000000000000",
      realised: "999999999999999",
      equal: 0,
      predicted_f: 0.001,
      native_per_unit_f: 5000,
    },
  ]);
});

test("v_pnl_daily adds up by UTC day and counts what differs", () => {
  expect(
    query(
      path,
      "SELECT day, trades, landed, reverted, differing, gas_cost_f, round(net_f, 9) AS net_f FROM v_pnl_daily ORDER BY day",
    ),
  ).toEqual([
    { day: "2026-01-02", trades: 1, landed: 1, reverted: 0, differing: 0, gas_cost_f: 0.01, net_f: 2.99 },
    { day: "2026-01-03", trades: 2, landed: 1, reverted: 1, differing: 1, gas_cost_f: 0.02, net_f: 7.98 },
  ]);
});

test("v_why_not counts what was not sent and what it would have earned", () => {
  expect(query(path, "SELECT * FROM v_why_not ORDER BY code")).toEqual([
    { day: "2026-01-02", code: "below_min_profit", count: 2, lost_net_f: 1.5, best_net_f: 1 },
    { day: "2026-01-02", code: "gas_over_profit", count: 1, lost_net_f: 0, best_net_f: -1 },
  ]);
});

test("the reader gives the trades newest first, from a moment on, at most so many", () => {
  const reader = openReader(path);
  expect(intentsOf(reader.trades())).toEqual(["i3", "i2", "i1"]);
  expect(intentsOf(reader.trades({ limit: 1 }))).toEqual(["i3"]);
  expect(intentsOf(reader.trades({ since: TIME + 86_400_000 }))).toEqual(["i3", "i2"]);
  expect(reader.trades({ limit: 1 })[0]).toMatchObject({ equal: false, transactionHash: hash(1_000_003) });
  reader.close();
});

test("the summary counts outcomes, fates and equal profits", () => {
  const reader = openReader(path);
  const { netFloat, ...counts } = reader.summary();
  expect(counts).toEqual({
    opportunities: 9,
    outcomes: { submitted: 6, below_min_profit: 2, gas_over_profit: 1 },
    intents: 5,
    fates: { included: 2, missed: 1, reverted: 1, unknown: 1 },
    predictedEqualsRealised: { equal: 1, of: 2 },
  });
  expect(netFloat).toBeCloseTo(2.99 + 7.99 - 0.01, 9);
  expect(reader.summary(1).opportunities).toBe(9);
  expect(reader.summary(2)).toMatchObject({ opportunities: 0, outcomes: {}, intents: 0, netFloat: 0 });
  reader.close();
});

test("why finds opportunities by id, intent, transaction and as the last", () => {
  const reader = openReader(path);
  const ids = (reference: string): string[] => reader.why(reference).map(({ id }) => id);
  expect(ids("o1")).toEqual(["o1"]);
  expect(ids("i2")).toEqual(["o2a", "o2b"]);
  expect(ids(hash(1_000_002))).toEqual(["o2a", "o2b"]);
  expect(ids("last")).toEqual(["o8"]);
  expect(ids("o9")).toEqual([]);
  reader.close();
});
