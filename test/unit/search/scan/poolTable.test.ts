import { expect, test } from "vitest";
import type { PoolState, V2State } from "../../../../src/amm/poolState.ts";
import { marginalRateFloat } from "../../../../src/amm/segments.ts";
import { amountOut } from "../../../../src/amm/swap.ts";
import { createLadder, LEVELS } from "../../../../src/search/scan/ladder.ts";
import { ROW } from "../../../../src/search/scan/layout.ts";
import { createPoolTable } from "../../../../src/search/scan/poolTable.ts";
import type { PoolTable } from "../../../../src/search/scan/poolTable.ts";
import { v2State } from "../../../support/marketBlocks.ts";
import { concentratedPool, pick, seeded, tickless, v2Pool } from "../../../support/searchMarkets.ts";

/** Word ends and ticks that a swap may meet: each rounds its input up and its output down. */
const STOPS = 300;
const ladder = createLadder(1e16, 4);

interface Bench {
  readonly table: PoolTable;
  readonly rates: Float64Array;
  readonly prices: Float64Array;
}

/** Pools of token 0 against token 1. */
function bench(pools: number): Bench {
  const tokenIn = Int32Array.from({ length: 2 * pools }, (_, edge) => edge % 2);
  const prices = new Float64Array([1, 1]);
  const rates = new Float64Array(2 * pools * ROW);
  const table = createPoolTable(tokenIn, { layout: { edgeRates: rates }, ladder, prices });
  return { table, rates, prices };
}

/** Every quote of a pool against the exact swap of the same input: what is wrong, and how many could be taken. */
function checkQuotes(state: PoolState, { table, rates, prices }: Bench): { wrong: string[]; taken: number } {
  table.set(0, state);
  table.quote(0);
  const wrong: string[] = [];
  let taken = 0;
  for (const direction of [0, 1] as const) {
    const [priceIn = 1, priceOut = 1] = direction === 0 ? prices : prices.toReversed();
    const at = direction * ROW;
    const marginal = (marginalRateFloat(state, direction === 0) * priceOut) / priceIn;
    if (Math.abs((rates[at] ?? 0) - marginal) > marginal * 1e-12) wrong.push(`marginal of ${direction}`);
    for (let level = 1; level < LEVELS; level++) {
      const rate = rates[at + level] ?? 0;
      if (rate > (rates[at + level - 1] ?? 0)) wrong.push(`${direction} grows at ${level}`);
      const input = (ladder.sizes[level] ?? 0) / priceIn;
      if (input < 1) continue;
      const exactIn = BigInt(Math.floor(input));
      const exact = amountOut(state, direction === 0, exactIn);
      const exactRate = (Number(exact) * priceOut) / (Number(exactIn) * priceIn);
      if (exact > 0n) taken++;
      // A pool ends at the same size, give or take what its stops round. The exact input is a whole number.
      const beyond = exactIn + exactIn / 10n ** 9n + BigInt(STOPS);
      const ended = rate === 0 && amountOut(state, direction === 0, beyond) === 0n;
      if (rate < exactRate * (1 - 1e-9 - 1 / input) && !ended) wrong.push(`${direction} is low at ${level}`);
      const high = exactRate * (1 + 1e-9 + STOPS / input + STOPS / Number(exact));
      if (rate > high && exact > 0n) wrong.push(`${direction} is high at ${level}`);
    }
  }
  return { wrong, taken };
}

test("quotes are those of the exact swaps at the ladder's sizes, V2, V3, Algebra and without ticks", () => {
  const random = seeded(41);
  let taken = 0;
  for (let round = 0; round < 600; round++) {
    const tokens = [0, 1].map(() => ({
      decimals: pick(random, [6, 8, 18, 18]),
      price: 10 ** (random() * 6 - 2),
    }));
    const [one, other] = tokens;
    if (one === undefined || other === undefined) throw new Error("two tokens");
    const made = bench(1);
    // Reference prices off the market's by up to 30 %.
    made.prices.set(
      tokens.map(({ decimals, price }) => price * 10 ** (18 - decimals) * (0.7 + 0.6 * random())),
    );
    const depth = 10 ** (random() * 8 - 1);
    const skew = 0.9 + 0.2 * random();
    const concentrated = concentratedPool(random, [one, other], depth, skew);
    const kind = random();
    const state =
      kind < 0.3
        ? v2Pool([one, other], depth, skew, pick(random, [3000, 2500, 0]))
        : kind < 0.9
          ? concentrated
          : tickless(concentrated);
    const checked = checkQuotes(state, made);
    expect(checked.wrong).toEqual([]);
    taken += checked.taken;
  }
  expect(taken).toBeGreaterThan(3000);
});

test("a state that cannot be priced has no rates, and a pool may lose and regain its state", () => {
  const { table, rates } = bench(2);
  const good = v2State(10n ** 24n, 10n ** 24n, 3000);
  const quoted = () => {
    table.quote(1);
    return rates.subarray(2 * ROW).some((rate) => rate > 0);
  };
  for (const bad of [null, v2State(0n, 5n, 3000), v2State(1n << 112n, 5n, 3000)]) {
    table.set(1, good);
    expect(quoted()).toBe(true);
    table.set(1, bad);
    expect(quoted()).toBe(false);
    expect(table.exactState(1)).toBe(bad);
  }
  const random = seeded(42);
  const token = { decimals: 18, price: 1 };
  const concentrated = concentratedPool(random, [token, token], 1e6, 1);
  table.set(1, concentrated);
  expect(quoted()).toBe(true);
  table.set(1, { ...concentrated, sqrtPriceX96: 0n });
  expect(quoted()).toBe(false);
  table.set(1, good);
  expect(quoted()).toBe(true);
  // Of the other pool nothing was ever written.
  expect(rates.subarray(0, 2 * ROW).every((rate) => rate === 0)).toBe(true);
});

/** A log's two words of 256 bits, as eight words of 32 each, lowest first. */
const wordsOf = (...values: readonly bigint[]): Uint32Array =>
  Uint32Array.from({ length: 16 }, (_, i) =>
    Number(((values[i >> 3] ?? 0n) >> BigInt(32 * (i & 7))) & 0xffff_ffffn),
  );

test("reserves taken in words are the state, to the unit", () => {
  const { table, rates } = bench(1);
  const expected = bench(1);
  expect(table.takeReserves(0, wordsOf(1n, 1n))).toBe(false);
  table.set(0, v2State(1n, 1n, 2500));
  const random = seeded(43);
  for (let round = 0; round < 200; round++) {
    const [reserve0 = 1n, reserve1 = 1n] = [0, 1].map(
      () => BigInt(`0x${hexDigits(random, 1 + Math.floor(random() * 28))}`) || 1n,
    );
    const state: V2State = { kind: "v2", feePpm: 2500, reserve0, reserve1 };
    expect(table.takeReserves(0, wordsOf(reserve0, reserve1))).toBe(true);
    table.quote(0);
    expect(table.exactState(0)).toEqual(state);
    expect(table.exactState(0)).toBe(table.exactState(0));
    expected.table.set(0, state);
    expected.table.quote(0);
    for (const [at, rate] of expected.rates.entries())
      expect(Math.abs((rates[at] ?? 0) - rate)).toBeLessThanOrEqual(rate * 1e-14);
  }
  expect(table.takeReserves(0, wordsOf(0n, 0n))).toBe(true);
  table.quote(0);
  expect(rates.every((rate) => rate === 0)).toBe(true);
  expect(table.exactState(0)).toEqual(v2State(0n, 0n, 2500));
});

const hexDigits = (random: () => number, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
