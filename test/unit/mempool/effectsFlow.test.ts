import {
  type Arbitrary,
  array,
  assert,
  bigInt,
  boolean,
  constant,
  constantFrom,
  nat,
  oneof,
  option,
  property,
  record,
} from "fast-check";
import { expect, test } from "vitest";
import type { PoolState } from "../../../src/amm/poolState.ts";
import type { RouterCall } from "../../../src/mempool/routerCall.ts";
import { addressOf, v2State } from "../../support/marketBlocks.ts";
import { concentratedPool, seeded } from "../../support/searchMarkets.ts";
import {
  decodedOf,
  GOLD,
  pooled,
  smallMarket,
  swapOf,
  TAXED,
  USD,
  WRAPPED,
} from "../../support/mempoolCalls.ts";

const COINS = pooled(1, "v2", [WRAPPED, USD], v2State(4_000n, 20_000n));
const METAL = pooled(2, "v2", [USD, GOLD], v2State(10_000n, 5_000n));
const market = smallMarket([COINS, METAL]);
const other = addressOf(0x77);

const swap = (fields: Parameters<typeof swapOf>[0]) => swapOf({ deadline: null, ...fields });
const toRouter = { receiver: "router", recipient: addressOf(7) } as const;
const coinsIn = swap({ amount: 100n, path: [WRAPPED, USD] });
const wrap = (amount: bigint | null): RouterCall => ({ type: "wrap", amount, receiver: "router" });
const unwrap = (minimum: bigint): RouterCall => ({ type: "unwrap", minimum, receiver: "sender" });
const sweep = (
  token: RouterCall & { type: "sweep" } extends { token: infer T } ? T : never,
  minimum: bigint,
): RouterCall => ({
  type: "sweep",
  token,
  minimum,
  receiver: "sender",
});

/** The outcome in short: what each hop gives, or why it reverts. */
const told = (name: string, value: bigint, ...calls: RouterCall[]) => {
  const { effects, reverts } = market.predict(decodedOf(name, ...calls), value);
  return (
    reverts ??
    effects.map(({ amountOut, estimate }) => (estimate ? `${amountOut}?` : `${amountOut}`)).join(" ")
  );
};

const at = (name: string, dated: Partial<{ deadline: bigint }>, whole: bigint | null = null) =>
  market.predict({
    ...decodedOf(name, swap({ amount: 100n, path: [WRAPPED, USD], ...dated })),
    deadline: whole,
  }).reverts;

test("deadlines are judged by the block's time, to the second, in each router's words", () => {
  expect(at("swapExactTokensForTokens", { deadline: 1_000n })).toBeNull();
  expect(at("swapExactTokensForTokens", { deadline: 999n })).toBe("UniswapV2Router: EXPIRED");
  expect(at("exactInput", { deadline: 999n })).toBe("Transaction too old");
  expect(at("multicall", {}, 1_000n)).toBeNull();
  expect(at("multicall", {}, 999n)).toBe("Transaction too old");
  expect(at("execute", {}, 999n)).toBe("TransactionDeadlinePassed");
  const timeless = smallMarket([COINS], { timestamp: null });
  expect(timeless.predict({ ...decodedOf("execute", coinsIn), deadline: 0n }).reverts).toBeNull();
});

test("a sender's wrapped coins are paid with the value where it suffices", () => {
  // 100*997*20000 / (4000*1000 + 99700) = 486.4
  expect(told("multicall", 100n, coinsIn)).toBe("486");
  expect(told("multicall", 0n, coinsIn)).toBe("486");
  // Fewer coins than it takes: the sender may have wrapped ones, or not.
  expect(told("multicall", 99n, coinsIn)).toBe("486?");
  // What is left pays the next swap, or is swept.
  expect(told("multicall", 150n, coinsIn, sweep(null, 50n))).toBe("486");
  expect(told("multicall", 150n, coinsIn, sweep(null, 51n))).toBe("Insufficient ETH");
  expect(told("multicall", 150n, coinsIn, coinsIn)).toBe("486 463?");
});

