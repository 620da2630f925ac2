import { assert, bigInt, boolean, integer, pre, property } from "fast-check";
import { expect, test } from "vitest";
import type { ConcentratedState, Swap, SwapRequest } from "../../../src/amm/poolState.ts";
import { amountIn, amountOut, swap } from "../../../src/amm/swap.ts";
import {
  MAX_SQRT_RATIO,
  MAX_TICK,
  MIN_SQRT_RATIO,
  MIN_TICK,
  sqrtRatioAtTick,
} from "../../../src/amm/tickMath.ts";
import { netBetween, tickTable } from "../../../src/amm/tickTable.ts";
import { stateArb } from "../../support/ammChainStates.ts";

const Q96 = 1n << 96n;
const amountArb = bigInt({ min: 1n, max: 1n << 100n });

const pool = (fields: Partial<ConcentratedState> = {}): ConcentratedState => ({
  kind: "v3",
  feePpm: 500,
  tickSpacing: 10,
  sqrtPriceX96: Q96,
  tick: 0,
  liquidity: 2n * 10n ** 18n,
  ticks: tickTable([
    [-887270, 2n * 10n ** 18n],
    [887270, -2n * 10n ** 18n],
  ]),
  ...fields,
});

function done(
  state: ConcentratedState,
  request: SwapRequest,
): Omit<Swap, "after"> & { after: ConcentratedState } {
  const result = swap(state, request);
  if (!result.ok) throw new Error(`refused: ${result.refusal}`);
  const { after } = result.swap;
  if (after.kind === "v2") throw new Error("the kind changed");
  return { ...result.swap, after };
}

test("published swaps of the pool's own tests", () => {
  const given = done(pool(), { zeroForOne: true, amountIn: 10n ** 18n });
  expect(given.amountOut).toBe(666444407401233536n);
  expect(given.after.sqrtPriceX96).toBe(52827579606110576876218426439n);
  expect(given.after.tick).toBe(-8107);
  const other = done(pool(), { zeroForOne: false, amountIn: 10n ** 18n });
  expect([other.amountOut, other.after.tick]).toEqual([666444407401233536n, 8106]);
});

test("a QuickSwap V3 pool's swaps, one after another", () => {
  let state = pool({
    kind: "algebra",
    feePpm: 2979,
    tickSpacing: 60,
    sqrtPriceX96: 93065132232889433968150957834858946n,
    tick: 279543,
    liquidity: 2822091172725n,
    ticks: tickTable([
      [-887220, 2822091172725n],
      [273540, 116315447200034n],
      [279120, -116315447200034n],
      [285480, -2822091172725n],
    ]),
  });
  const given: readonly (readonly [boolean, bigint])[] = [
    [true, 10n],
    [true, 100n],
    [true, 1000n],
    [false, 10n ** 17n],
    [false, 10n ** 16n],
    [false, 10n ** 16n],
    [true, 10n ** 18n],
    [false, 100_000n],
  ];
  const got = given.map(([zeroForOne, amount]) => {
    const swapped = done(state, { zeroForOne, amountIn: amount });
    state = swapped.after;
    return swapped.amountOut;
  });
  expect(got).toEqual([
    12418116005823n,
    136593135772329n,
    1374962214882655n,
    70212n,
    6796n,
    6756n,
    35998532399555197330n,
    12290889471038619n,
  ]);
});

test("more input never buys less, and part of it never buys more than all", () => {
  assert(
    property(stateArb, boolean(), amountArb, amountArb, (state, zeroForOne, a, b) => {
      const whole = swap(state, { zeroForOne, amountIn: a + b });
      pre(whole.ok);
      const part = done(state, { zeroForOne, amountIn: a });
      expect(part.amountOut <= whole.swap.amountOut).toBe(true);
      expect(part.amountIn <= whole.swap.amountIn).toBe(true);
      expect(part.complete || !whole.swap.complete).toBe(true);
    }),
    { seed: 11, numRuns: 1500 },
  );
});

