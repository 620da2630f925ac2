import { expect, test } from "vitest";
import { concentratedOutput } from "../../../src/amm/concentrated.ts";
import { outputBeforeStop } from "../../../src/amm/concentratedStep.ts";
import { concentratedPool, pick, seeded, tickless } from "../../support/searchMarkets.ts";

test("a swap that ends before its first stop gives what the walk gives, and any other is left to it", () => {
  const random = seeded(71);
  let [short, long] = [0, 0];
  for (let round = 0; round < 3000; round++) {
    const tokens = [0, 1].map(() => ({
      decimals: pick(random, [0, 6, 8, 18]),
      price: 10 ** (random() * 6 - 2),
    }));
    const [one, other] = tokens;
    if (one === undefined || other === undefined) throw new Error("two tokens");
    const pool = concentratedPool(random, [one, other], 10 ** (random() * 8 - 1), 1);
    const state = random() < 0.2 ? tickless(pool) : pool;
    const zeroForOne = random() < 0.5;
    const amountIn = BigInt(Math.floor(1 + 2 ** (random() * 80)));
    const output = outputBeforeStop(state, zeroForOne, amountIn);
    if (output === null) long++;
    else short++;
    expect(output ?? concentratedOutput(state, zeroForOne, amountIn)).toBe(
      concentratedOutput(state, zeroForOne, amountIn),
    );
  }
  expect(short).toBeGreaterThan(800);
  expect(long).toBeGreaterThan(800);
});
