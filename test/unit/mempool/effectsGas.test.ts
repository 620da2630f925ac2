import { describe, expect, test } from "vitest";
import type { ConcentratedState } from "../../../src/amm/poolState.ts";
import { MAX_TICK, MIN_TICK, sqrtRatioAtTick } from "../../../src/amm/tickMath.ts";
import { tickTable, type TickEntry } from "../../../src/amm/tickTable.ts";
import type { Hex } from "../../../src/chain/types.ts";
import { predictEffects } from "../../../src/mempool/effects.ts";
import type { DecodedTransaction, RouterCall, SwapCall } from "../../../src/mempool/routerCall.ts";
import { v2State } from "../../support/marketBlocks.ts";
import { decodedOf, GOLD, pooled, smallMarket, swapOf, USD, WRAPPED } from "../../support/mempoolCalls.ts";

/** Liquidity over all prices, and a position on each of so many ticks on either side. */
function dense(ticksOnEachSide: number): { readonly state: ConcentratedState; readonly reads: () => number } {
  const [wide, narrow] = [10n ** 15n, 10n ** 6n];
  const entries: TickEntry[] = [
    [MIN_TICK, wide],
    [MAX_TICK, -wide],
  ];
  for (let i = 1; i <= ticksOnEachSide; i++) entries.push([-i, narrow], [i, -narrow]);
  const { indexes, liquidityNet } = tickTable(entries);
  let reads = 0;
  const counted = new Proxy(liquidityNet, {
    get: (target, key) => {
      if (typeof key === "string" && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key);
    },
  });
  return {
    state: {
      kind: "v3",
      feePpm: 100,
      tickSpacing: 1,
      sqrtPriceX96: 1n << 96n,
      tick: 0,
      liquidity: wide + BigInt(ticksOnEachSide) * narrow,
      ticks: { indexes, liquidityNet: counted },
    },
    reads: () => reads,
  };
}

const THERE_AND_BACK = (hops: number) => ({
  path: Array.from({ length: hops + 1 }, (_, i) => (i % 2 === 0 ? USD : GOLD)),
  feesPpm: Array.from({ length: hops }, () => 100),
});
const swap = (fields: Partial<SwapCall>) =>
  swapOf({ dex: "v3", deadline: null, amount: 10n ** 30n, ...fields });
const MOST_GAS = 2n ** 24n;

function over(pool: ReturnType<typeof dense>) {
  const market = smallMarket([pooled(1, "v3", [USD, GOLD], pool.state)]);
  return (call: DecodedTransaction, gas?: bigint, input: Hex = "0x") =>
    predictEffects(
      call,
      { value: 0n, ...(gas === undefined ? {} : { gas, input }) },
      market.view,
      market.context,
    );
}

const NOTHING_SAID = { effects: [], reverts: null, complete: false, tooFar: true };

/** Stops at the edge of a word at tick 0, then at each tick below it. */
const downTo = (tick: number) => swap({ ...THERE_AND_BACK(1), sqrtPriceLimitX96: sqrtRatioAtTick(tick) });
const follows = (...ticks: number[]) =>
  over(dense(2_000))(decodedOf("multicall", ...ticks.map(downTo))).effects.length;
const swapsOfPair = (count: number) =>
  decodedOf("multicall", ...Array.from({ length: count }, () => swapOf({ amount: 1_000n, deadline: null })));

describe("how far a transaction is followed is counted", () => {
  test.each([1, 2, 20, 199, 1_400])("over %i hops through all ticks", (hops) => {
    const pool = dense(2_000);
    const predict = over(pool);
    const call = decodedOf("exactInput", swap(THERE_AND_BACK(hops)));
    expect(predict(call)).toEqual(NOTHING_SAID);
    expect(predict(call, MOST_GAS)).toEqual(NOTHING_SAID);
    expect(pool.reads()).toBeLessThanOrEqual(2 * 384);
  });

  test("over many swaps, exact outputs and optional plans alike", () => {
    const pool = dense(2_000);
    const way = THERE_AND_BACK(1);
    const calls = [swap(way), swap({ ...way, exact: "out", amount: 10n ** 14n }), swap(way)];
    const optional = { type: "optional", calls } as const;
    const many = Array.from({ length: 300 }, () => [...calls, optional]).flat();
    expect(over(pool)(decodedOf("execute", ...many), MOST_GAS)).toEqual(NOTHING_SAID);
    expect(pool.reads()).toBeLessThanOrEqual(384);
  });

  test("up to 384 stops, those of all its swaps together", () => {
    expect(follows(-383)).toBe(1);
    expect(follows(-384)).toBe(0);
    expect(follows(-127, -383)).toBe(2);
    expect(follows(-127, -384)).toBe(0);
  });

  test("up to 32 hops, also over pairs", () => {
    const market = smallMarket([pooled(1, "v2", [USD, GOLD], v2State(10n ** 24n, 10n ** 24n))]);
    expect(market.predict(swapsOfPair(32)).effects).toHaveLength(32);
    expect(market.predict(swapsOfPair(33))).toEqual(NOTHING_SAID);
  });
});