test("what an output costs buys it again; one unit less never buys more", () => {
  assert(
    property(stateArb, boolean(), amountArb, (state, zeroForOne, wanted) => {
      const asked = amountIn(state, zeroForOne, wanted);
      pre(asked !== null);
      const bought = done(state, { zeroForOne, amountIn: asked });
      expect(bought.amountOut >= wanted).toBe(true);
      expect(amountOut(state, zeroForOne, asked - 1n) <= bought.amountOut).toBe(true);
    }),
    { seed: 12, numRuns: 1500 },
  );
});

test("there and back is never a gain", () => {
  assert(
    property(stateArb, boolean(), amountArb, (state, zeroForOne, amount) => {
      const there = swap(state, { zeroForOne, amountIn: amount });
      pre(there.ok && there.swap.amountOut > 0n);
      const back = swap(there.swap.after, { zeroForOne: !zeroForOne, amountIn: there.swap.amountOut });
      pre(back.ok);
      expect(back.swap.amountOut <= there.swap.amountIn).toBe(true);
    }),
    { seed: 13, numRuns: 1500 },
  );
});

test("after a swap tick, price and liquidity belong together", () => {
  assert(
    property(stateArb, boolean(), amountArb, boolean(), (state, zeroForOne, amount, exactIn) => {
      const { after } = done(state, {
        zeroForOne,
        ...(exactIn ? { amountIn: amount } : { amountOut: amount }),
      });
      const ticks = after.ticks ?? tickTable([]);
      expect(after.liquidity).toBe(netBetween(ticks, MIN_TICK - 1, after.tick));
      expect(sqrtRatioAtTick(after.tick) <= after.sqrtPriceX96).toBe(true);
      expect(after.sqrtPriceX96 <= sqrtRatioAtTick(after.tick + 1)).toBe(true);
      expect(
        zeroForOne ? after.sqrtPriceX96 <= state.sqrtPriceX96 : after.sqrtPriceX96 >= state.sqrtPriceX96,
      ).toBe(true);
    }),
    { seed: 14, numRuns: 1500 },
  );
});

test("a price limit is reached or the amount is used up, never both missed", () => {
  assert(
    property(
      stateArb,
      boolean(),
      amountArb,
      integer({ min: 1, max: 5000 }),
      (state, zeroForOne, amount, far) => {
        const sqrtPriceLimitX96 = sqrtRatioAtTick(state.tick + (zeroForOne ? -far : far));
        const {
          complete,
          amountIn: paid,
          after,
        } = done(state, { zeroForOne, amountIn: amount, sqrtPriceLimitX96 });
        expect(complete).toBe(paid === amount);
        expect(complete || after.sqrtPriceX96 === sqrtPriceLimitX96).toBe(true);
        expect(
          zeroForOne ? after.sqrtPriceX96 >= sqrtPriceLimitX96 : after.sqrtPriceX96 <= sqrtPriceLimitX96,
        ).toBe(true);
      },
    ),
    { seed: 15, numRuns: 1500 },
  );
});

test("without liquidity ahead the price runs to its end and the rest is not taken", () => {
  const empty = pool({ liquidity: 0n, ticks: tickTable([]) });
  const down = done(empty, { zeroForOne: true, amountIn: 5n });
  expect(down).toMatchObject({ amountIn: 0n, amountOut: 0n, complete: false });
  expect([down.after.sqrtPriceX96, down.after.tick]).toEqual([MIN_SQRT_RATIO + 1n, MIN_TICK]);
  const up = done(empty, { zeroForOne: false, amountOut: 5n });
  expect([up.after.sqrtPriceX96, up.after.tick]).toEqual([MAX_SQRT_RATIO - 1n, MAX_TICK - 1]);
  expect(amountOut(empty, true, 5n)).toBe(0n);
  expect(amountIn(empty, true, 5n)).toBeNull();
});

test("a limit on the edge of an empty word leaves the tick below it, on any other tick not", () => {
  const empty = pool({ liquidity: 0n, ticks: tickTable([]) });
  const tickAt = (limit: number): number =>
    done(empty, { zeroForOne: true, amountIn: 5n, sqrtPriceLimitX96: sqrtRatioAtTick(limit) }).after.tick;
  expect([-2560, -2550, -5120, -2561].map(tickAt)).toEqual([-2561, -2550, -5121, -2561]);
});