test("functions that take no coins revert when they get some", () => {
  const dated = swapOf({ amount: 100n, path: [WRAPPED, USD] });
  expect(told("swapExactTokensForTokens", 1n, dated)).toBe("execution reverted");
  expect(told("swapExactETHForTokens", 100n, dated)).toBe("486");
});

test("what a swap leaves in the router is unwrapped, swept or swapped on", () => {
  const toCoins = swap({ amount: 1_000n, path: [USD, WRAPPED], ...toRouter });
  // 1000*997*4000 / (20000*1000 + 997000) = 189.9
  expect(told("multicall", 0n, toCoins, unwrap(189n))).toBe("189");
  expect(told("multicall", 0n, toCoins, unwrap(190n))).toBe("Insufficient WETH9");
  expect(told("execute", 0n, toCoins, unwrap(190n))).toBe("InsufficientETH");
  expect(told("multicall", 0n, toCoins, sweep(WRAPPED, 190n))).toBe("Insufficient token");
  expect(told("multicall", 0n, toCoins, sweep(WRAPPED, 189n), sweep(WRAPPED, 1n))).toBe("Insufficient token");
  const rest = swap({ amountIsBalance: true, payer: "router", path: [WRAPPED, USD] });
  // 189*997*21000 / (3811*1000 + 188433) = 989.4
  expect(told("multicall", 0n, toCoins, rest)).toBe("189 989");
  expect(told("multicall", 0n, rest)).toBe("INSUFFICIENT_INPUT_AMOUNT");
  const more = swap({ amount: 190n, payer: "router", path: [WRAPPED, USD] });
  expect(told("multicall", 0n, toCoins, more)).toBe("ST");
  expect(told("execute", 0n, toCoins, more)).toBe("TRANSFER_FAILED");
});

test("a universal router pays from what it wrapped or pulled, and never with bare coins", () => {
  const fromRouter = swap({ amount: 100n, payer: "router", path: [WRAPPED, USD] });
  expect(told("execute", 100n, fromRouter)).toBe("TRANSFER_FAILED");
  expect(told("execute", 100n, wrap(100n), fromRouter)).toBe("486");
  expect(told("execute", 100n, wrap(null), fromRouter, unwrap(0n))).toBe("486");
  expect(told("execute", 99n, wrap(100n), fromRouter)).toBe("InsufficientETH");
  expect(told("execute", 99n, wrap(null), fromRouter)).toBe("TRANSFER_FAILED");
  expect(told("multicall", 99n, wrap(100n), fromRouter)).toBe("execution reverted");
  const pull: RouterCall = { type: "pull", token: WRAPPED, amount: 100n, receiver: "router" };
  expect(told("execute", 0n, pull, fromRouter)).toBe("486");
});

const pay = (unit: "raw" | "bips", amount: bigint): RouterCall => ({
  type: "pay",
  token: null,
  amount,
  unit,
  receiver: other,
});

test("payments take an amount or a share of what there is, rounded down", () => {
  expect(told("execute", 999n, pay("bips", 25n), sweep(null, 997n))).toBe("");
  expect(told("execute", 999n, pay("bips", 25n), sweep(null, 998n))).toBe("InsufficientETH");
  expect(told("execute", 999n, pay("raw", 999n), sweep(null, 0n))).toBe("");
  expect(told("execute", 999n, pay("raw", 1_000n))).toBe("ETH_TRANSFER_FAILED");
});

test("coins that go to a pool make estimates of what follows", () => {
  const [pool] = COINS;
  const gift: RouterCall = { type: "pull", token: USD, amount: 5n, receiver: pool.address };
  expect(told("execute", 0n, gift, coinsIn)).toBe("486?");
  expect(told("execute", 0n, { ...gift, receiver: other }, coinsIn)).toBe("486");
});

const group = (...calls: RouterCall[]): RouterCall => ({ type: "optional", calls });

