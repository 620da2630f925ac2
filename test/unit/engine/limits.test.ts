import { expect, test } from "vitest";
import { judgedOf, sale, start, submitsOf, told } from "../../support/backrunStage.ts";
import { UNIT } from "../../support/marketFixture.ts";

const NONE = { type: "limits", time: 0, minNet: null, txFeeCap: null, maxCyclesPerPlan: null } as const;

test("what is told holds from then on, and what is not told stays", () => {
  const engine = start();
  expect(engine.step({ ...NONE, minNet: 1_000_000n * UNIT })).toEqual([]);
  const decisions = engine.step(told(sale(20_000n)));
  expect(judgedOf(decisions).map(({ code }) => code)).toEqual(["below_min_profit"]);
  engine.step({ ...NONE, minNet: 1n, txFeeCap: 1n });
  expect(judgedOf(engine.step(told(sale(20_000n, 1)))).map(({ code }) => code)).toEqual(["fee_cap"]);
  engine.step({ ...NONE, txFeeCap: UNIT });
  expect(submitsOf(engine.step(told(sale(20_000n, 2))))).toHaveLength(1);
});
