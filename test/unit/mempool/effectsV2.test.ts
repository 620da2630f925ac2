import { array, assert, bigInt, constantFrom, pre, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { amountIn, amountOut } from "../../../src/amm/swap.ts";
import type { SwapCall } from "../../../src/mempool/routerCall.ts";
import { addressOf, v2State } from "../../support/marketBlocks.ts";
import {
  decodedOf,
  GOLD,
  pooled,
  ROUTER,
  smallMarket,
  swapOf,
  TAXED,
  USD,
  WRAPPED,
} from "../../support/mempoolCalls.ts";

const FIRST = pooled(1, "v2", [USD, GOLD], v2State(10_000n, 5_000n));
/** Wrapped coins are its token0. */
const SECOND = pooled(2, "v2", [GOLD, WRAPPED], v2State(4_000n, 8_000n));
const market = smallMarket([FIRST, SECOND]);
const PATH = [USD, GOLD, WRAPPED];

const inOf = (fields: Partial<SwapCall>) => decodedOf("swapExactTokensForTokens", swapOf(fields));
const outOf = (fields: Partial<SwapCall>) =>
  decodedOf("swapTokensForExactTokens", swapOf({ exact: "out", ...fields }));
/** SwapRouter02's function of that name: it has no deadline. */
const UNDATED = { deadline: null };

test("an exact input walks its path, each pair paying the next, rounded down", () => {
  // 1000*997*5000 / (10000*1000 + 1000*997) = 453.3; 453*997*4000 / (8000*1000 + 453*997) = 213.7
  expect(market.predict(inOf({ amount: 1000n, limit: 213n, path: PATH }))).toEqual({
    effects: [
      {
        pool: FIRST[0],
        tokenIn: USD,
        tokenOut: GOLD,
        amountIn: 1000n,
        amountOut: 453n,
        after: v2State(11_000n, 4_547n),
        estimate: false,
      },
      {
        pool: SECOND[0],
        tokenIn: GOLD,
        tokenOut: WRAPPED,
        amountIn: 453n,
        amountOut: 213n,
        after: v2State(3_787n, 8_453n),
        estimate: false,
      },
    ],
    reverts: null,
    complete: true,
  });
  expect(market.predict(inOf({ amount: 1000n, limit: 214n, path: PATH }))).toEqual({
    effects: [],
    reverts: "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT",
    complete: true,
  });
});

test("an exact output is counted back from its end, and each pair is asked for just that", () => {
  // 8000*200*1000 / (3800*997) + 1 = 423.3; 10000*423*1000 / (4577*997) + 1 = 927.9
  const { effects, reverts } = market.predict(outOf({ amount: 200n, limit: 927n, path: PATH }));
  expect(reverts).toBeNull();
  expect(effects.map((one) => [one.amountIn, one.amountOut])).toEqual([
    [927n, 423n],
    [423n, 200n],
  ]);
  expect(market.predict(outOf({ amount: 200n, limit: 926n, path: PATH })).reverts).toBe(
    "UniswapV2Router: EXCESSIVE_INPUT_AMOUNT",
  );
  expect(
    market.predict(
      decodedOf("multicall", swapOf({ exact: "out", amount: 200n, limit: 926n, path: PATH, ...UNDATED })),
    ).reverts,
  ).toBe("Too much requested");
});

test("a pair that is paid too much keeps it with one router, and gives all of it with the others", () => {
  const coarse = smallMarket([pooled(1, "v2", [USD, GOLD], v2State(100n, 1_000_000n))]);
  const kept = coarse.predict(outOf({ amount: 1n })).effects;
  expect(kept.map((one) => [one.amountIn, one.amountOut])).toEqual([[1n, 1n]]);
  expect(kept[0]?.after).toEqual(v2State(101n, 999_999n));
  // 1*997*1000000 / (100*1000 + 997) = 9871.6
  for (const name of ["swapTokensForExactTokens", "multicall", "execute"]) {
    const given = coarse.predict(decodedOf(name, swapOf({ exact: "out", amount: 1n, ...UNDATED }))).effects;
    expect(given[0]?.after).toEqual(v2State(101n, 990_129n));
  }
});

const why = (fields: Partial<SwapCall>, name = "swapExactTokensForTokens") =>
  market.predict(decodedOf(name, swapOf(fields))).reverts;

test("reasons are the contracts' own", () => {
  const huge = (1n << 256n) - 1n;
  expect(why({ amount: 0n })).toBe("UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT");
  expect(why({ amount: 1n, ...UNDATED }, "multicall")).toBe("UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT");
  expect(why({ amount: 1n })).toBe("UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT");
  expect(why({ amount: 1n, path: PATH })).toBe("UniswapV2Library: INSUFFICIENT_INPUT_AMOUNT");
  expect(why({ amount: huge })).toBe("ds-math-mul-overflow");
  expect(why({ amount: 1n << 113n })).toBe("UniswapV2: OVERFLOW");
  expect(why({ amount: 9n, path: [USD, USD] })).toBe("UniswapV2Library: IDENTICAL_ADDRESSES");
  expect(why({ amount: 1000n, path: [USD, GOLD, USD] })).toBe("UniswapV2: INSUFFICIENT_INPUT_AMOUNT");
  expect(why({ amount: 1000n, recipient: GOLD, receiver: GOLD })).toBe("UniswapV2: INVALID_TO");
  expect(why({ exact: "out", amount: 0n })).toBe("UniswapV2Library: INSUFFICIENT_OUTPUT_AMOUNT");
  expect(why({ exact: "out", amount: 5_001n })).toBe("ds-math-sub-underflow");
  expect(why({ exact: "out", amount: 5_000n })).toBe("execution reverted");
  const empty = smallMarket([pooled(1, "v2", [USD, GOLD], v2State(0n, 0n))]);
  expect(empty.predict(inOf({ amount: 9n })).reverts).toBe("UniswapV2Library: INSUFFICIENT_LIQUIDITY");
});

test("a pair that stands twice on a path is priced before it moves, and may be asked too much", () => {
  const THIRD = pooled(3, "v2", [WRAPPED, USD], v2State(4_000n, 20_000n));
  const ring = smallMarket([FIRST, SECOND, THIRD]);
  const path = [USD, GOLD, WRAPPED, USD, GOLD];
  expect(ring.predict(inOf({ amount: 1000n, path })).reverts).toBe("UniswapV2: K");
  const later = ring.predict(decodedOf("multicall", swapOf({ amount: 1000n, path, ...UNDATED })));
  expect(later.effects).toHaveLength(4);
  expect(later.effects[3]?.after).not.toEqual(later.effects[0]?.after);
});

test("swaps of one transaction see each other", () => {
  const swap = swapOf({ amount: 1000n, ...UNDATED });
  const { effects } = market.predict(decodedOf("multicall", swap, swap));
  // 1000*997*4547 / (11000*1000 + 1000*997) = 377.8
  expect(effects.map((one) => one.amountOut)).toEqual([453n, 377n]);
  expect(effects[1]?.after).toEqual(v2State(12_000n, 4_170n));
  expect(market.states.get(addressOf(1))).toBe(FIRST[1]);
});

test("effects end before the first pool that is not in the book; an exact output is not known at all", () => {
  const half = smallMarket([FIRST, SECOND], { book: smallMarket([FIRST]).context.book });
  const forward = half.predict(inOf({ amount: 1000n, limit: 999_999n, path: PATH }));
  expect([forward.effects.length, forward.reverts, forward.complete]).toEqual([1, null, false]);
  const back = half.predict(outOf({ amount: 200n, path: PATH }));
  expect(back).toEqual({ effects: [], reverts: null, complete: false });
  const behind = half.predict(inOf({ amount: 1000n, path: PATH.toReversed() }));
  expect(behind).toEqual({ effects: [], reverts: null, complete: false });
});

test("functions for tokens with a fee, and taxed tokens, make estimates of what they touch and of all behind", () => {
  const taxed = smallMarket([FIRST, pooled(3, "v2", [GOLD, TAXED], v2State(4_000n, 8_000n)), SECOND]);
  const marks = (...calls: SwapCall[]) =>
    taxed.predict(decodedOf("multicall", ...calls)).effects.map(({ estimate }) => estimate);
  const plain = swapOf({ amount: 1000n, ...UNDATED });
  expect(marks(plain, swapOf({ amount: 1000n, path: [USD, GOLD, TAXED], ...UNDATED }), plain)).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(marks(swapOf({ amount: 1000n, feeOnTransfer: true, ...UNDATED }), plain)).toEqual([true, true]);
  expect(
    marks(swapOf({ amount: 1000n, receiver: addressOf(2), recipient: addressOf(2), ...UNDATED })),
  ).toEqual([true]);
});

const reserve = bigInt({ min: 1_000n, max: 10n ** 24n });
const pairs = array(tuple(reserve, reserve, constantFrom(3000, 2500, 500)), {
  minLength: 1,
  maxLength: 4,
});

/** Pairs in a row between made-up tokens. */
function rowOf(entries: readonly (readonly [bigint, bigint, number])[]) {
  const tokens = Array.from({ length: entries.length + 1 }, (_, i) => addressOf(0x100 + i));
  const row = entries.map(([a, b, fee], i) =>
    pooled(1 + i, "v2", [tokens[i] ?? ROUTER, tokens[i + 1] ?? ROUTER], v2State(a, b, fee)),
  );
  return { tokens, states: entries.map(([a, b, fee]) => v2State(a, b, fee)), market: smallMarket(row) };
}

test("an exact input is the pools' outputs in a row, and its limit bites to the unit", () => {
  assert(
    property(pairs, bigInt({ min: 1n, max: 10n ** 24n }), (entries, amount) => {
      const { tokens, states, market: line } = rowOf(entries);
      const out = states.reduce((given, state) => amountOut(state, true, given), amount);
      pre(out > 0n);
      const at = (limit: bigint) => line.predict(inOf({ amount, limit, path: tokens }));
      expect(at(out).reverts).toBeNull();
      expect(at(out).effects.at(-1)?.amountOut).toBe(out);
      expect(at(out + 1n)).toMatchObject({
        reverts: "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT",
        effects: [],
      });
    }),
  );
});

test("an exact output is the pools' inputs from the end, and what goes in never falls short of the product", () => {
  assert(
    property(pairs, bigInt({ min: 1n, max: 10n ** 22n }), (entries, amount) => {
      const { tokens, states, market: line } = rowOf(entries);
      const paid = states.reduceRight<bigint | null>(
        (wanted, state) => (wanted === null ? null : amountIn(state, true, wanted)),
        amount,
      );
      pre(paid !== null);
      const { effects, reverts } = line.predict(outOf({ amount, limit: paid ?? 0n, path: tokens }));
      expect([reverts, effects[0]?.amountIn, effects.at(-1)?.amountOut]).toEqual([null, paid, amount]);
      for (const [i, { after }] of effects.entries()) {
        const before = states[i];
        if (before === undefined || after.kind !== "v2") throw new Error("not a pair");
        expect(after.reserve0 * after.reserve1).toBeGreaterThanOrEqual(before.reserve0 * before.reserve1);
      }
      expect(line.predict(outOf({ amount, limit: (paid ?? 0n) - 1n, path: tokens })).effects).toEqual([]);
    }),
  );
});
