import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { decodeRealised } from "../../../src/execution/calldata.ts";
import { E18, TREASURY } from "../../support/contractsMarket.ts";
import { startStage } from "../../support/contractsStage.ts";
import type { PoolName, Stage } from "../../support/contractsStage.ts";

let stage: Stage;
let snapshot: unknown;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => stage?.stop());
beforeEach(async () => {
  snapshot = await stage.snapshot();
});
afterEach(async () => stage.restore(snapshot));

const SHAPES: readonly (readonly [name: string, base: "a" | "b", pools: readonly PoolName[]])[] = [
  ["V2 V2", "a", ["v2High", "v2Low"]],
  ["V2 V3", "a", ["v2High", "v3Low"]],
  ["V2 Algebra", "a", ["v2High", "algebraLow"]],
  ["V3 V2", "a", ["v3High", "v2Low"]],
  ["V3 V3", "a", ["v3High", "v3Low"]],
  ["V3 Algebra", "a", ["v3High", "algebraLow"]],
  ["Algebra V2", "b", ["algebraLow", "v2High"]],
  ["Algebra V3", "b", ["algebraLow", "v3High"]],
  ["V2 V2 V2", "a", ["v2High", "v2Bc", "v2Ca"]],
  ["V3 V2 V2", "a", ["v3High", "v2Bc", "v2Ca"]],
  ["V2 V3 V2", "a", ["v2High", "v3Bc", "v2Ca"]],
  ["V3 Algebra V2", "a", ["v3High", "algebraBc", "v2Ca"]],
  ["Algebra V3 V2", "b", ["algebraBc", "v2Ca", "v3High"]],
  ["V2 V2 V2 V3", "a", ["v2High", "v2Bc", "v2Cd", "v3Da"]],
  ["V3 Algebra V2 V3", "a", ["v3High", "algebraBc", "v2Cd", "v3Da"]],
  ["V2 V3 V2 Algebra", "a", ["v2High", "v3Bc", "v2Cd", "algebraDa"]],
  ["V3 V3 V2 Algebra V3 V2", "a", ["v3High", "v3Bc", "v2Cd", "algebraDa", "v2High", "v2Low"]],
];

test.each(SHAPES)(
  "%s: the profit is to the wei what the pools' own quotes say",
  async (_name, base, names) => {
    const opportunity = await stage.price(base, names);
    expect(opportunity.profit).toBeGreaterThan(0n);
    const mined = await stage.execute([opportunity]);
    expect(mined.error).toBe("");
    const { profit } = opportunity;
    expect(decodeRealised(mined.logs, stage.executor)).toEqual([{ base: stage.tokens[base], profit }]);
    expect(await stage.balance(stage.tokens[base], TREASURY)).toBe(profit);
    expect(await stage.leftInside()).toEqual([0n, 0n, 0n, 0n]);
  },
);

test.each(SHAPES)("%s: one wei more than there is reverts", async (_name, base, names) => {
  const opportunity = await stage.price(base, names);
  const mined = await stage.execute([opportunity], { minProfits: [opportunity.profit + 1n] });
  expect(mined.error).toBe(`ProfitBelowMinimum(0, ${opportunity.profit}, ${opportunity.profit + 1n})`);
  expect(await stage.balance(stage.tokens[base], TREASURY)).toBe(0n);
});

test("several cycles in one call: each pays into its own base, each in its own event", async () => {
  const first = await stage.price("a", ["v3High", "v3Low"]);
  const second = await stage.price("b", ["algebraLow", "v2High"]);
  const third = await stage.price("a", ["v2Low", "v2Bc", "v2Ca"]);
  const mined = await stage.execute([first, second, third]);
  expect(mined.error).toBe("");
  const { a, b } = stage.tokens;
  expect(decodeRealised(mined.logs, stage.executor)).toEqual([
    { base: a, profit: first.profit },
    { base: b, profit: second.profit },
    { base: a, profit: third.profit },
  ]);
  expect(await stage.balance(a, TREASURY)).toBe(first.profit + third.profit);
  expect(await stage.balance(b, TREASURY)).toBe(second.profit);
  expect(await stage.leftInside()).toEqual([0n, 0n, 0n, 0n]);
});

test("the second cycle through a pool finds what the first one left", async () => {
  const names = ["v2High", "v2Low"] as const;
  const opportunity = await stage.price("a", names);
  const snapshotBefore = await stage.snapshot();
  expect((await stage.execute([opportunity])).ok).toBe(true);
  const after = await stage.price("a", names);
  await stage.restore(snapshotBefore);
  expect(after.profit).toBeLessThan(opportunity.profit);
  const mined = await stage.execute([opportunity, after]);
  expect(decodeRealised(mined.logs, stage.executor).map(({ profit }) => profit)).toEqual([
    opportunity.profit,
    after.profit,
  ]);
});

test("one cycle below its minimum ends them all, and says which", async () => {
  const first = await stage.price("a", ["v3High", "v3Low"]);
  const second = await stage.price("b", ["algebraLow", "v2High"]);
  const mined = await stage.execute([first, second], { minProfits: [1n, second.profit + 1n] });
  expect(mined.error).toBe(`ProfitBelowMinimum(1, ${second.profit}, ${second.profit + 1n})`);
  expect(await stage.balance(stage.tokens.a, TREASURY)).toBe(0n);
});

test("a state that moved our way brings more than was planned, one that moved against us what is left", async () => {
  const planned = await stage.price("a", ["v2High", "v2Low"]);
  const towards = await stage.price("a", ["v2Low", "v3Low"], E18);
  expect((await stage.execute([{ ...towards, profit: 1n }])).ok).toBe(true);
  const against = await stage.price("a", ["v2High", "v2Low"]);
  expect(against.profit).not.toBe(planned.profit);
  const mined = await stage.execute([planned], { minProfits: [1n] });
  expect(decodeRealised(mined.logs, stage.executor).map(({ profit }) => profit)).toEqual([against.profit]);
});

test("a cycle that loses cannot repay its loan, whatever minimum it was given", async () => {
  const losing = await stage.price("a", ["v2Low", "v2High"]);
  expect(losing.profit).toBeLessThan(0n);
  const mined = await stage.execute([losing], { minProfits: [1n] });
  expect(mined.error).toMatch(/^TransferFailed\(/);
});

test("a cycle that loses cannot eat what others left here", async () => {
  const { a } = stage.tokens;
  await stage.mint(a, stage.executor, 100n * E18);
  const losing = await stage.price("a", ["v2Low", "v2High"]);
  const mined = await stage.execute([losing], { minProfits: [1n] });
  expect(mined.error).toBe(`ProfitBelowMinimum(0, ${losing.profit}, 1)`);
  expect(await stage.balance(a, stage.executor)).toBe(100n * E18);
});

test("what others left here is no profit and stays for the sweep", async () => {
  const { a, b } = stage.tokens;
  for (const token of [a, b]) await stage.mint(token, stage.executor, 5n);
  for (const names of [
    ["v2High", "v2Low"],
    ["v3High", "v3Low"],
    ["v3High", "v2Low"],
  ] as const) {
    const opportunity = await stage.price("a", names, E18);
    const mined = await stage.execute([opportunity]);
    expect(decodeRealised(mined.logs, stage.executor)).toEqual([{ base: a, profit: opportunity.profit }]);
    expect(await stage.leftInside([a, b])).toEqual([5n, 5n]);
  }
});
