import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { decodeRealised, encodePlan } from "../../../src/execution/calldata.ts";
import type { PlanEncoding } from "../../../src/execution/calldata.ts";
import type { Address } from "../../../src/chain/types.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { E18, planOf, startMarket, TREASURY, V2_FEE_PPM } from "../../support/contractsMarket.ts";
import type { MadePool, Market } from "../../support/contractsMarket.ts";

/** Four plain tokens and two or more pools of every family on each side, each pair of pools at odds. */
async function buildStage(market: Market) {
  const [a, b, c, d] = [
    await market.makeToken(),
    await market.makeToken(),
    await market.makeToken(),
    await market.makeToken(),
  ];
  const v2 = async (factory: number, x: Address, y: Address, price: bigint): Promise<MadePool> =>
    market.makeV2(factory, [x, 10_000n * E18], [y, 10_000n * price]);
  const pools = {
    v2Low: await v2(0, a, b, E18),
    v2High: await v2(1, a, b, (E18 * 110n) / 100n),
    v3High: await market.makeConcentrated(3000, [a, b], (E18 * 120n) / 100n),
    v3Low: await market.makeConcentrated(500, [a, b], (E18 * 90n) / 100n),
    algebraLow: await market.makeConcentrated("algebra", [a, b], (E18 * 80n) / 100n),
    algebraBc: await market.makeConcentrated("algebra", [b, c], (E18 * 102n) / 100n),
    v3Bc: await market.makeConcentrated(500, [b, c], (E18 * 101n) / 100n),
    v2Bc: await v2(0, b, c, (E18 * 103n) / 100n),
    v2Ca: await v2(0, c, a, (E18 * 104n) / 100n),
    v2Cd: await v2(1, c, d, (E18 * 105n) / 100n),
    v3Da: await market.makeConcentrated(500, [d, a], (E18 * 106n) / 100n),
    algebraDa: await market.makeConcentrated("algebra", [d, a], (E18 * 107n) / 100n),
  };
  return { a, b, c, d, pools };
}

type Stage = Awaited<ReturnType<typeof buildStage>>;
type PoolName = keyof Stage["pools"];

let market: Market;
let stage: Stage;
let snapshot: unknown;

beforeAll(async () => {
  market = await startMarket();
  stage = await buildStage(market);
});
afterAll(async () => market?.stop());
beforeEach(async () => {
  snapshot = await market.snapshot();
});
afterEach(async () => market.restore(snapshot));

const price = async (
  base: "a" | "b",
  names: readonly PoolName[],
  amountIn = 10n * E18,
): Promise<Opportunity> =>
  market.priceCycle(
    stage[base],
    names.map((name) => stage.pools[name]),
    amountIn,
  );

const execute = async (opportunities: readonly Opportunity[], options: Partial<PlanEncoding> = {}) => {
  const data = encodePlan(planOf(...opportunities), {
    minProfits: opportunities.map(({ profit }) => profit),
    maxBlock: 1_000_000n,
    parentHash: null,
    feePpmOf: () => V2_FEE_PPM,
    ...options,
  });
  return market.send(market.operator, market.executor, data);
};

const leftInside = async (): Promise<bigint[]> =>
  Promise.all(
    [stage.a, stage.b, stage.c, stage.d].map(async (token) => market.balance(token, market.executor)),
  );

const SHAPES: readonly (readonly [name: string, base: "a" | "b", pools: readonly PoolName[]])[] = [
  ["V2 V2", "a", ["v2High", "v2Low"]],
  ["V2 V3", "a", ["v2High", "v3Low"]],
  ["V3 V2", "a", ["v3High", "v2Low"]],
  ["V3 V3", "a", ["v3High", "v3Low"]],
  ["V2 Algebra", "a", ["v2High", "algebraLow"]],
  ["V3 Algebra", "a", ["v3High", "algebraLow"]],
  ["Algebra V3", "b", ["algebraLow", "v3High"]],
  ["Algebra V2", "b", ["algebraLow", "v2High"]],
  ["V2 V2 V2", "a", ["v2High", "v2Bc", "v2Ca"]],
  ["V3 V2 V2", "a", ["v3High", "v2Bc", "v2Ca"]],
  ["V2 V3 V2", "a", ["v2High", "v3Bc", "v2Ca"]],
  ["V3 Algebra V2", "a", ["v3High", "algebraBc", "v2Ca"]],
  ["V2 V2 V2 V3", "a", ["v2High", "v2Bc", "v2Cd", "v3Da"]],
  ["V3 Algebra V2 V3", "a", ["v3High", "algebraBc", "v2Cd", "v3Da"]],
  ["V2 V3 V2 Algebra", "a", ["v2High", "v3Bc", "v2Cd", "algebraDa"]],
];

test.each(SHAPES)(
  "%s: the profit is to the wei what the pools' own quotes say",
  async (name, base, names) => {
    const opportunity = await price(base, names);
    expect(opportunity.profit).toBeGreaterThan(0n);
    const mined = await execute([opportunity]);
    expect(mined.error).toBe("");
    expect(decodeRealised(mined.logs, market.executor)).toEqual([
      { base: stage[base], profit: opportunity.profit },
    ]);
    expect(await market.balance(stage[base], TREASURY)).toBe(opportunity.profit);
    expect(await leftInside()).toEqual([0n, 0n, 0n, 0n]);
    console.log(`gas ${name}: ${mined.gasUsed}`);
  },
);

test.each(SHAPES)("%s: one wei more than there is reverts", async (_name, base, names) => {
  const opportunity = await price(base, names);
  const mined = await execute([opportunity], { minProfits: [opportunity.profit + 1n] });
  expect(mined.error).toBe(`ProfitBelowMinimum(0, ${opportunity.profit}, ${opportunity.profit + 1n})`);
  expect(await market.balance(stage[base], TREASURY)).toBe(0n);
});