test("an optional group happens whole or not at all, and the rest goes on", () => {
  expect(told("execute", 0n, group(coinsIn), coinsIn)).toBe("486 463");
  expect(told("execute", 0n, group(coinsIn, sweep(USD, 1n)), coinsIn)).toBe("486");
  const failing = swap({ amount: 1_000n, path: [USD, WRAPPED], limit: 10_000n });
  expect(told("execute", 0n, group(failing), coinsIn)).toBe("486");
  expect(told("execute", 0n, group(coinsIn, group(failing), coinsIn), coinsIn)).toBe("486 463 441");
  // Its balances come back with it.
  const all = group(wrap(null), sweep(USD, 1n));
  expect(told("execute", 10n, all, sweep(null, 10n))).toBe("");
  expect(told("execute", 10n, group(wrap(null)), sweep(null, 10n))).toBe("InsufficientETH");
});

test("behind an unknown pool only what does not depend on it is told", () => {
  const unknown = swap({ amount: 1_000n, path: [USD, TAXED, GOLD, USD], ...toRouter });
  const { effects, complete, reverts } = market.predict(
    decodedOf(
      "execute",
      unknown,
      coinsIn,
      swap({ amount: 10n, path: [USD, GOLD] }),
      swap({ amount: 9n, payer: "router", path: [USD, WRAPPED] }),
      sweep(USD, 1_000_000n),
    ),
  );
  expect(effects.map(({ pool }) => pool.address)).toEqual([addressOf(1)]);
  expect([complete, reverts]).toEqual([false, null]);
  const two = market.predict(
    decodedOf(
      "execute",
      swap({ amount: 1_000n, path: [GOLD, TAXED], ...toRouter }),
      coinsIn,
      sweep(TAXED, 9n),
    ),
  );
  expect([two.effects.length, two.complete, two.reverts]).toEqual([1, false, null]);
  const late = market.predict({ ...decodedOf("multicall", unknown, swapOf({ amount: 1n, deadline: 1n })) });
  expect(late.reverts).toBe("Transaction too old");
});

test("an optional group with an unknown pool may fail behind it: all of it, and what follows, is an estimate", () => {
  const unknown = swap({ amount: 1_000n, path: [GOLD, TAXED], ...toRouter });
  const known = market.predict(decodedOf("execute", coinsIn, group(coinsIn, unknown), coinsIn));
  expect(known.effects.map(({ estimate }) => estimate)).toEqual([false, true, true]);
  expect(known.complete).toBe(false);
  const later = market.predict(decodedOf("execute", unknown, coinsIn, group(coinsIn)));
  expect(later.effects.map(({ estimate }) => estimate)).toEqual([false, true]);
  // Outside of a group what went before stands: either all happens or nothing.
  const plain = market.predict(decodedOf("execute", coinsIn, unknown, coinsIn));
  expect(plain.effects.map(({ estimate }) => estimate)).toEqual([false, false]);
});

