import { expect, test } from "vitest";
import { amountIn, amountOut, swap } from "../../../src/amm/swap.ts";
import { concentratedPool, pick, seeded, tickless, v2Pool } from "../../support/searchMarkets.ts";

test("amounts alone are those of the whole swap, and refused where it is not complete", () => {
  const random = seeded(72);
  let [complete, refused] = [0, 0];
  for (let round = 0; round < 2000; round++) {
    const tokens = [0, 1].map(() => ({
      decimals: pick(random, [0, 6, 18]),
      price: 10 ** (random() * 6 - 2),
    }));
    const [one, other] = tokens;
    if (one === undefined || other === undefined) throw new Error("two tokens");
    const depth = 10 ** (random() * 8 - 1);
    const pool =
      random() < 0.3
        ? v2Pool([one, other], depth, 1, 3000)
        : concentratedPool(random, [one, other], depth, 1);
    const state = pool.kind !== "v2" && random() < 0.2 ? tickless(pool) : pool;
    const zeroForOne = random() < 0.5;
    const amount = BigInt(Math.floor(1 + 2 ** (random() * 100)));
    const forwards = swap(state, { zeroForOne, amountIn: amount });
    const backwards = swap(state, { zeroForOne, amountOut: amount });
    const whole = forwards.ok && forwards.swap.complete;
    if (whole) complete++;
    else refused++;
    expect(amountOut(state, zeroForOne, amount)).toBe(whole ? forwards.swap.amountOut : 0n);
    const given = backwards.ok && backwards.swap.complete;
    expect(amountIn(state, zeroForOne, amount)).toBe(given ? backwards.swap.amountIn : null);
  }
  expect(complete).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(500);
});
