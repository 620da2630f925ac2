import * as fc from "fast-check";
import { expect, test } from "vitest";
import { POLYGON_GAS, TX_GAS_CAP, chargedGas, chooseGas, coldSlots } from "../../../src/execution/gas.ts";
import { decisionOf, opportunityOf } from "../../support/executionPlan.ts";

test("the limit covers what is used before refunds, and keeps under the chain's cap", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 21_000n, max: 20_000_000n }), (need) => {
      const gas = chooseGas(POLYGON_GAS, need);
      expect(gas === null).toBe(need > TX_GAS_CAP);
      expect(gas?.expected ?? need).toBe(need);
      expect(gas?.limit ?? 0n).toBeLessThanOrEqual(TX_GAS_CAP);
      // A fifth of the gas may come back as a refund, after it was needed.
      const capped = gas === null || gas.limit === TX_GAS_CAP;
      expect(capped || gas.limit * 4n >= need * 5n).toBe(true);
    }),
  );
});

test("the chain charges 3360 gas more for each cold slot than the node simulates", () => {
  const { plan } = decisionOf();
  expect(chargedGas(POLYGON_GAS, 200_000n, plan)).toBe(200_000n + 3360n * coldSlots(plan));
});

test("cold slots are counted by hop and cycle, above what was measured", () => {
  const trigger = decisionOf().plan.trigger;
  const slots = (...opportunities: Parameters<typeof opportunityOf>[]): bigint =>
    coldSlots({ trigger, opportunities: opportunities.map((each) => opportunityOf(...each)) });
  expect(slots([1n, ["v2", "v2"]])).toBeGreaterThanOrEqual(19n);
  expect(slots([1n, ["v3", "algebra"]])).toBeGreaterThanOrEqual(25n);
  expect(slots([1n, ["v2", "v3"]], [1n, ["v2", "v2"]])).toBe(
    slots([1n, ["v2", "v3"]]) + slots([1n, ["v2", "v2"]]),
  );
});