const party = constantFrom("sender" as const, "router" as const, other, addressOf(1));
const token = constantFrom(WRAPPED, USD, GOLD, TAXED, other);
const amount = oneof(
  bigInt({ min: 0n, max: 20_000n }),
  bigInt({ min: 0n, max: (1n << 256n) - 1n }),
  constantFrom(0n, 1n, (1n << 112n) - 1n, (1n << 255n) - 1n, 1n << 255n, (1n << 256n) - 1n),
);
const NEVER = (1n << 256n) - 1n;
/** Fields that make most swaps possible; any of them may be spoilt. */
const swapFields = {
  exact: constantFrom("in" as const, "out" as const),
  amount: bigInt({ min: 1n, max: 2_000n }),
  limit: constant<bigint | null>(null),
  way: nat(6),
  deadline: constant<bigint | null>(null),
  payer: constant<"sender" | "router">("sender"),
  receiver: constantFrom("sender" as const, "router" as const),
  sqrtPriceLimitX96: constant(0n),
  amountIsBalance: constant(false),
  feeOnTransfer: constant(false),
};
const spoilt = {
  ...swapFields,
  amount,
  limit: option(amount),
  way: nat(9),
  deadline: option(bigInt({ min: 900n, max: 1_100n })),
  payer: constantFrom("sender" as const, "router" as const),
  receiver: party,
  sqrtPriceLimitX96: oneof(constant(0n), bigInt({ min: 0n, max: 1n << 160n })),
  amountIsBalance: boolean(),
  feeOnTransfer: boolean(),
};
const WAYS = [
  { dex: "v2", path: [WRAPPED, USD], feesPpm: null },
  { dex: "v2", path: [WRAPPED, USD, GOLD], feesPpm: null },
  { dex: "v2", path: [GOLD, USD, WRAPPED], feesPpm: null },
  { dex: "v3", path: [USD, GOLD], feesPpm: [500] },
  { dex: "v3", path: [GOLD, USD, WRAPPED], feesPpm: [500, 3000] },
  { dex: "v3", path: [WRAPPED, USD, GOLD, TAXED], feesPpm: [3000, 500, 100] },
  { dex: "v3", path: [USD, WRAPPED, USD], feesPpm: [3000, 3000] },
  { dex: "v3", path: [USD, GOLD], feesPpm: null },
  { dex: "none", path: [USD, USD], feesPpm: [] },
  { dex: "v2", path: [WRAPPED, USD, WRAPPED, USD, other], feesPpm: null },
] as const;
const anySwap = oneof(
  { weight: 3, arbitrary: record(swapFields) },
  { weight: 1, arbitrary: record(spoilt) },
).map(({ way, limit, ...fields }): RouterCall => {
  const least = fields.exact === "in" ? 0n : NEVER;
  return swapOf({ ...fields, ...WAYS[way], limit: limit ?? least });
});
const anyPayment: Arbitrary<RouterCall> = oneof(
  record({ type: constant("wrap" as const), amount: option(amount), receiver: party }),
  record({ type: constant("unwrap" as const), minimum: amount, receiver: party }),
  record({
    type: constant("sweep" as const),
    token: option(token),
    minimum: amount,
    receiver: party,
  }),
  record({
    type: constant("pay" as const),
    token: option(token),
    amount,
    unit: constantFrom("raw" as const, "bips" as const),
    receiver: party,
  }),
  record({ type: constant("pull" as const), token, amount, receiver: party }),
);
const anyCalls = array(
  oneof(
    anySwap,
    anyPayment,
    array(oneof(anySwap, anyPayment), { maxLength: 3 }).map((calls): RouterCall => ({
      type: "optional",
      calls,
    })),
  ),
  { maxLength: 5 },
);

/** What must not fall; only pairs have it. */
const productOf = (state: PoolState | undefined): bigint =>
  state?.kind === "v2" ? state.reserve0 * state.reserve1 : 0n;

test("whatever is asked: nothing is thrown, the view stays as it was, and effects follow from one another", () => {
  const random = seeded(5);
  const metals = [
    { decimals: 6, price: 1 },
    { decimals: 6, price: 2 },
  ] as const;
  const entries = [
    COINS,
    METAL,
    ...[1, 2, 3].map((n) => {
      const feePpm = [500, 3000, 100][n - 1] ?? 0;
      const state = { ...concentratedPool(random, metals, 1e4, 1), kind: "v3" as const, feePpm };
      return pooled(0x20 + n, "v3", n === 1 ? [USD, GOLD] : n === 2 ? [WRAPPED, USD] : [GOLD, TAXED], state);
    }),
  ];
  const wide = smallMarket(entries);
  const before = new Map(wide.states);
  let hops = 0;
  assert(
    property(
      anyCalls,
      constantFrom("multicall", "execute", "swapExactTokensForTokens"),
      amount,
      (calls, name, value) => {
        const { effects, reverts } = wide.predict(decodedOf(name, ...calls), value);
        expect(reverts === null || effects.length === 0).toBe(true);
        hops += effects.length;
        const states = new Map(before);
        for (const { pool, tokenIn, tokenOut, amountIn, amountOut, after } of effects) {
          expect([tokenIn, tokenOut].toSorted()).toEqual([pool.token0, pool.token1]);
          expect(amountIn > 0n && amountOut >= 0n).toBe(true);
          const state = states.get(pool.address);
          expect(productOf(after)).toBeGreaterThanOrEqual(productOf(state));
          expect(after.kind).toBe(pool.kind);
          states.set(pool.address, after);
        }
      },
    ),
    { numRuns: 3_000 },
  );
  expect(hops).toBeGreaterThan(500);
  expect(wide.states).toEqual(before);
});
