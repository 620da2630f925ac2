import { expect, test } from "vitest";
import { concentratedOutput } from "../../../src/amm/concentrated.ts";
import type { ConcentratedState } from "../../../src/amm/poolState.ts";
import { firstStretch, lastStretch, stretchOutput } from "../../../src/amm/stretch.ts";
import { concentratedPool, pick, seeded, tickless } from "../../support/searchMarkets.ts";

interface Swap {
  readonly state: ConcentratedState;
  readonly zeroForOne: boolean;
  readonly amountIn: bigint;
}

function randomSwap(random: () => number): Swap {
  const [one, other] = [0, 1].map(() => ({
    decimals: pick(random, [0, 6, 8, 18]),
    price: 10 ** (random() * 6 - 2),
  }));
  if (one === undefined || other === undefined) throw new Error("two tokens");
  const pool = concentratedPool(random, [one, other], 10 ** (random() * 8 - 1), 1);
  const state = random() < 0.2 ? tickless(pool) : pool;
  return { state, zeroForOne: random() < 0.5, amountIn: BigInt(Math.floor(1 + 2 ** (random() * 80))) };
}

test("an input that ends in the first stretch gives what the walk gives, and any other is left to it", () => {
  const random = seeded(71);
  const counts = { inside: 0, beyond: 0, wrong: 0 };
  for (let round = 0; round < 3000; round++) {
    const { state, zeroForOne, amountIn } = randomSwap(random);
    const stretch = firstStretch(state, zeroForOne);
    const output = stretch && stretchOutput(stretch, amountIn);
    counts[output === null ? "beyond" : "inside"]++;
    if (output !== null && output !== concentratedOutput(state, zeroForOne, amountIn)) counts.wrong++;
  }
  expect(counts.wrong).toBe(0);
  expect(counts.inside).toBeGreaterThan(800);
  expect(counts.beyond).toBeGreaterThan(800);
});

test("behind the last stop of one input every other that ends there is priced, and none that ends before it", () => {
  const random = seeded(72);
  const counts = { inside: 0, beyond: 0, before: 0, wrong: 0 };
  for (let round = 0; round < 10_000; round++) {
    const { state, zeroForOne, amountIn } = randomSwap(random);
    const stretch = lastStretch(state, zeroForOne, amountIn);
    if (stretch === null) continue;
    const { paid } = stretch;
    const further = BigInt(Math.floor(random() * Number(amountIn)));
    const others = [paid, paid + 1n, amountIn - 1n, amountIn, amountIn + 1n, amountIn + further];
    for (const other of others.filter((amount) => amount >= paid)) {
      const output = stretchOutput(stretch, other);
      counts[output === null ? "beyond" : "inside"]++;
      if (output !== null && output !== concentratedOutput(state, zeroForOne, other)) counts.wrong++;
    }
    if (paid > amountIn || stretchOutput(stretch, paid - 1n) !== null) counts.before++;
  }
  expect(counts.wrong).toBe(0);
  expect(counts.before).toBe(0);
  expect(counts.inside).toBeGreaterThan(1000);
  expect(counts.beyond).toBeGreaterThan(100);
});
