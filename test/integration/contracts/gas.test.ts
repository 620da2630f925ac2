import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { COLD_SLOT_SURCHARGE, estimateGas } from "../../../src/chain/gasModel.ts";
import type { Opportunity } from "../../../src/search/opportunity.ts";
import { E18, planOf, TREASURY } from "../../support/contractsMarket.ts";
import { encode, startStage } from "../../support/contractsStage.ts";
import type { PoolName, Stage } from "../../support/contractsStage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  for (const token of [stage.tokens.a, stage.tokens.b]) await stage.mint(token, TREASURY, 1n);
});
afterAll(async () => stage?.stop());

const accessSchema = z.object({ accessList: z.array(z.object({ storageKeys: z.array(z.unknown()) })) });

/** Gas of the plan in pools that have traded before, each in an earlier block, as on a living chain. */
async function measure(make: () => Promise<readonly Opportunity[]>): Promise<{ gas: bigint; cold: bigint }> {
  const snapshot = await stage.snapshot();
  expect((await stage.execute(await make())).error).toBe("");
  // The access list is taken on the last block's time: one without swaps, so that time has passed for the pools.
  await stage.rpc("evm_mine");
  const opportunities = await make();
  const call = { from: stage.operator, to: stage.executor, data: encode(opportunities), gas: "0x1c9c380" };
  const { accessList } = accessSchema.parse(await stage.rpc("eth_createAccessList", [call, "latest"]));
  const mined = await stage.execute(opportunities);
  await stage.restore(snapshot);
  expect(mined.error).toBe("");
  const cold = accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0);
  return { gas: mined.gasUsed, cold: BigInt(cold) };
}

type Route = readonly [base: "a" | "b", pools: readonly PoolName[]];

const SHAPES: readonly (readonly [name: string, routes: readonly Route[]])[] = [
  ["V2 V2", [["a", ["v2High", "v2Low"]]]],
  ["V2 V3", [["a", ["v2High", "v3Low"]]]],
  ["V3 V2", [["a", ["v3High", "v2Low"]]]],
  ["V3 V3", [["a", ["v3High", "v3Low"]]]],
  ["V2 Algebra", [["a", ["v2High", "algebraLow"]]]],
  ["V3 Algebra", [["a", ["v3High", "algebraLow"]]]],
  ["Algebra V3", [["b", ["algebraLow", "v3High"]]]],
  ["V2 V2 V2", [["a", ["v2High", "v2Bc", "v2Ca"]]]],
  ["V2 V3 V2", [["a", ["v2High", "v3Bc", "v2Ca"]]]],
  ["V3 Algebra V2", [["a", ["v3High", "algebraBc", "v2Ca"]]]],
  ["V2 V2 V2 V3", [["a", ["v2High", "v2Bc", "v2Cd", "v3Da"]]]],
  ["V3 Algebra V2 V3", [["a", ["v3High", "algebraBc", "v2Cd", "v3Da"]]]],
  [
    "V2 V2 and V3 V3",
    [
      ["a", ["v2High", "v2Low"]],
      ["a", ["v3High", "v3Low"]],
    ],
  ],
];

test.each(SHAPES)(
  "%s: the model covers the measured gas and is no more than half above it",
  async (name, routes) => {
    const make = async (): Promise<readonly Opportunity[]> => {
      const priced: Opportunity[] = [];
      for (const [base, names] of routes) priced.push(await stage.price(base, names, E18));
      return priced;
    };
    const { gas, cold } = await measure(make);
    const onPolygon = gas + cold * COLD_SLOT_SURCHARGE;
    const estimate = estimateGas(planOf(...(await make())));
    console.log(`gas ${name}: ${gas}, ${cold} cold slots, on Polygon ${onPolygon}, estimate ${estimate}`);
    expect(estimate).toBeGreaterThanOrEqual(onPolygon);
    expect(Number(estimate) / Number(onPolygon)).toBeLessThan(1.5);
  },
);