test("without a tick list the pool is priced inside its tick interval, and not beyond", () => {
  const known = pool({ tick: 3, sqrtPriceX96: sqrtRatioAtTick(3) + 1n });
  const unknown: ConcentratedState = { ...known, ticks: null };
  for (const zeroForOne of [true, false]) {
    const inside = { zeroForOne, amountIn: 10n ** 12n };
    expect(done(unknown, inside)).toMatchObject({ ...done(known, inside), after: { ticks: null } });
    const beyond = done(unknown, { zeroForOne, amountIn: 10n ** 18n });
    expect(beyond.complete).toBe(false);
    expect(beyond.after.sqrtPriceX96).toBe(sqrtRatioAtTick(zeroForOne ? 0 : 10));
    expect(beyond.after.tick).toBe(zeroForOne ? 0 : 9);
    expect(amountOut(unknown, zeroForOne, 10n ** 18n)).toBe(0n);
    // Standing on the end there is no way on, and the way back is known.
    expect(done(beyond.after, { zeroForOne, amountIn: 1n })).toMatchObject({ amountIn: 0n, complete: false });
    expect(done(beyond.after, { zeroForOne: !zeroForOne, amountIn: 10n ** 12n }).complete).toBe(true);
  }
});

const one = { zeroForOne: true, amountIn: 1n } as const;

test.each([
  ["zero_amount", pool(), { zeroForOne: true, amountIn: 0n }],
  ["zero_amount", pool(), { zeroForOne: true, amountOut: 0n }],
  ["amount_out_of_range", pool(), { zeroForOne: true, amountIn: 1n << 255n }],
  ["amount_out_of_range", pool(), { zeroForOne: true, amountOut: -1n }],
  ["price_limit", pool(), { ...one, sqrtPriceLimitX96: Q96 }],
  ["price_limit", pool(), { ...one, sqrtPriceLimitX96: Q96 + 1n }],
  ["price_limit", pool(), { ...one, sqrtPriceLimitX96: MIN_SQRT_RATIO }],
  ["price_limit", pool(), { zeroForOne: false, amountIn: 1n, sqrtPriceLimitX96: Q96 }],
  ["price_limit", pool(), { zeroForOne: false, amountIn: 1n, sqrtPriceLimitX96: MAX_SQRT_RATIO }],
  ["price_limit", pool({ sqrtPriceX96: MIN_SQRT_RATIO + 1n, tick: MIN_TICK }), one],
  ["price_out_of_range", pool({ sqrtPriceX96: 0n }), one],
  ["price_out_of_range", pool({ sqrtPriceX96: MAX_SQRT_RATIO }), one],
  ["invalid_state", pool({ liquidity: -1n }), one],
  ["invalid_state", pool({ liquidity: 1n << 128n }), one],
  ["invalid_state", pool({ feePpm: 1_000_000 }), one],
  ["invalid_state", pool({ kind: "algebra", feePpm: 65_536 }), one],
  ["invalid_state", pool({ tickSpacing: 0 }), one],
  ["invalid_state", pool({ tick: 5000 }), one],
  ["invalid_state", pool({ ticks: tickTable([[-10, 3n * 10n ** 18n]]) }), { ...one, amountIn: 10n ** 18n }],
] as const)("refused with %s: %o %o", (refusal, state, request) => {
  expect(swap(state, request)).toEqual({ ok: false, refusal });
});

test("where a swap is refused, amounts alone are 0 out and null in", () => {
  expect([0n, -1n, 1n << 255n].map((amount) => amountOut(pool(), true, amount))).toEqual([0n, 0n, 0n]);
  expect([0n, -1n, 1n << 255n].map((amount) => amountIn(pool(), true, amount))).toEqual([null, null, null]);
  expect(amountOut(pool({ sqrtPriceX96: 0n }), true, 1n)).toBe(0n);
  expect(amountOut(pool({ sqrtPriceX96: MIN_SQRT_RATIO + 1n, tick: MIN_TICK }), true, 1n)).toBe(0n);
});
