import { expect, test } from "vitest";
import type { PoolState } from "../../../../src/amm/poolState.ts";
import { lastStretch } from "../../../../src/amm/stretch.ts";
import { amountOut } from "../../../../src/amm/swap.ts";
import { createLeg, leastInput } from "../../../../src/search/leg.ts";
import { createCurves } from "../../../../src/search/scan/curves.ts";
import {
  createStaircase,
  createStand,
  inputFor,
  outputOf,
  settle,
} from "../../../../src/search/scan/staircase.ts";
import type { Staircase } from "../../../../src/search/scan/staircase.ts";
import { concentratedPool, pick, seeded, v2Pool } from "../../../support/searchMarkets.ts";

/** One hop over token0, where `input` takes it, behind the contract's last stop; null where only floats pass a tick. */
function standing(state: PoolState, input: bigint): Staircase | null {
  const curves = createCurves(1);
  if (state.kind === "v2")
    curves.setConstantProduct(0, Number(state.reserve0), Number(state.reserve1), state.feePpm);
  else curves.setConcentrated(0, state);
  const stairs = createStaircase();
  const passed = createStand(stairs, curves)(0, 0, Number(input));
  const stop = state.kind === "v2" ? null : lastStretch(state, true, input);
  if (stop !== null) settle(stairs, 0, stop);
  return stop === null && passed > 0 ? null : stairs;
}

const COARSE = 1n << 42n;

test("of coarse tokens the staircase tells the contract's very integers, forwards and backwards", () => {
  const random = seeded(91);
  const [counts, wrong] = [{ v2: 0, short: 0, stopped: 0 }, [] as string[]];
  for (let round = 0; round < 4000; round++) {
    const tokens = [0, 1].map(() => ({ decimals: pick(random, [2, 6, 8]), price: 10 ** (random() * 3) }));
    const [one, other] = tokens;
    if (one === undefined || other === undefined) throw new Error("two tokens");
    const depth = 10 ** (2 + random() * 4);
    const state =
      random() < 0.3
        ? v2Pool([one, other], depth, 1, pick(random, [3000, 2500, 0]))
        : concentratedPool(random, [one, other], depth, 1);
    const input = BigInt(Math.ceil((random() ** 2 * depth * 10 ** one.decimals) / one.price));
    const output = amountOut(state, true, input);
    if (output === 0n || input > COARSE) continue;
    const stairs = standing(state, input);
    if (stairs === null) continue;
    const stop = state.kind === "v2" ? null : lastStretch(state, true, input);
    counts[state.kind === "v2" ? "v2" : stop === null ? "short" : "stopped"]++;
    const forwards = outputOf(stairs, 0, 1, Number(input));
    // At a segment's very end floats may see the input beyond it.
    if (forwards !== Number(output) && forwards !== 0) wrong.push(`${round}: ${forwards} for ${output}`);
    const least = leastInput([createLeg(state, true)], 1, output) ?? 0n;
    const backwards = inputFor(stairs, 1, Number(output));
    const before = stop !== null && least <= stop.paid;
    if (!before && backwards !== Number(least) && backwards !== Infinity)
      wrong.push(`${round}: ${backwards} for ${least}`);
  }
  expect(counts.v2).toBeGreaterThan(800);
  expect(counts.short).toBeGreaterThan(500);
  expect(counts.stopped).toBeGreaterThan(300);
  // Where a float lands on a whole number by chance.
  expect(wrong.slice(0, Math.max(0, wrong.length - 3))).toEqual([]);
});