describe("gas", () => {
  const PAIR = pooled(1, "v2", [USD, GOLD], v2State(10n ** 24n, 10n ** 24n));
  const market = smallMarket([PAIR, pooled(2, "v3", [GOLD, WRAPPED], dense(0).state)]);
  const told = (gas: bigint, ...calls: RouterCall[]) => {
    const input = "0x00ff";
    const { effects, reverts } = predictEffects(
      decodedOf("execute", ...calls),
      { value: 0n, gas, input },
      market.view,
      market.context,
    );
    return reverts ?? effects.map(({ estimate }) => (estimate ? "estimate" : "exact")).join(" ");
  };
  const pair = swapOf({ amount: 1_000n, deadline: null });
  // 21,000 and 20 for the calldata; the pair's account 2,500, two slots that change and two that are read 13,800, its logs
  // 3,786; two tokens' accounts, the pair's balances and the payer's 19,700.
  const LEAST = 60_806n;

  test("below what a swap takes at the least it reverts; near to that nothing is sure", () => {
    expect(told(LEAST - 1n, pair)).toBe("out of gas");
    expect(told(LEAST, pair)).toBe("estimate");
    expect(told((LEAST * 3n) / 2n - 1n, pair)).toBe("estimate");
    expect(told((LEAST * 3n) / 2n, pair)).toBe("exact");
    expect(told(20_999n)).toBe("out of gas");
  });

  test("a pool and a token that were touched before cost less", () => {
    expect(told(LEAST + 3_786n - 1n, pair, pair)).toBe("out of gas");
    expect(told(LEAST + 3_786n, pair, pair)).toBe("estimate estimate");
  });

  test("each word and each tick on the way costs its slots", () => {
    const spread = over(dense(200));
    const at = (gas: bigint, amount: bigint) =>
      spread(decodedOf("exactInput", swap({ ...THERE_AND_BACK(1), amount })), gas);
    const limited = swap({ ...THERE_AND_BACK(1), sqrtPriceLimitX96: sqrtRatioAtTick(-100) });
    // 21,000; the pool's slots 11,400, its log 2,780, tokens and payer 19,700; one edge 3,000, a hundred ticks 9,000 each.
    const least = 54_880n + 903_000n;
    const call = decodedOf("exactInputSingle", limited);
    expect(spread(call, least - 1n).reverts).toBe("out of gas");
    expect(spread(call, least).reverts).toBeNull();
    // Without liquidity the words are looked at all the same: 3,466 of them.
    const bare = smallMarket([
      pooled(1, "v3", [USD, GOLD], { ...dense(0).state, liquidity: 0n, ticks: tickTable([]) }),
    ]);
    const through = decodedOf("exactInput", swap(THERE_AND_BACK(1)));
    const empty = predictEffects(
      through,
      { value: 0n, gas: 10_000_000n, input: "0x" },
      bare.view,
      bare.context,
    );
    expect(empty.reverts).toBe("out of gas");
    expect(at(300_000n, 10n ** 30n).reverts).toBe("out of gas");
    expect(at(300_000n, 10n ** 6n).reverts).toBeNull();
  });

  test("an optional plan that uses up its gas leaves a 64th of it to the rest", () => {
    const group: RouterCall = {
      type: "optional",
      calls: Array.from({ length: 20 }, () => swapOf({ amount: 1_000n, deadline: null, receiver: "router" })),
    };
    expect(told(100_000n, group, pair)).toBe("out of gas");
    expect(told(130_000n, group, pair)).toBe("out of gas");
    expect(told(400_000n, group)).toBe(Array.from({ length: 20 }, () => "exact").join(" "));
  });

  test("where the limit is not told, it is not judged", () => {
    const { effects } = market.predict(decodedOf("execute", pair));
    expect(effects.map(({ estimate }) => estimate)).toEqual([false]);
  });
});
